"""What a run made, beside what was published before."""

from __future__ import annotations

from tfimages_action.core.plan.model import Step
from tfimages_action.core.published.names import Occasion, Refresh
from tfimages_action.core.run.work import Built, BuiltImage, Log, Published
from tfimages_action.errors import TfImagesError
from tfimages_action.pipeline.bases import Saying
from tfimages_action.pipeline.ports import Comparer, Publisher


def made_nothing_new(
    comparer: Comparer | None, step: Step, occasion: Occasion, built: Built, saying: Saying
) -> bool:
    """Whether a refresh's build holds just what is published. A release's always counts as new."""
    record = step.record
    if not isinstance(occasion, Refresh) or comparer is None or record is None:
        return False
    if not isinstance(built, BuiltImage):
        return False
    reference = step.image.reference.with_digest(record.digest)
    published = Published(digest=record.digest, references=(reference,))
    return comparer.same(built, published, log=saying.log, stop=saying.stop)


def size_change(publisher: Publisher, step: Step, published: Published, log: Log) -> int | None:
    """By how many bytes it is larger than what was published; only for the report."""
    record = step.record
    if record is None or not published.size_bytes:
        return None
    try:
        reference = step.image.reference.with_digest(record.digest)
        before = publisher.give_names(reference, [], log=log).size_bytes
    except TfImagesError as error:
        log(f"how large it was before is not known: {error.message}")
        return None
    return published.size_bytes - before if before else None
