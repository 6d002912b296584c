"""`tfimages flist` on files, as a person and as a machine use it."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.unit.flist import samples
from tests.unit.flist.tars import Tar
from tfimages_action.doors.terminal import run
from tfimages_action.errors import ExitCode

SAMPLE = str(samples.FLIST)
EXPORT = str(samples.DATA / "mixed-export.tar.gz")
CONFIG = str(samples.DATA / "config.json")
ROOT = "v1:300724b70393f16811fea5882dacf20600c50fb3b0388e5df2ffb4ddf9f5b2da"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command that must succeed and return what it printed."""

    def go(*words: str) -> str:
        capsys.readouterr()
        assert run(["flist", *words]) == ExitCode.DONE
        return capsys.readouterr().out

    return go


def test_ls_shows_mode_owner_size_and_target(printed: Any) -> None:
    lines = printed("ls", SAMPLE).splitlines()
    assert len(lines) == 33
    assert "-4755         0:0          17 /opt/app/suid" in lines
    assert "l0777         0:0          11 /opt/app/motd -> ../etc/motd" in lines
    assert "d0755   1000:1000        4096 /opt/sp ace" in lines


def test_ls_of_a_folder_does_not_show_its_neighbours(printed: Any) -> None:
    shown = json.loads(printed("ls", SAMPLE, "/opt/app", "--json"))
    paths = [entry["path"] for entry in shown["entries"]]
    assert paths[0] == "/opt/app"
    assert all(path.startswith("/opt/app") for path in paths)
    assert shown["root"] == ROOT


def test_cat_entry_tells_the_blocks(printed: Any) -> None:
    entry = json.loads(printed("cat-entry", SAMPLE, "/opt/app/three-blocks", "--json"))
    assert (entry["size"], len(entry["blocks"])) == (1100004, 3)
    text = printed("cat-entry", SAMPLE, "/opt/app/three-blocks")
    assert text.count("block    key ") == 3


def test_build_ls_diff_verify_extract(printed: Any, tmp_path: Path) -> None:
    made, store = str(tmp_path / "made.flist"), str(tmp_path / "store")
    built = json.loads(
        printed("build", EXPORT, "-o", made, "--store", store, "--config", CONFIG, "--json")
    )
    assert (built["root"], built["entries"], built["written_blocks"]) == (ROOT, 33, 10)
    assert "0 added, 0 removed, 0 changed, +0 bytes" in printed("diff", SAMPLE, made)
    assert "is equal to" in printed("verify", made, EXPORT, "--config", CONFIG)
    printed("extract", made, "--store", store, "-o", str(tmp_path / "out.tar"))
    with tarfile.open(tmp_path / "out.tar") as archive:
        content = archive.extractfile("./etc/motd")
        assert content
        assert content.read() == b"hello\n"
    printed("extract", made, "--store", store, "-C", str(tmp_path / "out"))
    assert (tmp_path / "out" / "opt" / "app" / "hard").read_bytes() == b"hello\n"
    again = json.loads(
        printed("build", EXPORT, "-o", made, "--store", store, "--config", CONFIG, "--json")
    )
    assert again["written_blocks"] == 0


def test_verify_names_what_differs_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(Tar().add("etc/motd", b"other\n").done())
    assert run(["flist", "verify", SAMPLE, str(other)]) == ExitCode.FAILED
    shown = capsys.readouterr().out
    assert "/etc/motd: content" in shown
    assert "NOT equal" in shown
    assert run(["flist", "verify", SAMPLE, str(other), "--counts", "--json"]) == ExitCode.FAILED
    assert json.loads(capsys.readouterr().out)["equal"] is False


def test_the_real_flist_is_proved_with_its_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["flist", "verify", SAMPLE, EXPORT, "--config", CONFIG]) == ExitCode.DONE
    assert "the Hub drops CMD" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["ls", EXPORT],
        ["ls", SAMPLE, "/none"],
        ["cat-entry", SAMPLE, "/none"],
        ["verify", SAMPLE, SAMPLE],
        ["verify", SAMPLE, EXPORT, "--config", SAMPLE],
    ],
)
def test_what_is_no_flist_or_not_there_is_an_error_without_a_traceback(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["flist", *words]) == ExitCode.FAILED
    assert capsys.readouterr().err.startswith("error: ")


def test_a_failed_build_leaves_no_flist(tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(Tar().add("a", b"x" * 5000).done()[:2000])
    out = tmp_path / "out.flist"
    words = ["build", str(cut), "-o", str(out), "--store", str(tmp_path / "store")]
    assert run(["flist", *words]) == ExitCode.FAILED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.tar", "store"]


def test_a_name_that_is_no_utf8_is_escaped(printed: Any, tmp_path: Path) -> None:
    tar, made = tmp_path / "raw.tar", str(tmp_path / "raw.flist")
    tar.write_bytes(Tar().add("caf\udce9\n", b"x").done())
    printed("build", str(tar), "-o", made, "--store", str(tmp_path / "store"))
    assert r"/caf\xe9\x0a" in printed("ls", made)
    entry = json.loads(printed("ls", made, "--json"))["entries"][1]
    assert (entry["path"], entry["path_hex"]) == (r"/caf\xe9\x0a", b"/caf\xe9\n".hex())
