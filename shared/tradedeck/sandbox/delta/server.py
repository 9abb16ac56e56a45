"""The Delta market as a server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from tradedeck.domain.errors import ConflictError
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.sandbox.delta.admin import PUMP, add_admin
from tradedeck.sandbox.delta.door import FAULTS, HOUSE, MARKET, QUOTA, budget, errors, faults
from tradedeck.sandbox.delta.house import House
from tradedeck.sandbox.delta.listings import QUOTE, TIERS, product_of
from tradedeck.sandbox.delta.market import Market
from tradedeck.sandbox.delta.quota import LIMIT, Quota
from tradedeck.sandbox.delta.rest import add_rest
from tradedeck.sandbox.delta.sockets import add_sockets
from tradedeck.sandbox.faults import Faults
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.pump import Pump
from tradedeck.sandbox.tape import Tape

HOST = "127.0.0.1"
"""Loopback only: anybody who can reach the sandbox can trade on it."""
DEFAULT_BALANCES = {QUOTE: Decimal(1_000_000)}
_SHUTDOWN_S = 1.0
_MAX_BODY_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class DeltaSettings:
    """How to run it: recorded data by symbol. `speed`: times real time, 0.0 full speed, None step by step.

    `level_size`: base units at each level of the made-up book, None for the listing's.
    """

    data: Mapping[str, Path]
    speed: float | None = 1.0
    port: int = 0
    bars: int = 0
    skip: int = 0
    spread_ticks: int = 1
    paused: bool = False
    quota: int = LIMIT
    level_size: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RunningDelta:
    """A Delta market that listens. `failure` ends with an error when it can't go on."""

    url: str
    house: House
    pump: Pump
    faults: Faults
    failure: asyncio.Future[None]


def build(settings: DeltaSettings) -> House:
    """The market with its default account.

    Raises:
        NotFoundError: a symbol that is not listed.
        RefusedError: no market data.
        CorruptError: damaged data.
    """
    products = {product.symbol: product for product in map(product_of, settings.data)}
    contracts = [
        replace(
            product.contract,
            spread_ticks=settings.spread_ticks,
            level_size=settings.level_size or product.contract.level_size,
        )
        for product in products.values()
    ]
    tapes = {
        product.symbol: Tape(path, product.contract.instrument)
        for product, path in zip(products.values(), settings.data.values(), strict=True)
    }
    venue = PerpetualVenue(Perpetuals(contracts, TIERS), tapes)
    house = House(venue, products)
    house.open_account(DEFAULT_KEY, DEFAULT_SECRET, DEFAULT_BALANCES)
    venue.skip(settings.skip)
    return house


@asynccontextmanager
async def running_delta(settings: DeltaSettings) -> AsyncGenerator[RunningDelta]:
    """Listen and let the market happen until the block ends.

    Raises:
        ConflictError: the port is taken.
    """
    house = build(settings)
    pump = Pump(house.venue, settings.speed, bars=settings.bars, paused=settings.paused)
    app = _application(settings, house, pump)
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        url = await _listen(runner, settings.port)
        market = asyncio.create_task(pump.run())
        market.add_done_callback(lambda task: _pass_on(task, failure))
        try:
            yield RunningDelta(url, house, pump, app[FAULTS], failure)
        finally:
            market.cancel()
            await asyncio.gather(market, return_exceptions=True)
    finally:
        for connection in tuple(house.venue.hub.connections):
            connection.cut()
        house.close()
        await runner.cleanup()
        failure.cancel()


def _application(settings: DeltaSettings, house: House, pump: Pump) -> web.Application:
    app = web.Application(middlewares=[errors, faults, budget], client_max_size=_MAX_BODY_BYTES)
    app[HOUSE], app[MARKET], app[PUMP] = house, Market(house.venue, house.products), pump
    app[FAULTS], app[QUOTA] = Faults(), Quota(settings.quota)
    add_rest(app)
    add_sockets(app)
    add_admin(app)
    return app


async def _listen(runner: web.AppRunner, port: int) -> str:
    site = web.TCPSite(runner, HOST, port)
    try:
        await site.start()
    except (OSError, OverflowError) as error:
        raise ConflictError(
            f"port {port} is taken or can't be used; choose another with --port", code="sandbox.port"
        ) from error
    host, bound = runner.addresses[0][:2]
    return f"http://{host}:{bound}"


def _pass_on(task: asyncio.Task[None], failure: asyncio.Future[None]) -> None:
    if task.cancelled() or failure.done():
        return
    error = task.exception()
    if error is not None:
        failure.set_exception(error)
