"""Which images were rolled back on purpose, asked of the registry and of the Hub."""

from __future__ import annotations

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.rollback import Rollback
from tfimages_action.core.published import names
from tfimages_action.core.published.record import Record
from tfimages_action.doors.planning.readers import Readers
from tfimages_action.errors import TfImagesError


def read_rollbacks(known: Knowledge, published: Readers) -> dict[str, Rollback]:
    """The rollbacks in force, by image; `known` holds what is published.

    Asked is only for images whose moving name bears another source's result while the wanted one
    was published before: in a plain release nothing is.
    """
    found: dict[str, Rollback] = {}
    for image in known.current.images:
        released = known.promotable.get(image.name)
        served = known.records.get(image.name)
        if released is None or not isinstance(served, Record):
            continue
        if image.kind is Kind.CONTAINER and served.fingerprint != image.fingerprint:
            one = _in_force(image, served, released, published)
            found |= {image.name: one} if one else {}
    if published.rollbacks is not None:
        vms = [image for image in known.current.images if image.kind is Kind.VM]
        found |= published.rollbacks(vms) if vms else {}
    return found


def _in_force(
    image: Image, served: Record, released: Record, published: Readers
) -> Rollback | None:
    if published.tags is None or published.records is None:
        return None
    try:
        tags = published.tags(image.reference)
    except TfImagesError:
        return None  # whoever would move the names asks again, and leaves them where they are
    marks = names.rollback_marks(image, tags)
    references = {mark: names.rolled_back_reference(image, mark) for mark in marks}
    answers = published.records(references.values())
    for mark, reference in references.items():
        answer = answers[reference]
        if isinstance(answer, Record) and answer.digest == served.digest:
            return Rollback(since=mark, serves=served.version or "", released=released)
    return None
