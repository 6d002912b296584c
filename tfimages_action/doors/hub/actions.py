"""What `tfimages hub ...` and the action `hub/` do: one function each, with what to say of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tfimages_action.core import flist_name
from tfimages_action.doors.hub.done import Done
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.errors import SettingsError, StageError

if TYPE_CHECKING:
    from tfimages_action.adapters.hub.answers import Listed
    from tfimages_action.adapters.hub.byhand import ByHand
    from tfimages_action.adapters.hub.client import Hub
    from tfimages_action.adapters.hub.proof import Prover
    from tfimages_action.adapters.hub.reading import HubReader
    from tfimages_action.adapters.hub.transport import Transport


def sign_in(settings: Settings) -> Hub:
    """Open the Hub as the token's user, who is asked for first."""
    from tfimages_action.adapters.hub.client import Hub
    from tfimages_action.adapters.hub.token import Token

    return Hub.sign_in(_transport(settings, Token(settings.hub_token)))


def reader(settings: Settings) -> HubReader:
    """Open the public half of the Hub: no token is asked for or sent."""
    from tfimages_action.adapters.hub.reading import HubReader

    return HubReader(_transport(settings, None))


def convert(settings: Settings, image: str, name: str | None, *, proof: str) -> Done:
    """Convert an image; `proof` as the input `verify` has it."""
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.core.reference import ImageReference

    hub = sign_in(settings)
    reference = ImageReference.parse(image)
    digest = reference.digest or RegistryClient().digest(reference)
    if digest is None:
        raise StageError(f"{image} is not in the registry, or no stranger can pull it")
    written = image.partition("@")[0]
    with _prover(hub, proof) as prover:
        flist = _by_hand(hub).convert(written, digest, prover, name=name)
    proved = "proved" if flist.verified else "not proved"
    return Done(text=f"{flist.address} ({proved})", data=asdict(flist))


def upload(settings: Settings, path: Path, name: str | None) -> Done:
    """Upload an archive, a folder or a ready flist."""
    stem = path.name.removesuffix(".tar.gz") or path.resolve().name
    flist = _by_hand(sign_in(settings)).upload(path, name or flist_name.with_suffix(stem))
    return Done(text=flist.address, data=asdict(flist))


def link(settings: Settings, source: str, name: str) -> Done:
    """Make `name` a link to `[user/]source`."""
    hub = sign_in(settings)
    made = _by_hand(hub).link(_place(source, hub.user), name)
    return Done(text=f"{name} -> {made.target}", data={"name": name, "linkpoint": made.target})


def tag(settings: Settings, tagged: str, source: str, *, remove: bool = False) -> Done:
    """Put `[user/]source` under `TAG/NAME`, or take it out."""
    tag_name, slash, name = tagged.partition("/")
    if not slash:
        raise SettingsError(f"{tagged!r} is no TAG/NAME", hint="v28/ubuntu-24.04.flist, for one")
    hub = sign_in(settings)
    user, real = _place(source, hub.user)
    name = flist_name.with_suffix(name)
    if remove:
        hub.untag(tag_name, name, user, real)
        return Done(text=f"{tag_name} is without {name}", data={"tag": tag_name, "name": name})
    hub.tag(tag_name, name, user, real)
    data = {"tag": tag_name, "name": name, "linkpoint": f"{user}/{real}"}
    return Done(text=f"{tag_name}/{name} -> {user}/{real}", data=data)


def crosstag(settings: Settings, name: str, target: str) -> Done:
    """Make `name` a link to all of `USER/TAG`."""
    user, slash, tag_name = target.partition("/")
    if not slash:
        raise SettingsError(f"{target!r} is no USER/TAG")
    sign_in(settings).crosstag(name, user, tag_name)
    return Done(text=f"{name} -> {target}", data={"name": name, "linkpoint": target})


def promote(settings: Settings, source: str, name: str) -> Done:
    """Copy `[user/]source` to our `name`."""
    hub = sign_in(settings)
    promoted = hub.promote(*_place(source, hub.user), flist_name.with_suffix(name))
    where = "/".join(promoted.destination)
    return Done(text=f"{'/'.join(promoted.source)} is now {where} too", data=asdict(promoted))


def rename(settings: Settings, old: str, new: str) -> Done:
    """Rename onto nothing."""
    sign_in(settings).rename(flist_name.with_suffix(old), flist_name.with_suffix(new))
    return Done(text=f"{old} is now {new}", data={"old": old, "new": new})


def delete(settings: Settings, name: str) -> Done:
    """Delete an flist or a link that none of our links leads to."""
    sign_in(settings).delete(name)
    return Done(text=f"{name} is gone", data={"name": name})


def merge(settings: Settings, name: str, sources: Sequence[str]) -> Done:
    """Merge `[user/]source` flists into our `name`; later ones win."""
    hub = sign_in(settings)
    full = ["/".join(_place(source, hub.user)) for source in sources]
    made = hub.merge(flist_name.with_suffix(name), full)
    return Done(text=hub.address(hub.user, made.name), data=asdict(made))


def readlink(settings: Settings, name: str) -> Done:
    """Say where a link leads. Raises `StageError` for what is no link."""
    hub, user, real = _public_place(settings, name)
    target = hub.readlink(user, real)
    if target is None:
        raise StageError(f"{user}/{real} is no link on the Hub")
    return Done(text=target, data={"name": f"{user}/{real}", "linkpoint": target})


def listing(settings: Settings, user: str | None, tag_name: str | None) -> Done:
    """List a user's flists, or what is under one tag."""
    hub: HubReader = reader(settings)
    if user is None:
        _demand_token(settings, "list the flists of USER: `tfimages hub ls USER`")
        signed_in = sign_in(settings)
        hub, user = signed_in, signed_in.user
    found = hub.tag_listing(user, tag_name) if tag_name else hub.listing(user)
    if found is None:
        raise StageError(f"{user} has no {'tag ' + tag_name if tag_name else 'flist'} on the Hub")
    lines = [_line(entry) for entry in found]
    return Done(text="\n".join(lines), data={"user": user, "flists": [asdict(e) for e in found]})


def show(settings: Settings, name: str) -> Done:
    """Tell everything that the Hub tells of one flist."""
    hub, user, real = _public_place(settings, name)
    light = hub.light(user, real)
    if light is None:
        raise StageError(f"{user}/{real} is not on the Hub")
    dump = hub.dump(user, real)
    data: dict[str, object] = {
        "address": hub.address(user, real),
        **asdict(light),
        "counts": asdict(dump.statistics) if dump else None,
        "metadata": hub.metadata(user, real),
    }
    return Done(text="\n".join(f"{key}: {value}" for key, value in data.items()), data=data)


def verify(settings: Settings, address: str, root: str | None, image: str | None = None) -> Done:
    """Hold what an address serves against a root, or against the one recorded for `image`."""
    from tfimages_action.doors.hub import verifying

    if "://" not in address:
        hub, user, real = _public_place(settings, address)
        address = hub.address(user, real)
    return verifying.verify(address, base=settings.hub_url, root=root, image=image)


def _transport(settings: Settings, token: object) -> Transport:
    from tfimages_action.adapters.hub.token import Token
    from tfimages_action.adapters.hub.transport import Limits, Transport

    return Transport(
        settings.hub_url,
        token=token if isinstance(token, Token) else None,
        active_user=(settings.hub_user or None) if token else None,
        limits=Limits(convert_s=settings.convert_timeout, upload_s=settings.convert_timeout),
    )


def _by_hand(hub: Hub) -> ByHand:
    from tfimages_action.adapters.hub.byhand import ByHand

    return ByHand(hub, log=_say)


@contextmanager
def _prover(hub: Hub, proof: str) -> Iterator[Prover]:
    from tfimages_action.adapters.engine.session import engine_session
    from tfimages_action.adapters.hub.choices import Timing, Verify
    from tfimages_action.adapters.hub.proof import Prover
    from tfimages_action.adapters.hub.sources import NoImages, Sources
    from tfimages_action.adapters.registry.client import RegistryClient

    if Verify(proof) is Verify.NONE:
        yield Prover(hub, Sources(NoImages()), Verify.NONE, Timing())
        return
    with engine_session(environment=os.environ, registry=RegistryClient()) as engine:
        yield Prover(hub, Sources(engine.source), Verify(proof), Timing())


def _place(text: str, user: str) -> tuple[str, str]:
    """(user, flist) of `[user/]name`."""
    owner, slash, name = text.rpartition("/")
    if "/" in owner:
        raise SettingsError(f"{text!r} is no [USER/]NAME")
    return (owner if slash else user), flist_name.with_suffix(name)


def _public_place(settings: Settings, text: str) -> tuple[HubReader, str, str]:
    user, slash, name = text.rpartition("/")
    if slash:
        return reader(settings), user, name
    _demand_token(settings, f"write USER/{name}, or its whole address")
    hub = sign_in(settings)
    return hub, hub.user, name


def _demand_token(settings: Settings, otherwise: str) -> None:
    """What is read needs a token only where nobody says whose it is."""
    if not settings.hub_token:
        raise SettingsError(
            "nobody says whose flist is meant, and there is no token to tell",
            hint=f"{otherwise}; or set `hub-token` for your own",
        )


def _line(entry: Listed) -> str:
    target = f" -> {entry.target}" if entry.target else ""
    return f"{entry.type:8} {entry.size:>12}  {entry.name}{target}"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
