"""Every input, once: action.yml, the terminal's options and the README's tables follow this table.

A test holds the four together. Secrets have no option: argv is readable by every process, so they
come from the environment alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class InputKind(StrEnum):
    """How an input's text is read."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the word, not one
    FLAG = "flag"
    NUMBER = "number"
    SECONDS = "seconds"
    CHOICE = "choice"
    LIST = "list"
    """Comma or newline separated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the action and, under the same name, one option of the terminal."""

    name: str
    help: str
    kind: InputKind = InputKind.TEXT
    default: str = ""
    """As action.yml has it; an expression there (`${{ ... }}`) is resolved by the runner."""
    choices: tuple[str, ...] = ()
    advanced: bool = False

    @property
    def field(self) -> str:
        """The name of the field of `Settings`."""
        return self.name.replace("-", "_")

    @property
    def action_variable(self) -> str:
        """The environment variable by which the runner hands it over."""
        return f"INPUT_{self.name.upper().replace(' ', '_')}"

    @property
    def terminal_variable(self) -> str:
        """The environment variable that stands for it at home."""
        return f"TFIMAGES_{self.field.upper()}"


def _flag(name: str, default: bool, text: str, *, advanced: bool = True) -> Input:
    value = "true" if default else "false"
    return Input(name=name, help=text, kind=InputKind.FLAG, default=value, advanced=advanced)


def _choice(name: str, choices: tuple[str, ...], text: str) -> Input:
    return Input(
        name=name,
        help=text,
        kind=InputKind.CHOICE,
        default=choices[0],
        choices=choices,
        advanced=True,
    )


def _advanced(
    name: str, text: str, *, kind: InputKind = InputKind.TEXT, default: str = ""
) -> Input:
    return Input(name=name, help=text, kind=kind, default=default, advanced=True)


INPUTS: Final[tuple[Input, ...]] = (
    Input(
        name="hub-token",
        help='Token of your 3bot on the Hub (its page, "Generate API Token"). Needed to convert.',
        kind=InputKind.SECRET,
    ),
    Input(
        name="registry",
        help="Where images go: host and namespace. Empty: ghcr.io/<owner>, in lower case.",
    ),
    Input(
        name="registry-username",
        help="User of the registry. Empty: whoever started the run.",
        default="${{ github.actor }}",
    ),
    Input(
        name="registry-password",
        help="Password of the registry. Default: the job's token (`packages: write`).",
        kind=InputKind.SECRET,
        default="${{ github.token }}",
    ),
    Input(
        name="github-token",
        help="Token to read tags and files of this repository (`contents: read`).",
        kind=InputKind.SECRET,
        default="${{ github.token }}",
    ),
    _flag("force-all", False, "Build every image, changed or not.", advanced=False),
    Input(name="images-dir", help="Folder that holds the images' folders.", default="images"),
    Input(name="hub-url", help="Address of the Hub.", default="https://hub.grid.tf"),
    _flag("push", True, "Push to the registry. Off: build and check only.", advanced=False),
    _flag("convert", True, "Have the Hub convert each image to an flist.", advanced=False),
    Input(
        name="max-parallel",
        help="Builds at one time. Empty: as many as there are processors.",
        kind=InputKind.NUMBER,
    ),
    # -- advanced --------------------------------------------------------------------------------
    _choice(
        "mode",
        ("auto", "publish", "preview", "plan", "refresh", "audit"),
        "What to do; auto follows the event: a tag or branch publishes, a pull request previews, "
        "a schedule refreshes the last release. `audit` reads again what that published.",
    ),
    _flag("refresh-switch", False, "The moving names (latest) follow a refresh."),
    _choice("notify", ("none", "issue"), "A refresh that fails opens one issue, and closes it."),
    _advanced("only", "Names or globs of the images to consider.", kind=InputKind.LIST),
    _flag("with-descendants", True, "`only` takes along what is built on the named images."),
    _advanced("current", "Revision to publish. Empty: the event's."),
    _advanced("previous", "Revision to compare with. Empty: the version tag below the current."),
    _choice("compare", ("event", "tags"), "What a branch push compares: its commits, or tags."),
    _advanced(
        "build-context",
        "NAME=FOLDER: replaces a stage or image of that name in every build. From outside the "
        "repository: such a result goes to a loopback registry only.",
        kind=InputKind.LIST,
    ),
    _advanced(
        "builder",
        "A buildx builder of yours: a name (of setup-buildx-action its output `name`) or an "
        "address. Empty: the engine's own.",
    ),
    _choice("cache", ("none", "registry", "gha"), "Where build caches are kept between runs."),
    _flag("provenance", False, "Attach build provenance (the manifest becomes an index)."),
    _flag("sbom", False, "Attach a bill of materials (the manifest becomes an index)."),
    _flag(
        "attest",
        False,
        "Give a later step what to attest: images and flists that this run made, in the output "
        "`attest-subjects`.",
    ),
    _flag("prune", False, "Drop this run's images that no pending build needs."),
    _choice("publish", ("each", "together"), "When names move: each image, or family by family."),
    _flag("fail-fast", False, "Stop at the first failure."),
    _advanced("max-conversions", "Conversions at one time.", kind=InputKind.NUMBER, default="2"),
    _advanced("build-timeout", "Seconds for one build.", kind=InputKind.SECONDS, default="3600"),
    _advanced("push-timeout", "Seconds for one push.", kind=InputKind.SECONDS, default="1200"),
    _advanced(
        "convert-timeout", "Seconds for one conversion.", kind=InputKind.SECONDS, default="2400"
    ),
    _flag("local", False, "Make flists here, in `flist-dir`, instead of on the Hub: no token."),
    _advanced("flist-dir", "Folder of the flists made here.", default="build/flists"),
    _choice(
        "without-hub",
        ("fail", "local"),
        "Where no Hub answers, or there is no token: fail, or make flists as `local` does.",
    ),
    _advanced("hub-user", "3bot to act as, if the token may act for several."),
    _choice("convert-by", ("pull", "upload"), "The Hub pulls the image, or we upload it."),
    _choice("verify", ("full", "counts", "none"), "How an flist is held against its image."),
    _choice("flist-layout", ("links", "replace"), "Stable names are links, or flists themselves."),
    _flag("hub-tag", False, "Gather a release's flists under a tag on the Hub."),
    _flag("prune-flists", False, "Remove old flists that nothing reaches."),
    _advanced("keep-versions", "Versions that pruning keeps.", kind=InputKind.NUMBER, default="5"),
    _advanced("dockerhub-username", "User for base images from Docker Hub."),
    _advanced(
        "dockerhub-password", "Password for base images from Docker Hub.", kind=InputKind.SECRET
    ),
)
