"""Every image of one revision, with its graph."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tfimages_action.core.catalog.fingerprint import Ingredients
from tfimages_action.core.config.checks import CheckPlan
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.problem import Problem
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import Location, SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedContext:
    """One of `contexts:` in image.yaml: BuildKit's `--build-context NAME=folder`."""

    name: str
    folder: str
    outside: bool = False
    """The run put a folder of this machine in its place: publishable to a loopback registry only.

    `folder` is then as the run gave it, not relative to the repository.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A reference to an image outside the repository, and where it stands."""

    reference: ImageReference
    written: str
    """As it stands in the Dockerfile after expansion: the name to pin for BuildKit."""
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentLink:
    """A reference to another image of the repository, and where it stands."""

    image: str
    written: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One buildable thing. All paths are relative to the repository's root, `/` separated."""

    name: str
    """A variant's name (`ubuntu:24.04`), else the folder's path below `images-dir`."""
    reference: ImageReference
    """The moving reference it is published as; for a VM only its tag-less identity counts."""
    flist: str
    """Stable flist name on the Hub, with `.flist`."""
    kind: Kind
    folder: str
    dockerfile: str
    context: str
    contexts: tuple[NamedContext, ...] = ()
    args: tuple[tuple[str, str], ...] = ()
    """The build args to pass: those that the Dockerfile declares, sorted by name."""
    target: str | None = None
    platforms: tuple[str, ...] = ()
    """Empty: the builder's own."""
    parents: tuple[ParentLink, ...] = ()
    externals: tuple[External, ...] = ()
    base: ImageReference | None = None
    """The external image that the target stage stands on; `None`: a parent, or scratch."""
    checks: CheckPlan = CheckPlan()
    fingerprint: str = ""
    """`v1:sha256:...`, see core/catalog/fingerprint.py."""
    ingredients: Ingredients = field(default=Ingredients(), repr=False, compare=False)
    """What the fingerprint is made from, to name what differs."""

    @property
    def published_as(self) -> str:
        """What it is called outside: a VM is no image of a registry, but an flist of the Hub."""
        return self.flist if self.kind is Kind.VM else str(self.reference)

    @property
    def parent_names(self) -> tuple[str, ...]:
        """Names of the images it is built from, sorted, each once."""
        links = self.parents
        if len(links) == 1:
            return (links[0].image,)
        return tuple(sorted({link.image for link in links})) if links else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The images of one revision in build order (parents first, then by name)."""

    revision: str
    images: tuple[Image, ...]
    problems: tuple[Problem, ...] = ()
    broken: tuple[str, ...] = ()
    """Folders whose images are not among `images`: an older revision may hold mistakes."""

    def find(self, name: str) -> Image | None:
        """The image of that name."""
        return next((image for image in self.images if image.name == name), None)


def no_such_image(name: str, images: Collection[Image], *, note: str = "") -> SettingsError:
    """The error for a name that is no image, with what was probably meant.

    Some give a folder, which may make several images, or all of a reference.
    """
    wanted = name.strip("/")
    made = [image.name for image in images if wanted and f"/{image.folder}".endswith(f"/{wanted}")]
    if made:
        meant = f"the folder makes {', '.join(made)}; "
    else:
        near = _nearest(wanted.lower(), [image.name for image in images])
        meant = f"perhaps {near!r} was meant; " if near else ""
    return SettingsError(
        f"there is no image {name!r}{note}", hint=f"{meant}`tfimages graph` lists them all"
    )


def _nearest(name: str, known: Collection[str]) -> str:
    import difflib  # noqa: PLC0415 - only a mistake needs it

    last = name.rpartition("/")[2].removesuffix(":latest")
    found = (difflib.get_close_matches(one, known, n=1) for one in (name, last))
    return next((near[0] for near in found if near), "")
