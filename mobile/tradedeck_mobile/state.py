"""What the screens show: a copy of the device's state, taken a few times a second. No control in it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import Step
from tradedeck.domain.order import Order
from tradedeck.domain.trade import Trade
from tradedeck.execution import Session
from tradedeck.ports.health import Health
from tradedeck.wire.codec import Origin
from tradedeck_mobile.device import Device
from tradedeck_mobile.kit.frame import Frames
from tradedeck_mobile.kit.hooks import observable
from tradedeck_mobile.money import DAY_NS, Holding, Worth, day_change, holdings_of, holdings_of_cloud, worth_of

log = logging.getLogger(__name__)

WORTH_PERIOD_S = 2.0
"""How often the venue is asked what the account holds."""
REFERENCE_PERIOD_S = 60.0
"""How often the price of 24 hours ago is asked for."""
HOUR_NS = 3_600_000_000_000
MAX_ROWS = 100
"""Orders shown; the newest."""
MAX_NEWS = 2_000
"""Trades and bars that wait for a chart; the newest."""
MAX_CURVE = 120
"""Points of the equity curve; the newest."""


@observable
@dataclass
class Quote:
    """A market in the list. `before` is the price 24 hours ago, `trend` the hours since."""

    symbol: str
    last: Decimal | None = None
    before: Decimal | None = None
    trend: tuple[float, ...] = ()
    decimals: int = 2

    @property
    def change(self) -> Decimal | None:
        """The change over 24 hours as a fraction."""
        if self.last is None or not self.before:
            return None
        return self.last / self.before - 1


@observable
@dataclass
class Status:
    """Lines to the venue and the cloud. Times in UTC nanoseconds; `generation` grows with every reconnect."""

    mode: str = "paper"
    account: str = ""
    venue: str = "connecting"
    venue_detail: str = ""
    generation: int = 0
    ready: bool = False
    sync: str = "signed_out"
    sync_detail: str = ""
    waiting: int = 0
    as_of_ns: int = 0


@observable
@dataclass
class OrderRow:
    """An order of whichever device. `own` ones can be canceled from here."""

    order: Order
    origin: Origin
    own: bool

    @property
    def key(self) -> str:
        """The client order id."""
        return self.order.client_order_id


@observable
@dataclass
class Purse:
    """What the account is worth and holds, in the quote asset."""

    worth: Decimal | None = None
    day: Decimal | None = None
    day_fraction: Decimal | None = None
    holdings: tuple[Holding, ...] = ()
    from_cloud: bool = False
    as_of_ns: int = 0
    curve: tuple[float, ...] = ()


@observable
class AppState:
    """Everything one open app shows. `user` None means nobody is in yet."""

    def __init__(self, device: Device) -> None:
        self.user: str | None = device.user
        self.starting = True
        self.quotes: list[Quote] = [Quote(symbol) for symbol in device.settings.symbols]
        self.orders: list[OrderRow] = []
        self.revision = 0
        """Grows when orders come or end: setting an equal list tells nobody."""
        self._device = device
        self._status, self._purse = Status(), Purse()
        self._frames = Frames(self.show)
        self._session: Session | None = None
        self._leave: Callable[[], None] | None = None
        self._leave_device: list[Callable[[], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._orders_changed = True
        self._on_market: list[Callable[[Bar | Trade], None]] = []
        self._news: deque[Bar | Trade] = deque(maxlen=MAX_NEWS)

    # Observables of their own, so that a price does not redraw the account.
    @property
    def device(self) -> Device:
        """The device behind it."""
        return self._device

    @property
    def status(self) -> Status:
        """Lines to the venue and the cloud."""
        return self._status

    @property
    def purse(self) -> Purse:
        """What the account is worth."""
        return self._purse

    def quote(self, symbol: str) -> Quote:
        """The market of `symbol`."""
        return next(quote for quote in self.quotes if quote.symbol == symbol)

    # Its life

    def attach(self) -> None:
        """Start listening to the device."""
        self._leave_device = [self._device.on_session(self.hear), self._device.sync.subscribe(self.hear)]
        self._tasks = [
            asyncio.create_task(work)
            for work in (self._frames.run(), self._keep_worth(), self._keep_references(), self._keep_touching())
        ]
        self.hear()

    def detach(self) -> None:
        """Stop listening; the device goes on."""
        for leave in self._leave_device:
            leave()
        self._follow(None)
        for task in self._tasks:
            task.cancel()
        self._leave_device, self._tasks = [], []

    def on_market(self, listener: Callable[[Bar | Trade], None]) -> Callable[[], None]:
        """Call `listener` with every trade and closed bar, for a chart; the result ends that."""
        self._on_market.append(listener)
        return lambda: self._on_market.remove(listener)

    # News

    def hear(self) -> None:
        """Something has changed on the device or in the cloud."""
        self._orders_changed = True
        self._frames.touch()

    def _take(self, step: Step) -> None:
        if step.orders or step.fills:
            self._orders_changed = True
        if isinstance(step.event, Bar | Trade):
            self._news.append(step.event)
        self._frames.touch()

    def _follow(self, session: Session | None) -> None:
        if session is self._session:
            return
        if self._leave is not None:
            self._leave()
        self._session, self._leave = session, session.subscribe(self._take) if session else None

    # Taking the picture

    def show(self) -> None:
        """Copy what has changed on the device into what the screens show."""
        self._follow(self._device.session)
        self.user = self._device.user
        self._show_status()
        self._show_quotes()
        self._tell_market()
        if self._orders_changed:
            self._orders_changed = False
            self._show_orders()
        self._show_holdings()

    def _show_status(self) -> None:
        session, sync, status = self._device.session, self._device.sync.state, self._status
        health = session.health() if session else None
        failure = self._device.failure or (session.failure if session else "")
        news = {
            "mode": session.mode if session else "paper",
            "account": session.origin.account if session else "",
            "venue": "down" if failure else health.state if health else "connecting",
            "venue_detail": failure or _waiting(health),
            "generation": health.generation if health else 0,
            "ready": bool(session and session.ready),
            "sync": sync.state,
            "sync_detail": sync.detail,
            "waiting": sync.waiting,
            "as_of_ns": sync.as_of_ns,
        }
        _assign(status, news)

    def _show_quotes(self) -> None:
        session = self._started
        if session is None:
            return
        for quote in self.quotes:
            instrument = session.instruments.get(quote.symbol)
            decimals = instrument.price_decimals() if instrument else quote.decimals
            _assign(quote, {"last": session.engine.last_price(quote.symbol), "decimals": decimals})

    def _tell_market(self) -> None:
        """Hand the news to charts from here: a redraw must come from the page's own task."""
        while self._news:
            news = self._news.popleft()
            for listener in list(self._on_market):
                listener(news)

    def _show_orders(self) -> None:
        merged, own = self._merged()
        newest = sorted(merged.values(), key=lambda pair: (pair[0].created_ns, pair[0].client_order_id))
        rows = {row.key: row for row in self.orders}
        before = [(row.key, row.order.is_open) for row in self.orders]
        shown: list[OrderRow] = []
        for order, origin in reversed(newest[-MAX_ROWS:]):
            key = order.client_order_id
            row = rows.get(key) or OrderRow(order, origin, key in own)
            _assign(row, {"order": order, "own": key in own})
            shown.append(row)
        # A list that shows open orders alone has to hear of their end.
        if [(row.key, row.order.is_open) for row in shown] != before:
            self.orders = shown
            self.revision += 1

    def _merged(self) -> tuple[dict[str, tuple[Order, Origin]], set[str]]:
        """Orders of every device as the cloud knows them, this one's own as they are now."""
        merged = dict(self._device.sync.replica.orders)
        session = self._started
        own = set(session.engine.orders) if session else set[str]()
        for order in session.engine.orders.values() if session else ():
            known = merged.get(order.client_order_id)
            if session and (known is None or known[0].revision <= order.revision):
                merged[order.client_order_id] = (order, session.origin)
        return merged, own

    def _show_holdings(self) -> None:
        replica, session = self._device.sync.replica, self._started
        mode = self._status.mode
        if replica.as_of_ns and self._device.user:
            holdings = holdings_of_cloud(row for row in replica.positions if row.origin.mode == mode)
        else:
            holdings = holdings_of(session) if session else ()
        news = {"holdings": holdings, "from_cloud": bool(replica.as_of_ns and self._device.user)}
        _assign(self._purse, {**news, "as_of_ns": replica.as_of_ns})

    # What has to be asked for

    @property
    def _started(self) -> Session | None:
        """The session once its journal is read."""
        session = self._device.session
        return session if self._device.is_started else None

    async def _keep_touching(self) -> None:
        """Ages and connection states change without any news."""
        while True:
            await asyncio.sleep(1)
            self._frames.touch()

    async def _keep_worth(self) -> None:
        while True:
            session = self._started
            if session is not None and session.ready:
                try:
                    await self._show_worth(await worth_of(session, self._device.settings.symbols))
                except TradedeckError as error:
                    log.info("phone.no_balances", extra={"reason": error.message})
            await asyncio.sleep(WORTH_PERIOD_S)

    async def _show_worth(self, worth: Worth | None) -> None:
        if worth is None:
            return
        day = worth.time_ns // DAY_NS
        key = f"day:{self._status.mode}:{self._status.account}"
        kept = await self._device.setting(key, "")
        start, change, fraction = day_change(kept, day, worth.amount)
        if start != kept:
            await self._device.keep_setting(key, start)
        curve = (*self._purse.curve, float(worth.amount))[-MAX_CURVE:]
        _assign(self._purse, {"worth": worth.amount, "day": change, "day_fraction": fraction, "curve": curve})

    async def _keep_references(self) -> None:
        while True:
            session = self._started
            pause_s = 1.0
            if session is not None and session.ready:
                pause_s = REFERENCE_PERIOD_S
                for quote in self.quotes:
                    try:
                        bars = await session.provider.bars(quote.symbol, HOUR_NS, 24)
                    except TradedeckError as error:
                        log.info("phone.no_reference", extra={"reason": error.message})
                        continue
                    if bars:
                        _assign(quote, {"before": bars[0].open, "trend": tuple(float(bar.close) for bar in bars)})
            await asyncio.sleep(pause_s)


def _waiting(health: Health | None) -> str:
    """Why there is no connection, and what that means for the money."""
    if health is None or health.state in ("live", "connecting"):
        return ""
    return f"{health.detail or 'no connection'}; trying again. Open orders stay at the exchange."


def _assign(target: object, news: Mapping[str, object]) -> None:
    """Set what is different; each set redraws what shows it."""
    for name, value in news.items():
        if getattr(target, name) != value:
            setattr(target, name, value)
