"""The first plan over images that something else published: a real registry, no label of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bed import oci
from tests.bed.registry import Registry
from tests.bed.scratch import ScratchRepository
from tfimages_action.core.published.record import LABEL_FINGERPRINT, OCI
from tfimages_action.doors import terminal

_CREATED = f"{OCI}.created"


class Published:
    """Three releases, of which the second changed `changed`; and what the registry has of it."""

    def __init__(
        self, folder: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._registry = registry
        self._capsys = capsys
        self._namespace = folder.parent.name.replace("_", "-").lower()
        self.repository = ScratchRepository(folder)
        for number in (1, 2, 3):
            for name in ("changed", "same"):
                held = number if name == "changed" and number < 3 else 2
                self.repository.write(f"images/{name}/Dockerfile", "FROM scratch\nCOPY x /x\n")
                self.repository.write(f"images/{name}/x", str(held))
            self.repository.commit(str(number), tag=f"v{number}")
        times = self.repository.git("log", "--reverse", "--format=%ct").split()
        self.released = [datetime.fromtimestamp(int(one), UTC) for one in times]

    def put(self, name: str, created: object, labels: Mapping[str, str] | None = None) -> None:
        """What the old script left under the moving name."""
        more = {"created": created} if created is not None else {}
        config = {"Labels": labels} if labels else {}
        oci.push(self._registry.url, f"{self._namespace}/{name}:latest", [], config, **more)

    def plan(self) -> dict[str, tuple[str, str, str]]:
        registry = f"{self._registry.host}/{self._namespace}"
        flists = str(self.repository.folder.parent / "flists")
        asked = ["--registry", registry, "--records", "--local", "--flist-dir", flists, "--json"]
        assert terminal.run(["plan", "--repo", str(self.repository.folder), *asked]) == 0
        told = json.loads(self._capsys.readouterr().out)["images"]
        return {
            one["name"]: (one["action"], one["reason"]["kind"], one["reason"]["detail"])
            for one in told
        }


@pytest.fixture
def published(tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]) -> Published:
    return Published(tmp_path / "repository", registry, capsys)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.123456789Z")


def test_nothing_is_rebuilt_and_nothing_lost(published: Published) -> None:
    """The script published both at v1, and failed at v2: v3 has to make up for that."""
    after_v1 = text(published.released[0] + timedelta(seconds=30))
    published.put("changed", after_v1)
    published.put("same", after_v1)
    found = published.plan()
    assert found["same"][:2] == ("skip", "adopted")
    assert "nothing differs since v1" in found["same"][2]
    assert found["changed"] == ("build", "files", "changed x since v1")


def test_an_inherited_label_says_nothing_of_the_image(published: Published) -> None:
    """Its base was made before v1, the image itself after v2."""
    labels = {_CREATED: text(published.released[0] - timedelta(days=1))}
    published.put("changed", text(published.released[1] + timedelta(seconds=30)), labels)
    assert published.plan()["changed"][:2] == ("skip", "adopted")


@pytest.mark.parametrize(
    "created",
    [
        None,
        5,
        "",
        "yesterday",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2999-01-01T00:00:00Z",
    ],
)
def test_what_does_not_say_when_it_was_made_is_built(published: Published, created: object) -> None:
    published.put("same", created)
    action, kind, detail = published.plan()["same"]
    assert (action, kind) == ("build", "first")
    assert detail.endswith("has no fingerprint, and does not say when it was made")


def test_a_label_helps_where_the_config_has_no_time(published: Published) -> None:
    label = {_CREATED: text(published.released[0] + timedelta(seconds=30))}
    published.put("same", "1970-01-01T00:00:00Z", label)
    published.put("changed", "1970-01-01T00:00:00Z", label)
    found = published.plan()
    assert found["same"][:2] == ("skip", "adopted")
    assert found["changed"][:2] == ("build", "files")


def test_older_than_any_tag_is_built(published: Published) -> None:
    published.put("same", text(published.released[0] - timedelta(days=400)))
    action, kind, detail = published.plan()["same"]
    assert (action, kind) == ("build", "first")
    assert "is older than any version tag (2022-10-10)" in detail


@pytest.mark.parametrize("version", ["v0", "v2", "none"])
def test_of_another_fingerprint_s_version_the_commit_s_time_counts(
    published: Published, version: str
) -> None:
    """Built for v1 when v2 was tagged already: the label knows, the clock does not."""
    labels = {
        LABEL_FINGERPRINT: f"{version}:sha256:{'a' * 64}",
        _CREATED: text(published.released[0]),
    }
    for name in ("same", "changed"):
        published.put(name, text(published.released[2] + timedelta(days=1)), labels)
    found = published.plan()
    assert found["same"][:2] == ("skip", "adopted")
    assert found["changed"][:2] == ("build", "files")
