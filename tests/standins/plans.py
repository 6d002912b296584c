"""Images without files, and the plans that are made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tests.standins.world import REGISTRY, World
from tfimages_action.core.catalog.model import Image, ParentLink
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, Plan, Reason, ReasonKind, Step
from tfimages_action.core.published import names
from tfimages_action.core.published.record import Record
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import Location


def image(
    name: str, *parents: str, fingerprint: str = "1", vm: bool = False, tag: str = "latest"
) -> Image:
    """An image without files, on its parents."""
    reference = ImageReference.parse(f"{REGISTRY}/{name}:{tag}")
    digits = hashlib.sha256(f"{name} {fingerprint}".encode()).hexdigest()
    return Image(
        name=name,
        reference=reference,
        flist=f"{name}.flist" if vm else f"r.example-o-{name}-{tag}.flist",
        kind=Kind.VM if vm else Kind.CONTAINER,
        folder=name,
        dockerfile=f"{name}/Dockerfile",
        context=name,
        parents=tuple(
            ParentLink(
                image=parent,
                written=f"{REGISTRY}/{parent}",
                location=Location(path=f"{name}/Dockerfile", line=1),
            )
            for parent in parents
        ),
        fingerprint=f"v1:sha256:{digits}",
    )


def step(
    what: Image,
    action: Action = Action.BUILD,
    *,
    kind: ReasonKind = ReasonKind.FILES,
    record: Record | None = None,
) -> Step:
    reason = Reason(kind=kind, detail="", chain=(what.name,))
    return Step(image=what, action=action, reason=reason, record=record)


def plan_from(world: World, images: Sequence[Image], version: str) -> Plan:
    """What planning by records makes of the world: the rule of the real one, in its short form."""
    links, flists = world.links(), world.flists()
    steps = []
    for one in images:
        is_vm = one.kind is Kind.VM
        record = world.vm_record(one) if is_vm else world.record(one.reference)
        promoted = world.record(names.fingerprint_reference(one))
        if record and record.fingerprint == one.fingerprint:
            content = names.content_flist(one, record.digest)
            whole = flists.get(content) == record.digest and links.get(one.flist) == content
            action = Action.SKIP if whole else Action.CONVERT
            kind = ReasonKind.UP_TO_DATE if whole else ReasonKind.FLIST
            steps.append(step(one, action, kind=kind, record=record))
        elif promoted:
            steps.append(step(one, Action.CONVERT, kind=ReasonKind.PROMOTED, record=promoted))
        else:
            steps.append(step(one, kind=ReasonKind.UNFINISHED, record=record))
    return Plan(current=version, previous=None, steps=tuple(steps))
