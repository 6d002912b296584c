"""Everything that a run needs of the engine, opened once and tidied away at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tfimages_action.adapters.engine.attestation import refuse_unattested
from tfimages_action.adapters.engine.bases import Digests, EngineBases
from tfimages_action.adapters.engine.builder import EngineBuilder
from tfimages_action.adapters.engine.buildx import DriverKind, open_buildx
from tfimages_action.adapters.engine.cache import Cache, missing_for
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.adapters.engine.comparer import EngineComparer
from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.housekeeper import EngineHousekeeper
from tfimages_action.adapters.engine.names import RunNames, sweep
from tfimages_action.adapters.engine.private import PrivateHome, private_home
from tfimages_action.adapters.engine.publisher import EnginePublisher, Names
from tfimages_action.adapters.engine.pulls import Puller
from tfimages_action.adapters.engine.solver import Solver
from tfimages_action.adapters.engine.source import EngineImageSource
from tfimages_action.core.credentials import Credentials


class Registry(Digests, Names, Protocol):
    """The registry's side of building and publishing (adapters/registry implements it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSession:
    """The ports that the engine serves."""

    connection: Connection
    home: PrivateHome
    builder: EngineBuilder
    publisher: EnginePublisher
    bases: EngineBases
    housekeeper: EngineHousekeeper
    source: EngineImageSource
    comparer: EngineComparer
    warnings: tuple[str, ...] = ()
    """What was asked for and can't be had here."""


@contextmanager
def engine_session(
    *,
    environment: Mapping[str, str],
    registry: Registry,
    credentials: tuple[Credentials, ...] = (),
    options: BuildOptions | None = None,
    cache: Cache | None = None,
    builder: str = "",
    user_buildx: Path | None = None,
    keep_images: bool = False,
) -> Iterator[EngineSession]:
    """Reach engine and builder. Raises `RefusedError`, with the cure, where either is missing.

    `environment` names the engine (`DOCKER_HOST`), `builder` and `user_buildx` are as
    `open_buildx` takes them. At the end credentials, contexts and archives are removed, and the
    run's images too, but for `keep_images`. What killed runs left is removed at the beginning.
    """
    connection = Connection(environment)
    names = RunNames(connection, keep=keep_images)
    try:
        sweep(connection)
        with private_home(credentials) as home:
            buildx = open_buildx(
                home,
                engine=connection.environment,
                builder=builder,
                user_buildx=user_buildx,
                runs=connection.runs,
            )
            refuse_unattested(options or BuildOptions(), connection.info, buildx.builder)
            missing = missing_for(cache or Cache(), connection.info, buildx.builder)
            solver = Solver(
                connection=connection,
                buildx=buildx,
                options=options or BuildOptions(),
                cache=Cache() if missing else cache or Cache(),
            )
            puller = Puller(connection, credentials)
            in_engine = buildx.builder.driver is DriverKind.DOCKER
            source = EngineImageSource(connection, puller)
            yield EngineSession(
                connection=connection,
                home=home,
                builder=EngineBuilder(solver, home, names),
                publisher=EnginePublisher(connection, registry, names, credentials),
                bases=EngineBases(connection, registry, puller if in_engine else None),
                housekeeper=EngineHousekeeper(connection, names),
                source=source,
                comparer=EngineComparer(source),
                warnings=(missing,) if missing else (),
            )
    finally:
        names.drop_all()
        connection.close()
