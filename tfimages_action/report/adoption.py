"""What adopting a repository means, in lines for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tfimages_action.core.migration.replay import Addresses, Replay
from tfimages_action.core.migration.shell_config import ShellConfig
from tfimages_action.report import words


def config_lines(config: ShellConfig) -> Iterable[str]:
    """What was read of config.sh; its values may be secrets, so none is shown."""
    yield f"config.sh: {words.count(len(config.values), 'assignment')} read, nothing executed"
    for name in config.unread:
        yield f"  {name} is not read: only a shell could tell its value"


def proposal_lines(proposed: Mapping[str, str]) -> Iterable[str]:
    """The files that stand for config.sh here."""
    if not proposed:
        yield "Nothing of it needs a file here."
    for path, text in proposed.items():
        yield f"Proposed {path}:"
        yield from (f"  {line}" for line in text.splitlines())


def replay_lines(replays: Sequence[Replay]) -> Iterable[str]:
    """Where the script was wrong, tag by tag."""
    right = sum(replay.is_right and not replay.notes for replay in replays)
    yield f"Past tags: {len(replays)}; the script was right for {right}"
    for replay in replays:
        compared = f" (after {replay.previous})" if replay.previous else " (the first)"
        built = ", ".join(replay.script) or "nothing"
        yield f"  {replay.tag}{compared}: the script builds {built}"
        for name, why in replay.missed:
            yield f"    missed {name}: {why}"
        for name in replay.needless:
            yield f"    needless {name}: nothing of it changed"
        for note in replay.notes:
            yield f"    note: {note}"


def address_lines(addresses: Addresses) -> Iterable[str]:
    """What becomes of each published address."""
    yield "Stable flist names:"
    yield from (f"  stays    {name}" for name in addresses.stay)
    yield from (f"  changes  {old} -> {new}" for old, new in addresses.change)
    yield from (
        f"  retires  {name} (nothing makes it any more; nothing deletes it)"
        for name in addresses.retire
    )
    yield from (f"  appears  {name}" for name in addresses.appear)
    yield from (f"  note: {note}" for note in addresses.notes)
