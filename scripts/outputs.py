"""docs/outputs.md: every output of the action with an example, made by the code that writes it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Final

from scripts.sample_report import sample_report
from tfimages_action.core.plan.as_json import plan_as_json
from tfimages_action.core.run.report import RunReport
from tfimages_action.report.outputs import OUTPUTS, outputs_of

_HEAD: Final = """\
# Outputs

Made by `make generate` from a run like the one on [the summary's page](summary.md), of which the
first images are shown. JSON comes on one line; here it is indented.

All are there however the run ended, empty (`[]`, `{}` or no text) where there is nothing to say;
one above GitHub's limit for an output is empty too. What is in none of them is in
`tfimages-report.json`, in the runner's temporary folder for later steps of the job; its schema is
[report.schema.json](../tfimages_action/report/report.schema.json), and
`tfimages report FILE` shows it anywhere.

```yaml
      - uses: threefoldtech/tf-images@v1
        id: images
        with:
          hub-token: ${{ secrets.TFHUB_TOKEN }}
      - if: steps.images.outputs.changed != '[]'
        env:
          FLISTS: ${{ steps.images.outputs.flists }}
        run: echo "$FLISTS" | jq --raw-output '.["deb-base"]'
```
"""
_SHOWN: Final = 2
_WAVES: Final = (("deb-base", "alpine"), ("ubuntu-docker", "gluster"), ("nextcloud",))
_WAVE: Final = re.compile(r"wave-\d+")


def render_outputs() -> str:
    """Return the text of docs/outputs.md."""
    report = _report()
    plan = report.plan
    values = outputs_of(report, plan_as_json(plan, one_line=True) if plan else "", attest=True)
    parts = [_HEAD]
    for name, text in OUTPUTS.items():
        if _WAVE.fullmatch(name) and name != "wave-0":
            continue
        title = "`wave-0` to `wave-7`" if name == "wave-0" else f"`{name}`"
        parts.append(f"## {title}\n\n{text}\n\n{_block(values[name])}")
    return "\n".join(parts)


def _report() -> RunReport:
    report = sample_report()
    assert report.plan is not None
    plan = replace(report.plan, steps=report.plan.steps[:_SHOWN], waves=(("deb-base", "alpine"),))
    return replace(report, plan=plan, images=report.images[:_SHOWN], waves=_WAVES)


def _block(value: str) -> str:
    try:
        found = json.loads(value)
    except ValueError:
        return f"```text\n{value}\n```\n"
    return f"```json\n{json.dumps(found, indent=2)}\n```\n"
