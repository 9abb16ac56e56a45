"""The composition root: the only place that knows every service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.kit.clock import SystemClock
from tradedeck_cloud.accounts import api as accounts_api
from tradedeck_cloud.accounts.service import AccountService
from tradedeck_cloud.gateway.door import Door
from tradedeck_cloud.gateway.grpc_door import serve_grpc
from tradedeck_cloud.gateway.http import http_app
from tradedeck_cloud.kit.auth import TokenKeys, load_keys
from tradedeck_cloud.kit.background import end, keep_going
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.calls import serve_all
from tradedeck_cloud.kit.db import Database, migrate
from tradedeck_cloud.kit.embedded import Addresses, Embedded, write_addresses
from tradedeck_cloud.kit.limits import Limiter
from tradedeck_cloud.kit.listening import listener
from tradedeck_cloud.kit.outbox import Relay
from tradedeck_cloud.orders import api as orders_api
from tradedeck_cloud.orders.service import OrderService
from tradedeck_cloud.portfolio import api as portfolio_api
from tradedeck_cloud.portfolio import events as portfolio_events
from tradedeck_cloud.portfolio.service import READER as PORTFOLIO
from tradedeck_cloud.portfolio.service import PortfolioService
from tradedeck_cloud.web.console import add_console

log = logging.getLogger(__name__)

SERVICES = ("accounts", "orders", "portfolio", "gateway")
KEYS_FILE = "tokens.pem"
STARTING_POLL_S = 0.01
GRACE_S = 3.0
"""How long open calls may take when the cloud stops."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can choose. Empty addresses: start an embedded server."""

    data: Path
    http_port: int = 8600
    grpc_port: int = 8601
    services: tuple[str, ...] = SERVICES
    dsn: str = ""
    nats: str = ""
    cache: str = ""
    keys: Path | None = None
    """The file of the key that signs log-ins; all processes of a cloud share it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a started cloud can be reached; a port is 0 where the gateway does not run here."""

    http_port: int
    grpc_port: int
    dsn_file: Path


class Cloud:
    """The cloud in one process, or the part of it that `settings.services` names."""

    def __init__(self, settings: Settings) -> None:
        """Check the settings.

        Raises:
            RefusedError: a service that does not exist.
        """
        stray = set(settings.services) - set(SERVICES)
        if stray:
            raise RefusedError(f"no service {sorted(stray)[0]}; there are {', '.join(SERVICES)}", code="cloud.service")
        self._settings = settings
        self._clock = SystemClock()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> Ready:
        """Start servers, bring schemas up to date, serve.

        Raises:
            TradedeckError: one sentence that says what to do; whatever was started is stopped again.
        """
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop serving, then the servers."""
        await end(self._tasks)
        self._tasks.clear()
        await self._stack.aclose()

    async def _start(self) -> Ready:
        settings = self._settings
        embedded = Embedded(settings.data)
        self._stack.push_async_callback(embedded.stop)
        where = await embedded.start(dsn=settings.dsn, nats=settings.nats, cache=settings.cache)
        self._spawn(embedded.keep_running, "embedded servers")
        dsn_file = settings.data / "dsn"
        dsn_file.touch(mode=0o600)
        dsn_file.write_text(where.dsn)
        write_addresses(settings.data, where)
        keys = load_keys(settings.keys or settings.data / KEYS_FILE, self._clock)
        bus = Bus(where.nats)
        await bus.open()
        self._stack.push_async_callback(bus.close)
        databases = {name: await self._database(where, name) for name in settings.services if name != "gateway"}
        await self._serve_services(databases, bus, keys)
        if "gateway" not in settings.services:
            return Ready(0, 0, dsn_file)
        return await self._open_doors(where, bus, keys, databases, dsn_file)

    async def _database(self, where: Addresses, service: str) -> Database:
        await migrate(where.dsn, service)
        database = Database(where.dsn, service)
        await database.open()
        self._stack.push_async_callback(database.close)
        return database

    async def _serve_services(self, databases: dict[str, Database], bus: Bus, keys: TokenKeys) -> None:
        clock = self._clock
        if database := databases.get("accounts"):
            methods = accounts_api.methods(AccountService(database, keys, clock))
            await serve_all(bus, "accounts", methods, clock)
        if database := databases.get("orders"):
            await serve_all(bus, "orders", orders_api.methods(OrderService(database, bus), clock), clock)
            self._spawn(Relay(database, bus).run, "orders relay")
        if database := databases.get("portfolio"):
            service = PortfolioService(database, bus)
            await serve_all(bus, "portfolio", portfolio_api.methods(service, clock), clock)
            take = portfolio_events.handler(service)
            self._spawn(lambda: bus.consume(PORTFOLIO, portfolio_events.SUBJECT, take), "portfolio reader")

    async def _open_doors(
        self, where: Addresses, bus: Bus, keys: TokenKeys, databases: dict[str, Database], dsn_file: Path
    ) -> Ready:
        limiter = Limiter(where.cache)
        self._stack.push_async_callback(limiter.close)
        door = Door(bus, keys, limiter, self._clock)
        server, grpc_port = await serve_grpc(door, bus, self._clock, self._settings.grpc_port)
        self._stack.push_async_callback(server.stop, GRACE_S)

        async def database_answers() -> bool:
            return all(await asyncio.gather(*map(_answers, databases.values())))

        async def bus_answers() -> bool:
            return bus.connected

        app = http_app(door, bus, {"database": database_answers, "bus": bus_answers, "cache": limiter.ping})
        add_console(app, door, bus, self._clock)
        http_port = await self._serve_http(app)
        return Ready(http_port, grpc_port, dsn_file)

    async def _serve_http(self, app: FastAPI) -> int:
        bound = listener(self._settings.http_port, "--http-port")
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=round(GRACE_S)
        )
        server = _Quiet(config)
        serving = asyncio.create_task(server.serve([bound]), name="http")

        async def end_serving() -> None:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)
            bound.close()

        self._stack.push_async_callback(end_serving)
        # Ready means that a caller gets through.
        while not (server.started or serving.done()):
            await asyncio.sleep(STARTING_POLL_S)
        return bound.getsockname()[1]

    def _spawn(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        self._tasks.append(asyncio.create_task(keep_going(name, work), name=name))


class _Quiet(uvicorn.Server):
    """A server that leaves signals to whoever runs the cloud."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


async def _answers(database: Database) -> bool:
    try:
        await database.ping()
    except TradedeckError:
        return False
    return True
