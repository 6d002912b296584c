"""What can go wrong with the Hub, told apart by what a caller may do next."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from tfimages_action.errors import ExitCode, HubError, RefusedError


class HubUnreachableError(HubError):
    """No connection: nothing was sent, so it may be tried again at once."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            transient=True,
            hint="check `hub-url` and the network",
        )


class HubUnknownError(HubError):
    """Sent, but no answer of the Hub itself came back: it may be done, undone, or under way.

    Transient, since all that the converter leaves to its caller are requests that only read.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=True)


class HubStoppedError(HubError):
    """The run was told to stop while a call was under way; the Hub may go on with it."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED


class HubAnswerError(HubError):
    """The Hub answered, and the answer is no: `status` is HTTP's, `said` its own words.

    A 5xx is transient: the Hub gives it for what is absent and for what is busy alike.
    """

    def __init__(self, message: str, *, status: int, said: str, hint: str = "") -> None:
        super().__init__(message, hint=hint, transient=status >= HTTPStatus.INTERNAL_SERVER_ERROR)
        self.status = status
        self.said = said


class HubNotFoundError(HubAnswerError):
    """404: the user, the flist, or the tag is not there."""


class HubConflictError(HubAnswerError):
    """401 with a reason that is no question of authentication: a name is taken."""


class HubRefusedUsError(HubAnswerError):
    """The token is bad, belongs to another, or the Hub is read-only: no call of ours can work."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED


class HubGarbledError(HubAnswerError):
    """An answer that isn't the one of the contract; it can't be built on."""


class HubBrokenPromiseError(HubError):
    """The Hub said yes, and reading it back showed that it isn't so."""


class HubUnsafeError(RefusedError):
    """Refused here, because the Hub would do it and lose something."""
