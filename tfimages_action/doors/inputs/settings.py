"""Settings: every input resolved once, into one frozen value. The environment is a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tfimages_action.doors.inputs.table import INPUTS, Input, InputKind
from tfimages_action.errors import SettingsError

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "hub-token": ("TFHUB_TOKEN",),
    "github-token": ("GITHUB_TOKEN",),
}
"""Names that people already have in their environment, after the input's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run was asked to do; one field per input, in its order. Secrets are not shown."""

    hub_token: str = field(default="", repr=False)
    registry: str = ""
    registry_username: str = ""
    registry_password: str = field(default="", repr=False)
    github_token: str = field(default="", repr=False)
    force_all: bool = False
    images_dir: str = "images"
    hub_url: str = "https://hub.grid.tf"
    push: bool = True
    convert: bool = True
    max_parallel: int = 0
    """0: the number of processors."""
    mode: str = "auto"
    refresh_switch: bool = False
    notify: str = "none"
    only: tuple[str, ...] = ()
    with_descendants: bool = True
    current: str = ""
    previous: str = ""
    compare: str = "event"
    build_context: tuple[str, ...] = ()
    builder: str = ""
    cache: str = "none"
    provenance: bool = False
    sbom: bool = False
    attest: bool = False
    prune: bool = False
    publish: str = "each"
    fail_fast: bool = False
    max_conversions: int = 2
    build_timeout: float = 3600.0
    push_timeout: float = 1200.0
    convert_timeout: float = 2400.0
    local: bool = False
    flist_dir: str = "build/flists"
    without_hub: str = "fail"
    hub_user: str = ""
    convert_by: str = "pull"
    verify: str = "full"
    flist_layout: str = "links"
    hub_tag: bool = False
    prune_flists: bool = False
    keep_versions: int = 5
    dockerhub_username: str = ""
    dockerhub_password: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that was given, to be masked wherever text goes out."""
        given = (getattr(self, spec.field) for spec in INPUTS if spec.kind is InputKind.SECRET)
        return tuple(sorted({secret for secret in given if secret}))


def resolve_settings(given: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    """Resolve each input: what was `given`, then the step's, then the terminal's variables.

    `given` maps an input's name to its text. Raises `SettingsError`.
    """
    values: dict[str, object] = {}
    for spec in INPUTS:
        text = _first_text(spec, given, environment)
        if text:
            values[spec.field] = _read(spec, text)
    return Settings(**values)  # type: ignore[arg-type]  # a test holds fields and table together


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Every secret that the environment holds, whatever becomes of the other inputs."""
    names = (
        name
        for spec in INPUTS
        if spec.kind is InputKind.SECRET
        for name in (spec.action_variable, spec.terminal_variable, *_ALSO.get(spec.name, ()))
    )
    return tuple(sorted({text for name in names if (text := environment.get(name, "").strip())}))


def _first_text(spec: Input, given: Mapping[str, str], environment: Mapping[str, str]) -> str:
    names = (spec.action_variable, spec.terminal_variable, *_ALSO.get(spec.name, ()))
    texts = (given.get(spec.name, ""), *(environment.get(name, "") for name in names))
    return next((text.strip() for text in texts if text.strip()), "")


def _read(spec: Input, text: str) -> object:
    match spec.kind:
        case InputKind.FLAG:
            return _read_flag(spec, text)
        case InputKind.NUMBER:
            return int(_read_number(spec, text))
        case InputKind.SECONDS:
            return _read_number(spec, text)
        case InputKind.LIST:
            return tuple(
                part.strip() for part in text.replace("\n", ",").split(",") if part.strip()
            )
        case InputKind.CHOICE:
            return _read_choice(spec, text)
        case InputKind.TEXT | InputKind.SECRET:
            return text


def _read_flag(spec: Input, text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise SettingsError(f"{spec.name} is {text!r}", hint="it takes true or false")
    return word in _TRUE


def _read_number(spec: Input, text: str) -> float:
    try:
        number = float(text) if spec.kind is InputKind.SECONDS else int(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise SettingsError(f"{spec.name} is {text!r}", hint="it takes a number above 0")
    return number


def _read_choice(spec: Input, text: str) -> str:
    if text not in spec.choices:
        raise SettingsError(f"{spec.name} is {text!r}", hint=f"one of: {', '.join(spec.choices)}")
    return text
