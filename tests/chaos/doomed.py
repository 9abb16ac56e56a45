"""A device that is killed: a live session on the sandbox that places orders as fast as it may."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.money import floor_to
from tradedeck.domain.order import OrderType, Side
from tradedeck.engine import Limits
from tradedeck.execution import Patience, Session, live
from tradedeck.execution.crash import crash_at
from tradedeck.providers.binance import BinanceVenue
from tradedeck.providers.ccxt import CcxtVenue
from tradedeck.providers.ccxt.library import load_library
from tradedeck.sandbox.core import DEFAULT_KEY, DEFAULT_SECRET
from tradedeck.store import Store, StoreWorker

PATIENCE = Patience(grace_s=0.4, agree=3, period_s=0.1)
LIMITS = Limits(
    max_open_orders=12,
    max_position_notional=Decimal(10**9),
    max_orders_per_minute=10**6,
    max_account_orders_per_minute=10**6,
    max_order_notional=Decimal(10**6),
)
SIZE = Decimal("0.01")


VENUES: dict[str, type[BinanceVenue | CcxtVenue]] = {"phone": BinanceVenue, "desktop": CcxtVenue}
"""What each device trades through. The desktop's library is loaded here, once for all lives."""
load_library()


def open_session(folder: Path, url: str, device: str = "phone") -> tuple[Session, StoreWorker]:
    """The device in `folder`, on the sandbox at `url`."""
    store = Store(folder / "device.db")
    worker = StoreWorker(store)
    venue = VENUES[device](DEFAULT_KEY, DEFAULT_SECRET, url=url)
    session = live(
        venue,
        worker,
        account="main",
        device_id=store.device_id(),
        symbols=["BTCUSDT"],
        limits=LIMITS,
        patience=PATIENCE,
    )
    return session, worker


def trade_until_killed(folder: Path, url: str, device: str, started: str, crash: str = "") -> None:
    """Place and cancel orders for ever; touches the file `started` once it does; `crash`: dies by itself there."""
    crash_at(crash)
    asyncio.run(_trade(folder, url, device, Path(started).touch))


async def _trade(folder: Path, url: str, device: str, started: Callable[[], None]) -> None:
    session, _ = open_session(folder, url, device)
    await session.start()
    await session.wait_ready(20)
    while session.engine.last_price("BTCUSDT") is None:
        await asyncio.sleep(0.005)
    started()
    number = 0
    while True:
        number += 1
        with contextlib.suppress(TradedeckError):
            await _one_wish(session, number)
        await asyncio.sleep(0.004)


async def _one_wish(session: Session, number: int) -> None:
    side = Side.BUY if number % 2 else Side.SELL
    last = session.engine.last_price("BTCUSDT")
    assert last is not None
    match number % 4:
        case 0 | 1:
            await session.place("BTCUSDT", side, OrderType.MARKET, SIZE)
        case 2:
            price = floor_to(last * (Decimal("0.99") if side is Side.BUY else Decimal("1.01")), Decimal("0.01"))
            await session.place("BTCUSDT", side, OrderType.LIMIT, SIZE, price=price)
        case _:
            for client_order_id in list(session.engine.open_orders)[:1]:
                await session.cancel(client_order_id)


async def come_back(folder: Path, url: str) -> Session:
    """Start once more, in peace: until the fate of every order is known."""
    session, worker = open_session(folder, url)
    await session.start()
    await session.wait_ready(20)
    async with asyncio.timeout(30):
        while any(o.state in ("unknown", "submitted") for o in session.engine.open_orders.values()):
            await asyncio.sleep(0.05)
    await session.stop()
    await worker.close()
    assert session.failure == ""
    return session
