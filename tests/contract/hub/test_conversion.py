"""`POST me/docker`: statistics under `name`, a name that is never told, 500 for everything else."""

import io
import threading
import time

import pytest
import requests

from tests.contract.hub.target import Target, flist_bytes
from tfimages_action.core import flist_name
from tfimages_action.flist.reader import read_flist


@pytest.fixture
def converted(target: Target) -> str:
    convert(target)
    return flist_name.of_image(target.image)


def convert(target: Target) -> requests.Response:
    """Convert; again after a 500 that a conversion just before (its client gone) may cause."""
    for _ in range(5):
        answer = target.me("POST", "docker", data={"image": target.image})
        if answer.status_code == 200:
            return answer
        time.sleep(1)
    pytest.fail("no conversion works")


def test_success_is_statistics(target: Target) -> None:
    answer = convert(target)
    statistics = answer.json()["payload"]["name"]
    keys = ["regular", "symlink", "directory", "special", "failure", "fullsize"]
    assert list(statistics) == keys
    assert statistics["regular"] > 0
    assert statistics["failure"] == 0
    dump = target.call("GET", "api", "flist", target.user, flist_name.of_image(target.image)).json()
    for key in ("regular", "symlink", "special", "fullsize"):
        assert statistics[key] == dump[key]


def test_multipart_and_a_trailing_slash_work_too(target: Target) -> None:
    convert(target)
    answer = target.me("POST", "docker", "", files={"image": (None, target.image)})
    assert answer.status_code == 200


def test_the_flist_holds_dockers_stubs_and_the_start(target: Target, converted: str) -> None:
    file = read_flist(flist_bytes(target, converted))
    for path in ("/.dockerenv", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf"):
        entry = file.find(path)
        assert entry is not None
        assert entry.size == 0
    assert file.find("/.startup.toml") is not None
    mtab = file.find("/etc/mtab")
    assert mtab is not None
    assert mtab.target == "/proc/mounts"


def test_light_tells_the_file(target: Target, converted: str) -> None:
    content = flist_bytes(target, converted).getvalue()
    light = target.light(converted).json()
    assert list(light) == ["name", "size", "updated", "type", "md5"]
    assert light["size"] == len(content)
    assert light["type"] == "regular"


@pytest.mark.parametrize("options", [{}, {"data": {"image": ""}}, {"json": {"image": "x"}}])
def test_no_image(target: Target, options: dict[str, object]) -> None:
    answer = target.me("POST", "docker", **options)
    assert answer.status_code == 400
    assert answer.text == '{"status": "error", "message": "missing docker image name"}'


def test_an_unknown_image_is_a_500(target: Target) -> None:
    image = target.image.rpartition(":")[0] + "-there-is-none:1"
    answer = target.me("POST", "docker", data={"image": image})
    assert answer.status_code == 500
    assert answer.json()["status"] == "error"
    assert target.light(flist_name.of_image(image)).status_code == 404


def test_a_scheme_is_refused_in_its_own_words(target: Target) -> None:
    answer = target.me("POST", "docker", data={"image": f"docker://{target.image}"})
    assert answer.status_code == 500
    assert answer.json()["message"] == "Repository name cannot contain a scheme (docker://...)"


def test_get_falls_into_another_route(target: Target) -> None:
    answer = target.me("GET", "docker")
    assert answer.status_code == 404
    assert answer.json()["message"] in {"user not found", "source not found"}


def test_put_is_html(target: Target) -> None:
    answer = target.me("PUT", "docker")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {
        *("OPTIONS", "HEAD", "POST", "INFO", "GET", "DELETE"),
    }


def test_a_client_that_hangs_up_does_not_end_it(target: Target, converted: str) -> None:
    before = target.light(converted).json()
    time.sleep(1.1)  # md5 and `updated` are whole seconds apart
    with pytest.raises(OSError, match="timed out"):
        target.me("POST", "docker", data={"image": target.image}, timeout=0.02)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = target.light(converted)
        if now.status_code == 200 and now.json()["updated"] > before["updated"]:
            return
        time.sleep(0.05)
    pytest.fail("the conversion went away with its client")


def test_at_once_one_of_two_is_a_500_although_it_is_written(target: Target) -> None:
    convert(target)
    codes: list[int] = []

    def convert_once() -> None:
        codes.append(target.me("POST", "docker", data={"image": target.image}).status_code)

    threads = [threading.Thread(target=convert_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 200 in codes
    assert set(codes) <= {200, 500}
    file = read_flist(io.BytesIO(flist_bytes(target, flist_name.of_image(target.image)).read()))
    assert file.counts.files > 0
