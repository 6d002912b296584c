"""Wire the concrete adapters to the pipeline's ports: the one place that knows them all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tfimages_action.core.published.names import Occasion
from tfimages_action.core.run.events import Listener
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned, overrides_of
from tfimages_action.doors.planning.readers import Readers
from tfimages_action.doors.wiring.logins import credentials_for, refuse_login
from tfimages_action.doors.wiring.reading import HubFolder, local_flists, readers_of
from tfimages_action.doors.wiring.signing_in import hub_or_why_not

if TYPE_CHECKING:
    from tfimages_action.adapters.engine.session import EngineSession
    from tfimages_action.adapters.hub.client import Hub
    from tfimages_action.adapters.hub.converter import HubConverter
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.smoke.checker import Smoke
    from tfimages_action.pipeline.options import Options
    from tfimages_action.pipeline.ports import Checker, Converter, Recorder
    from tfimages_action.pipeline.run import PipelineRun

_ARTIFACTS: Final = Path("build/checks")
_ARCHIVE_S: Final = 300
_ATTEMPTS: Final = 4
_CACHE_VARIABLES: Final = ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything outside, opened and asked for its name once."""

    settings: Settings
    event: Event
    registry: RegistryClient
    engine: EngineSession
    hub: Hub | None
    published: Readers | None
    hubless: str = ""
    """Why flists are made here although the Hub was asked for (`without-hub: local`)."""

    def pipeline(
        self,
        planned: Planned,
        occasion: Occasion,
        *,
        listener: Listener,
        earlier_report: str = "",
        checker: Checker | None = None,
    ) -> PipelineRun:
        """Make the run of a plan.

        An earlier run's report (JSON) tells how long things take; `checker` stands in for the
        checks.
        """
        from tfimages_action.pipeline.durations import read_durations
        from tfimages_action.pipeline.options import Assignment
        from tfimages_action.pipeline.options import Services as PipelineServices
        from tfimages_action.pipeline.run import PipelineRun

        settings = self.settings
        assignment = Assignment(
            plan=planned.plan,
            revision=planned.comparison.current,
            occasion=occasion,
            source=planned.source,
            durations=read_durations(earlier_report),
        )
        services = PipelineServices(
            builder=self.engine.builder,
            checker=checker or self.smoke(),
            bases=self.engine.bases,
            publisher=self.engine.publisher if settings.push else None,
            converter=self.converter(planned),
            housekeeper=self.engine.housekeeper,
            comparer=self.engine.comparer,
            recorder=self.recorder(planned),
        )
        return PipelineRun(assignment, services, options_of(settings), listener=listener)

    def finish(self, planned: Planned, say: Callable[[str], None]) -> None:
        """Do what concerns the release as a whole: its tag on the Hub (not a refresh), the pruning.

        Raises `HubError` or `StageError`; the images themselves are published by then.
        """
        settings, tag = self.settings, planned.comparison.tag
        if self.hub is None:
            return
        if settings.hub_tag and tag is not None and planned.refresh is None:
            from tfimages_action.adapters.hub.release import gather

            stable = [step.image.flist for step in planned.plan.steps]
            gathered = gather(self.hub, tag.text, stable, log=say)
            say(f"the Hub's tag {tag.text} holds {len(gathered)} flists")
        if settings.prune_flists:
            from tfimages_action.adapters.hub.pruning import plan_pruning, prune

            pruning = plan_pruning(self.hub, planned.catalog.images, settings.keep_versions)
            for name, reason in pruning.spared:
                say(f"spared: {name}, to which {reason} leads")
            prune(self.hub, pruning, log=say)

    def recorder(self, planned: Planned) -> Recorder | None:
        """Whoever writes roots down; `None` where no registry is pushed to, or no Hub asked."""
        if self.hub is None or not self.settings.push:
            return None
        from tfimages_action.adapters.registry.flist_records import FlistRecorder
        from tfimages_action.adapters.registry.probe import StrangersProbe

        comparison = planned.comparison
        return FlistRecorder(
            self.registry,
            StrangersProbe(),
            version=comparison.tag.text if comparison.tag else "",
            revision=comparison.current.commit or "",
        )

    def auditor(self) -> HubConverter | None:
        """Give what reads stable addresses again; `None` without a Hub."""
        if self.hub is None:
            return None
        from tfimages_action.adapters.hub.choices import Choices, Layout, Verify
        from tfimages_action.adapters.hub.converter import HubConverter
        from tfimages_action.adapters.registry.probe import StrangersProbe

        choices = Choices(
            verify=Verify(self.settings.verify), layout=Layout(self.settings.flist_layout)
        )
        return HubConverter(self.hub, self.engine.source, StrangersProbe(), choices)

    def smoke(self) -> Smoke:
        """Whoever boots images, and checks them."""
        import docker

        from tfimages_action.adapters.smoke.checker import Smoke

        artifacts = (self.event.temp or _ARTIFACTS.parent) / _ARTIFACTS.name
        # A full VM's archive is handed to the engine in one call, which takes its time.
        return Smoke(docker.from_env(timeout=_ARCHIVE_S), artifacts=artifacts)

    def converter(self, planned: Planned) -> Converter | None:
        """Whoever makes the flists; `None` where the run makes none."""
        if self.settings.convert and self.settings.local:
            return local_flists(self.settings, self.engine.source)
        if self.hub is None:
            return None
        from tfimages_action.adapters.hub.choices import Choices, ConvertBy, Layout, Verify
        from tfimages_action.adapters.hub.converter import HubConverter
        from tfimages_action.adapters.hub.naming import check_names
        from tfimages_action.adapters.registry.probe import StrangersProbe

        settings, comparison = self.settings, planned.comparison
        choices = Choices(
            verify=Verify(settings.verify),
            layout=Layout(settings.flist_layout),
            convert_by=ConvertBy(settings.convert_by),
            revision=comparison.current.commit or "",
            version=comparison.tag.text if comparison.tag else "",
        )
        check_names(planned.catalog.images, choices.version)
        return HubConverter(self.hub, self.engine.source, StrangersProbe(), choices)


@contextmanager
def open_services(
    settings: Settings, event: Event, registry: str, *, keep_images: bool | None = None
) -> Iterator[Services]:
    """Open engine, registry and Hub, asking each who it is before anything is built.

    What was built is kept in the engine if asked, else where it is pushed nowhere.

    Raises `RefusedError` where one is missing or refuses us: nothing was done yet.
    """
    from tfimages_action.adapters.engine.cache import Cache, CacheKind
    from tfimages_action.adapters.engine.command import BuildOptions
    from tfimages_action.adapters.engine.session import engine_session
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.registry.transport import Patience

    credentials = credentials_for(settings, event, registry)
    client = RegistryClient(credentials=credentials)
    if settings.push and settings.mode != "audit":  # which pushes nothing, and may be a stranger
        refuse_login(client, registry, credentials, on_github=event.on_github)
    # In the run itself the pipeline tries again; what is planned rests on these answers alone.
    reader = RegistryClient(credentials=credentials, patience=Patience(attempts=_ATTEMPTS))
    hub, hubless = None, ""
    if settings.convert and not settings.local:
        hub, hubless = hub_or_why_not(settings)
        settings = replace(settings, local=hub is None)
    folder = HubFolder(hub=hub, user=hub.user) if hub else None
    options = BuildOptions(
        overrides=tuple((name, Path(folder)) for name, folder in overrides_of(settings)),
        provenance=settings.provenance,
        sbom=settings.sbom,
    )
    variables = {name: os.environ[name] for name in _CACHE_VARIABLES if name in os.environ}
    with ExitStack() as stack:
        engine = stack.enter_context(
            engine_session(
                environment=os.environ,
                registry=client,
                credentials=credentials,
                options=options,
                cache=Cache(kind=CacheKind(settings.cache), gha_environment=variables),
                builder=settings.builder,
                user_buildx=None if event.on_github else Path.home() / ".docker" / "buildx",
                keep_images=not settings.push if keep_images is None else keep_images,
            )
        )
        yield Services(
            settings=settings,
            event=event,
            registry=client,
            engine=engine,
            hub=hub,
            published=readers_of(settings, reader, folder) if settings.push else None,
            hubless=hubless,
        )


def options_of(settings: Settings) -> Options:
    """How the pipeline is to behave, as the inputs say."""
    from tfimages_action.pipeline.options import Options

    return Options(
        push=settings.push,
        convert=settings.convert,
        max_parallel=settings.max_parallel or os.cpu_count() or 1,
        max_conversions=settings.max_conversions,
        fail_fast=settings.fail_fast,
        publish_together=settings.publish == "together",
        prune=settings.prune,
        build_timeout_s=settings.build_timeout,
        push_timeout_s=settings.push_timeout,
        convert_timeout_s=settings.convert_timeout,
    )
