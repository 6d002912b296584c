"""What a run asks of the Hub, and what it doesn't."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest

from tests.bed import oci
from tests.bed.oci import File
from tests.integration.hub.world import CONFIG, STRANGER, TRIES, USER, World, layer, release_layers
from tests.standins.hub.faults import Fault
from tests.unit.flist import samples
from tfimages_action.adapters.hub.choices import ConvertBy, Layout, Verify
from tfimages_action.adapters.hub.errors import HubStoppedError, HubUnreachableError
from tfimages_action.adapters.hub.token import Token
from tfimages_action.adapters.hub.transport import Transport
from tfimages_action.core import flist_name
from tfimages_action.core.published import names
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import Visibility
from tfimages_action.errors import ExitCode, StageError


def test_a_release_is_proved_and_named(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    assert flist.name == world.content(source)
    assert flist.verified
    assert flist.merkle_root.startswith("v1:")
    assert flist.entries > 10
    assert flist.stable_address == f"{world.standin.url}/{USER}/{world.stable}"
    assert world.served() == world.served(flist.name) == "v1"
    release = flist_name.of_release(world.stable, "v1")
    assert world.client().readlink(USER, release) == flist.name


def test_a_release_tells_what_it_changes_for_those_who_use_the_stable_name(world: World) -> None:
    assert world.publish(world.push("v1"), "v1").changes == ()
    source = world.push("v2")
    more = layer(
        File(path="usr/lib/libLLVM.so.19", content=b"x" * 38_000),
        File(path="sbin/.wh.init"),
    )
    layers = [*release_layers("v2"), more]
    digest = oci.push(world.registry.url, f"{world.image.reference.repository}:tmp", layers, CONFIG)
    content = names.content_reference(world.image, digest)
    oci.push(
        world.registry.url,
        f"{world.image.reference.repository}:{content.tag}",
        layers,
        CONFIG,
    )
    world.source.add(digest, layers)
    flist = world.publish(replace(source, digest=digest, references=(content,)), "v2")
    assert flist.changes == ("+38 kB: /usr/lib/libLLVM.so.19",)
    assert world.publish(replace(source, digest=digest, references=(content,)), "v2").changes == ()


def test_what_can_not_be_read_changes_nothing_that_anybody_knows(world: World) -> None:
    old = world.publish(world.push("v1"), "v1")
    (world.standin.storage.folder(USER) / old.name).write_bytes(b"junk")
    assert world.publish(world.push("v2"), "v2").changes == ()
    assert any("what changes is not known" in line for line in world.lines)


def test_the_old_release_keeps_its_own_name(world: World) -> None:
    world.publish(world.push("v1"), "v1")
    world.publish(world.push("v2"), "v2")
    assert world.served() == "v2"
    assert world.served(flist_name.of_release(world.stable, "v1")) == "v1"


def test_a_second_run_converts_nothing_and_moves_nothing(world: World) -> None:
    source = world.push("v1")
    world.publish(source, "v1")
    before = len(world.standin.calls)
    world.publish(source, "v1")
    changes = [
        path for method, path in world.standin.calls[before:] if method != "GET" or "/link/" in path
    ]
    assert changes == []


@pytest.mark.parametrize("answer", [Visibility.PRIVATE, Visibility.ABSENT])
def test_an_image_that_no_stranger_can_pull_never_reaches_the_hub(
    world: World, answer: Visibility
) -> None:
    world.probe.answer = answer
    source = world.push("v1")
    with pytest.raises(StageError) as caught:
        world.publish(source, "v1")
    assert not caught.value.transient
    assert world.standin.workshop.conversions.asked == []
    assert ("convert-by: upload" in caught.value.hint) == (answer is Visibility.PRIVATE)


def test_upload_needs_no_public_image_and_leaves_a_record(world: World) -> None:
    world.probe.answer = Visibility.PRIVATE
    source = world.push("v1")
    converter = world.converter(convert_by=ConvertBy.UPLOAD, version="v1", revision="abc")
    flist = world.publish(source, "v1", converter)
    assert flist.verified
    assert world.served() == "v1"
    assert world.probe.asked == []
    metadata = world.client().metadata(USER, world.stable)
    assert metadata is not None
    assert metadata["fingerprint"] == world.image.fingerprint
    assert metadata["digest"] == source.digest
    assert (metadata["version"], metadata["revision"]) == ("v1", "abc")


@pytest.mark.parametrize("verify", [Verify.FULL, Verify.COUNTS])
def test_another_flist_under_the_content_s_name_is_made_anew(world: World, verify: Verify) -> None:
    source = world.push("v1")
    folder = world.standin.storage.folder(USER)
    folder.mkdir(exist_ok=True)
    (folder / world.content(source)).write_bytes(samples.FLIST.read_bytes())
    world.publish(source, "v1", world.converter(verify=verify))
    assert world.served() == "v1"


def test_what_another_changed_after_the_proof_gets_no_name(world: World) -> None:
    source, converter = world.push("v1"), world.converter()
    flist = world.verify(converter, source, world.convert(converter, source))
    (world.standin.storage.folder(USER) / flist.name).write_bytes(samples.FLIST.read_bytes())
    with pytest.raises(StageError, match="not on the Hub any more as it was proved"):
        world.switch(converter, flist, "v1")
    assert world.served() is None


def test_pull_and_upload_make_the_same_flist(world: World) -> None:
    source = world.push("v1")
    pulled = world.publish(source, "v1")
    world.client().delete(flist_name.of_release(world.stable, "v1"))
    world.client().delete(world.stable)
    world.client().delete(pulled.name)
    uploaded = world.publish(source, "v1", world.converter(convert_by=ConvertBy.UPLOAD))
    assert uploaded.merkle_root == pulled.merkle_root


@pytest.mark.parametrize("fault", [Fault.STORAGE_DOWN, Fault.CUT_ARCHIVE, Fault.LOST_COMMIT])
def test_upload_through_faults(world: World, fault: Fault) -> None:
    world.publish(world.push("v1"), "v1")
    source = world.push("v2")
    world.standin.faults.inject(fault)
    with world.watched() as seen:
        assert world.publish(source, "v2", world.converter(convert_by=ConvertBy.UPLOAD)).verified
    assert world.served() == "v2"
    assert seen <= {"v1", "v2"}


def test_replace_layout_leaves_files_at_the_stable_names(world: World) -> None:
    converter = world.converter(layout=Layout.REPLACE)
    world.publish(world.push("v1"), "v1", converter)
    with world.watched() as seen:
        world.publish(world.push("v2"), "v2", world.converter(layout=Layout.REPLACE))
    assert world.served() == "v2"
    assert world.client().readlink(USER, world.stable) is None
    assert seen <= {"v1", "v2"}


def test_two_runs_at_once_on_one_content_name(world: World) -> None:
    source = world.push("v1")
    world.standin.workshop.delay_s = 0.3
    outcomes: list[str] = []

    def run() -> None:
        outcomes.append(world.publish(source, "v1").merkle_root)

    runs = [threading.Thread(target=run) for _ in range(2)]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    assert len(outcomes) == 2
    assert len(set(outcomes)) == 1
    assert world.served() == "v1"


def test_one_run_never_asks_twice_at_once_for_one_name(world: World) -> None:
    source = world.push("v1")
    world.standin.workshop.delay_s = 0.2
    converter = world.converter()
    workers = [threading.Thread(target=world.convert, args=(converter, source)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    conversions = world.standin.workshop.conversions
    assert len(conversions.asked) == 1


def test_a_stop_is_heard_while_the_hub_is_silent(world: World) -> None:
    source = world.push("v1")
    world.standin.faults.inject(Fault.HANG)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(HubStoppedError):
        world.converter().convert(world.image, source, log=world.lines.append, stop=stop)
    assert time.monotonic() - began < 2 + 5  # the limit of the port, and a slow machine


def test_a_stop_is_heard_while_the_hub_does_not_even_answer_a_question(world: World) -> None:
    converter = world.converter()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        host, port = deaf.getsockname()
        transport = Transport(f"http://{host}:{port}", token=Token("x"))
        stop = threading.Event()
        threading.Timer(0.2, stop.set).start()
        with (
            pytest.raises(HubStoppedError),
            transport.heeding(stop),
        ):
            transport.call("GET", ("api", "flist"))
    stopped = threading.Event()
    stopped.set()
    flist = Flist(name="x.flist", address="")
    with pytest.raises(HubStoppedError):
        converter.switch(world.image, flist, ["y.flist"], log=world.lines.append, stop=stopped)


def test_a_hub_that_is_gone_is_tried_again_and_then_the_hub_is_lost(world: World) -> None:
    source = world.push("v1")
    converter = world.converter()
    world.standin.stop()
    with pytest.raises(HubUnreachableError) as caught:
        world.publish(source, "v1", converter)
    assert caught.value.transient
    assert caught.value.exit_code is ExitCode.HUB_LOST
    assert len(world.lines) == TRIES


def test_what_killed_runs_left_is_swept_and_what_runs_is_not(world: World) -> None:
    source = world.push("v1")
    world.publish(source, "v1")
    client = world.client()
    client.link(world.content(source), "tf-images-switch-0.flist")
    world.publish(world.push("v2"), "v2")
    assert client.mine("tf-images-switch-0.flist") is not None
    world.standin.set_skew(7200)
    world.standin.storage.skew_s = 0  # made two hours ago, by the Hub's clock
    world.publish(world.push("v3"), "v3")
    assert client.mine("tf-images-switch-0.flist") is None
    assert not [entry for entry in client.listing(USER) or () if "switch" in entry.name]


def test_a_misplaced_link_leaves_the_stable_name_alone(world: World) -> None:
    world.publish(world.push("v1"), "v1")
    world.standin.faults.inject(Fault.MISPLACED_LINK)
    world.publish(world.push("v2"), "v2")
    assert world.served() == "v2"
    assert any("other users' folders" in line for line in world.lines)
    assert len(world.client().listing(STRANGER) or ()) == 1
