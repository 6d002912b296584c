"""The catalogue as one page of HTML: no script, nothing loaded, narrow and wide screens alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from tfimages_action.report.catalog import ADVICE, Entry, Place, facts, retired_word, stable_word

_CODE: Final = re.compile(r"`([^`]+)`")
_STRONG: Final = re.compile(r"\*\*([^*]+)\*\*")
_AUTOLINK: Final = re.compile(r"&lt;(https?://[^\s&]+)&gt;")

_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #1c2128; --dim: #59636e; --line: #d1d9e0; --page: #f6f8fa;
  --card: #fff; --field: #f0f3f6; --good: #1a7f37; --mind: #9a6700; --link: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --line: #3d444d;
  --page: #0d1117; --card: #151b23; --field: #212830; --good: #3fb950; --mind: #d29922;
  --link: #4493f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.25rem; line-height: 1.3; overflow-wrap: anywhere; }
a { color: var(--link); }
code { font: .875em/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
.advice { max-width: 52rem; color: var(--dim); }
nav { display: flex; flex-wrap: wrap; gap: .375rem; margin: 1rem 0 1.5rem; }
nav a { padding: .125rem .625rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); text-decoration: none; font-size: .875rem; }
.cards { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)); }
article { min-width: 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--card); scroll-margin-top: 1rem; }
article:target { border-color: var(--link); }
.head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.kind { color: var(--dim); font-size: .875rem; }
.label { margin: .75rem 0 .25rem; font-size: .8125rem; color: var(--dim); overflow-wrap: anywhere; }
.label b { color: var(--ink); }
.address { display: block; padding: .5rem .625rem; border-radius: .375rem; user-select: all;
  background: var(--field); border-left: .25rem solid var(--line); }
.address.immutable { border-left-color: var(--good); }
.mind { color: var(--mind); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .125rem .75rem;
  margin: .75rem 0 0; font-size: .875rem; }
dl code, .label code { font-size: .9375em; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
h3 { margin: .875rem 0 0; font-size: .875rem; }
.variables { grid-template-columns: minmax(0, 1fr); gap: 0; margin-top: .25rem; }
.variables dt { color: var(--ink); }
.variables dd { margin: 0 0 .375rem 1rem; color: var(--dim); }
"""


def render_html(entries: Sequence[Entry], *, title: str) -> str:
    """A whole page."""
    links = "".join(
        f'<a href="#{escape(_id(entry.name))}">{escape(entry.name)}</a>' for entry in entries
    )
    cards = "\n".join(_card(entry) for entry in entries)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="advice">{_inline(ADVICE)}</p>\n'
        f'<nav aria-label="Images">{links}</nav>\n<div class="cards">\n{cards}\n</div>\n'
        "</main>\n</body>\n</html>\n"
    )


def _card(entry: Entry) -> str:
    name = escape(entry.name)
    kind = "full VM" if entry.kind == "vm" else "container image"
    parts = [
        f'<article id="{escape(_id(entry.name))}">',
        f'<div class="head"><h2>{name}</h2><span class="kind">{kind}</span></div>',
        f"<p>{_inline(entry.what or entry.title)}</p>" if entry.what or entry.title else "",
        f'<p class="mind">Retired: {escape(retired_word(entry))}</p>' if entry.retired else "",
        _addresses(entry.place, retired=bool(entry.retired)) if entry.place else "",
        f'<p class="mind">{escape(entry.note)}</p>' if entry.note else "",
        _facts(entry),
        _variables(entry),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _addresses(place: Place, *, retired: bool) -> str:
    if not place.immutable:
        return ""
    word = stable_word(place)
    moves = "" if retired else " · moves to each release"
    moved = f' <span class="mind">{escape(word)}</span>' if word else ""
    return (
        f'<p class="label"><b>Immutable address</b> · md5 <code>{escape(place.md5)}</code></p>\n'
        f'<code class="address immutable">{escape(place.immutable)}</code>\n'
        f'<p class="label"><b>Stable address</b>{moves}{moved}</p>\n'
        f'<code class="address">{escape(place.stable)}</code>'
    )


def _facts(entry: Entry) -> str:
    rows = "".join(
        f"<dt>{escape(label)}</dt><dd>{_value(label, value)}</dd>" for label, value in facts(entry)
    )
    return f"<dl>{rows}</dl>" if rows else ""


def _value(label: str, value: str) -> str:
    return f"<code>{escape(value)}</code>" if label in _AS_CODE else escape(value)


_AS_CODE: Final = frozenset({"entry point", "image", "digest"})


def _variables(entry: Entry) -> str:
    rows = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{_inline(meaning)}</dd>"
        for name, meaning in entry.environment
    )
    return f'<h3>Environment</h3>\n<dl class="variables">{rows}</dl>' if rows else ""


def _inline(text: str) -> str:
    """The little Markdown that a README's sentence has; all else is escaped."""
    safe = _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
    safe = _STRONG.sub(r"<strong>\1</strong>", safe)
    return _AUTOLINK.sub(r'<a href="\1">\1</a>', safe).replace("\\|", "|")


def _id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
