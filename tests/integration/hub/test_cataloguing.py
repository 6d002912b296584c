"""The catalogue of a published image, asked as a stranger."""

from tests.bed.revision import FilesRevision
from tests.integration.hub.world import LIMITS, USER, World
from tfimages_action.adapters.hub.reading import HubReader
from tfimages_action.adapters.hub.transport import Transport
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.records import RecordReader
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.doors.cataloguing import Asked, gather
from tfimages_action.report.catalog import Entry

README = "# Ubuntu\n\nThe base. More.\n\n| variable | |\n|---|---|\n| `A` | what A does |\n"


def entry_of(world: World) -> Entry:
    client = RegistryClient()
    hub = HubReader(Transport(world.standin.url, limits=LIMITS))
    asked = Asked(registry=client, records=RecordReader(client), hub=hub, hub_user=USER)
    revision = FilesRevision(files={"ubuntu/README.md": README})
    catalog = Catalog(revision="v1", images=(world.image,))
    return gather(catalog, revision, asked)[0]


def test_before_and_after_publication(world: World) -> None:
    before = entry_of(world)
    assert (before.what, before.note, before.place) == ("The base.", "not published yet", None)

    source = world.push("v1")
    client = RegistryClient()
    pinned = source.references[0].with_digest(source.digest)
    client.give_name(pinned, world.image.reference)
    client.give_name(pinned, world.image.reference.with_tag("24.04-v1"))
    assert entry_of(world).note == "the Hub has no flist of what the registry has"

    flist = world.publish(source, "v1")
    entry = entry_of(world)
    assert entry.note == ""
    assert entry.versions == ("v1",)
    assert entry.entry_point == "/sbin/zinit init"
    assert entry.architectures == ("amd64",)
    assert entry.size_bytes
    assert entry.environment == (("A", "what A does"),)
    assert entry.place is not None
    assert entry.place.immutable == flist.address
    assert entry.place.md5 == flist.md5
    assert entry.place.stable == f"{world.standin.url}/{USER}/{world.stable}"
    assert entry.place.stable_is_current
    assert entry.place.verified is not None


def test_a_stable_address_left_at_another_release(world: World) -> None:
    old, new = world.push("v1"), world.push("v2")
    world.publish(new, "v2")
    world.publish(old, "v1")
    client = RegistryClient()
    client.give_name(new.references[0].with_digest(new.digest), world.image.reference)
    entry = entry_of(world)
    assert entry.place is not None
    assert not entry.place.stable_is_current


def test_a_hub_that_does_not_answer_costs_its_part_only(world: World) -> None:
    source = world.push("v1")
    client = RegistryClient()
    client.give_name(source.references[0].with_digest(source.digest), world.image.reference)
    hub = HubReader(Transport("http://127.0.0.1:9", limits=LIMITS))
    asked = Asked(registry=client, records=RecordReader(client), hub=hub, hub_user=USER)
    found = gather(Catalog(revision="v1", images=(world.image,)), FilesRevision(files={}), asked)
    assert found[0].note.startswith("could not be asked for")
