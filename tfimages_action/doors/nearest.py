"""A group of commands that answers a misspelt one with the nearest that it has."""

from __future__ import annotations

import click


class NearestGroup(click.Group):
    """As click's own, but for the answer to an unknown command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        known = self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            import difflib  # only a mistake needs it

            near = difflib.get_close_matches(name, known, n=1)
            meant = f": perhaps {near[0]!r} was meant" if near else ""
            raise click.UsageError(f"there is no command {name!r}{meant}", ctx)
        return super().resolve_command(ctx, args)
