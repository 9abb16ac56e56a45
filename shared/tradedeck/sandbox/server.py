"""The sandbox as a server on loopback, for the command line and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from tradedeck.domain.errors import ConflictError, RefusedError
from tradedeck.sandbox.admin import PUMPS, VENUES, add_admin
from tradedeck.sandbox.core import DEFAULT_BALANCES, DEFAULT_KEY, DEFAULT_SECRET, Sandbox
from tradedeck.sandbox.delta import mount as delta
from tradedeck.sandbox.door import BUDGET, FAILURE, FAULTS, MAX_BODY_BYTES, SANDBOX, errors, faults, weights
from tradedeck.sandbox.faults import Faults
from tradedeck.sandbox.perpetuals.recorded import recorded_funding
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.pump import Playable, Pump
from tradedeck.sandbox.rest import add_rest
from tradedeck.sandbox.state import StateFile
from tradedeck.sandbox.streams import add_streams
from tradedeck.sandbox.tape import Tape
from tradedeck.sandbox.usdm import mount as usdm
from tradedeck.sandbox.usdm.rest import limits as usdm_limits
from tradedeck.sandbox.weights import MAX_WEIGHT, Budget
from tradedeck.sandbox.wsapi import add_ws_api
from tradedeck.sim.listings import instrument_of

HOST = "127.0.0.1"
"""Loopback only: anybody who can reach the sandbox can trade on it."""
_SHUTDOWN_S = 1.0
SPOT = "spot"


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How to run it. `speed`: times real time, 0.0 as fast as clients keep up, None step by step.

    `markets` are spoken side by side on one port. `perpetuals` are the data of derivatives, by symbol; without any,
    they play `data` as `symbol`. `funding` holds recorded rates; without it the venue's formula makes them.
    `level_size`: base units at each level of their made-up book, None for the listing's.
    """

    data: Path
    symbol: str = "BTCUSDT"
    speed: float | None = 1.0
    port: int = 0
    state: str = ":memory:"
    bars: int = 0
    skip: int = 0
    spread_ticks: int = 1
    paused: bool = False
    weight_limit: int = MAX_WEIGHT
    markets: tuple[str, ...] = (SPOT,)
    perpetuals: Mapping[str, Path] = field(default_factory=dict[str, Path])
    funding: Path | None = None
    level_size: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that listens. `failure` ends with an error when it can't go on.

    `venues` are the derivatives markets, `pumps` move every market, by their names; `app` holds what wires keep.
    """

    url: str
    sandbox: Sandbox
    pump: Pump
    failure: asyncio.Future[None]
    venues: Mapping[str, PerpetualVenue]
    pumps: Mapping[str, Pump]
    app: web.Application


@dataclass(frozen=True, slots=True)
class Wire:
    """A derivatives market: how its venue is made, how it gets on the server, and what the default account owns."""

    venue: Callable[[SandboxSettings], PerpetualVenue]
    mount: Callable[[web.Application, PerpetualVenue, bool], None]
    balances: Mapping[str, Decimal]


def _usdm_venue(settings: SandboxSettings) -> PerpetualVenue:
    data = settings.perpetuals or {settings.symbol: settings.data}
    return usdm.venue_of(
        data,
        spread_ticks=settings.spread_ticks,
        level_size=settings.level_size,
        funding=recorded_funding(settings.funding, tuple(data)),
    )


def _delta_venue(settings: SandboxSettings) -> PerpetualVenue:
    data = settings.perpetuals or {settings.symbol: settings.data}
    return delta.venue_of(
        data, spread_ticks=settings.spread_ticks, funding=recorded_funding(settings.funding, tuple(data))
    )


WIRES: Mapping[str, Wire] = {
    "usdm": Wire(_usdm_venue, usdm.mount, usdm.BALANCES),
    "delta": Wire(_delta_venue, delta.mount, delta.BALANCES),
}
"""Derivatives markets by the names that --market takes."""


def open_venues(settings: SandboxSettings) -> dict[str, PerpetualVenue]:
    """The derivatives markets asked for, each with its default account.

    Raises:
        RefusedError: no such market, or no such data.
    """
    venues: dict[str, PerpetualVenue] = {}
    for name in settings.markets:
        if name == SPOT:
            continue
        if name not in WIRES:
            raise RefusedError(f"no market {name}; choose from {', '.join((SPOT, *WIRES))}", code="sandbox.market")
        venue = venues[name] = WIRES[name].venue(settings)
        venue.open_account(DEFAULT_KEY, DEFAULT_SECRET, WIRES[name].balances)
        venue.skip(settings.skip)
    return venues


def build(settings: SandboxSettings) -> Sandbox:
    """The sandbox with its default account, back where its state file ended.

    Raises:
        RefusedError: no such data or symbol, or a state file of other data.
        CorruptError: damaged data or state.
    """
    instrument = instrument_of(settings.symbol)
    state = StateFile(settings.state)
    saved = state.market()
    if saved is not None and saved.data != settings.data.name:
        raise RefusedError(
            f"the state file {settings.state} belongs to {saved.data}; name that data or another state file",
            code="sandbox.state_of_other_data",
        )
    sandbox = Sandbox(
        Tape(settings.data, instrument),
        instrument,
        state,
        data=settings.data.name,
        spread_ticks=settings.spread_ticks,
    )
    if DEFAULT_KEY not in sandbox.secrets:
        sandbox.open_account(DEFAULT_KEY, DEFAULT_SECRET, DEFAULT_BALANCES)
    sandbox.skip(settings.skip)
    return sandbox


@asynccontextmanager
async def running(settings: SandboxSettings) -> AsyncGenerator[RunningSandbox]:
    """Listen and let the market happen until the block ends.

    Raises:
        ConflictError: the port is taken.
    """
    sandbox, venues = build(settings), open_venues(settings)
    markets: dict[str, Playable] = {SPOT: sandbox, **venues}
    pumps = {
        name: Pump(markets[name], settings.speed, bars=settings.bars, paused=settings.paused)
        for name in settings.markets
    }
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app = _application(settings, sandbox, venues, pumps, failure)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        url = await _listen(runner, settings.port)
        moving = [asyncio.create_task(pump.run()) for pump in pumps.values()]
        for task in moving:
            task.add_done_callback(lambda task: _pass_on(task, failure))
        try:
            yield RunningSandbox(url, sandbox, next(iter(pumps.values())), failure, venues, pumps, app)
        finally:
            for task in moving:
                task.cancel()
            await asyncio.gather(*moving, return_exceptions=True)
    finally:
        for hub in (sandbox.hub, *(venue.hub for venue in venues.values())):
            for connection in tuple(hub.connections):
                connection.cut()
        await runner.cleanup()
        failure.cancel()
        sandbox.close()


def _application(
    settings: SandboxSettings,
    sandbox: Sandbox,
    venues: Mapping[str, PerpetualVenue],
    pumps: Mapping[str, Pump],
    failure: asyncio.Future[None],
) -> web.Application:
    app = web.Application(middlewares=[errors, faults, weights, usdm_limits], client_max_size=MAX_BODY_BYTES)
    app[SANDBOX], app[PUMPS], app[VENUES], app[FAILURE] = sandbox, pumps, venues, failure
    app[FAULTS], app[BUDGET] = Faults(), Budget(settings.weight_limit)
    if SPOT in settings.markets:
        add_rest(app)
        add_streams(app)
        add_ws_api(app)
    for name, venue in venues.items():
        WIRES[name].mount(app, venue, len(settings.markets) == 1)
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
