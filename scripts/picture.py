"""Draw docs/summary.png: a job summary as GitHub shows it, by our renderer and a real browser.

    python -m scripts.picture [--to FILE] [--width PIXELS]

Needs chromium, and npm for Mermaid, which is fetched into build/ and not kept in the repository.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from scripts.sample_report import sample_report
from tfimages_action.report.summary import render_summary

ROOT: Final = Path(__file__).resolve().parents[1]
SCRATCH: Final = ROOT / "build" / "picture"
_MERMAID: Final = "mermaid@11.12.0"
_ALERT: Final = re.compile(r"<blockquote>\s*<p>\[!(\w+)\]\s*")
_FENCE: Final = re.compile(r'<pre><code class="language-mermaid">(.*?)</code></pre>', re.DOTALL)
_STYLE: Final = """
body { font: 16px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial,
  "Noto Color Emoji", sans-serif; color: #1f2328; margin: 0; padding: 24px; background: #fff; }
h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; }
h2, h3, h4 { margin: 24px 0 16px; line-height: 1.25; } h2:first-child { margin-top: 0; }
table { border-collapse: collapse; display: block; overflow: auto; width: max-content;
  max-width: 100%; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) td { background: #f6f8fa; }
code { font: 85%/1.45 ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f;
  border-radius: 6px; padding: .2em .4em; }
pre { background: #f6f8fa; border-radius: 6px; padding: 16px; overflow: auto; }
pre code { background: none; padding: 0; }
blockquote { margin: 0 0 16px; padding: 0 1em; color: #59636e; border-left: .25em solid #d1d9e0; }
blockquote.alert { border-color: #cf222e; color: inherit; }
a { color: #0969da; text-decoration: none; }
details { margin-bottom: 16px; } summary { cursor: pointer; }
.mermaid { text-align: center; border: 1px solid #d1d9e0; border-radius: 6px; padding: 12px;
  margin-bottom: 16px; }
"""


def page_of(markdown: str, mermaid: Path) -> str:
    """The HTML page of a summary, as close to GitHub's as need be."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    body = _ALERT.sub(r'<blockquote class="alert"><p><b>\1</b><br>', body)
    body = _FENCE.sub(r'<div class="mermaid">\1</div>', body)
    return (
        f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{body}"
        f'<script src="{mermaid.as_uri()}"></script>'
        "<script>mermaid.initialize({startOnLoad: true, gantt: {useWidth: 900}});</script>"
    )


def fetch_mermaid() -> Path:
    """The browser's build of Mermaid, fetched once."""
    script = SCRATCH / "package" / "dist" / "mermaid.min.js"
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", _MERMAID], cwd=SCRATCH, check=True)
        with tarfile.open(next(SCRATCH.glob("mermaid-*.tgz"))) as archive:
            packed = archive.extractfile(str(script.relative_to(SCRATCH)))
            assert packed is not None
            script.write_bytes(packed.read())
    return script


def draw(page: Path, to: Path, *, width: int, height: int) -> None:
    """Have a browser show a page, and keep what it shows."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    subprocess.run(
        [
            "chromium", *options, f"--window-size={width},{height}", "--virtual-time-budget=8000",
            f"--user-data-dir={SCRATCH / 'browser'}", f"--screenshot={to}", page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a summary as GitHub shows it")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "summary.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=2400)
    asked = parser.parse_args()
    mermaid = fetch_mermaid()
    # The folds open, so that the picture shows what is in them.
    text = render_summary(sample_report()).replace("<details>", "<details open>")
    page = SCRATCH / "summary.html"
    page.write_text(page_of(text, mermaid))
    draw(page, asked.to.resolve(), width=asked.width, height=asked.height)


if __name__ == "__main__":
    main()
