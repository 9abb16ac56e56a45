"""The order sheet: what was typed, what is wrong with it, and what it would cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import exact, text
from tradedeck.domain.order import Order, OrderType, Side
from tradedeck.execution import Session
from tradedeck_mobile.kit.figures import grouped
from tradedeck_mobile.kit.hooks import observable

KINDS = {"market": "Market", "limit": "Limit", "stop": "Stop", "post": "Post-only"}
TIMEFRAMES = {"1m": "1 min", "5m": "5 min", "15m": "15 min", "1h": "1 hour"}
TIMEFRAME_NS = {"1m": MINUTE_NS, "5m": 5 * MINUTE_NS, "15m": 15 * MINUTE_NS, "1h": 60 * MINUTE_NS}
_TYPES = {"market": OrderType.MARKET, "limit": OrderType.LIMIT, "stop": OrderType.STOP, "post": OrderType.LIMIT}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order would move, in the quote asset."""

    price: Decimal
    notional: Decimal
    fee: Decimal


@observable
@dataclass
class Ticket:
    """One order being written. Texts are as typed; `errors` by field, shown once `tried`."""

    instrument: Instrument
    side: Side
    kind: str = "market"
    size: str = ""
    price: str = ""
    errors: dict[str, str] = field(default_factory=dict[str, str])
    failure: str = ""
    busy: bool = False

    @property
    def needs_price(self) -> bool:
        """Whether there is a price to enter."""
        return self.kind != "market"

    @property
    def price_label(self) -> str:
        """What the price means."""
        return "Trigger price" if self.kind == "stop" else "Price"

    def choose(self, kind: str, last: Decimal | None) -> None:
        """Take another type; a first price is suggested."""
        self.kind, self.errors = kind, {}
        if self.needs_price and not self.price and last is not None:
            self.price = text(last)

    def check(self) -> bool:
        """Find out what is wrong with the fields; whether nothing is."""
        errors: dict[str, str] = {}
        for name, value, check in (
            ("size", self.size, self.instrument.check_size),
            ("price", self.price if self.needs_price else None, self.instrument.check_price),
        ):
            try:
                if value is not None:
                    check(exact(value))
            except RefusedError as error:
                errors[name] = _sentence(error.message) if value else "Enter a number"
        self.errors = errors
        return not errors

    def estimate(self, last: Decimal | None) -> Estimate | None:
        """Notional and fee at the entered price, or at the last one; None while something is missing."""
        try:
            size = exact(self.size)
            price = exact(self.price) if self.needs_price else last
        except RefusedError:
            return None
        if price is None or size <= 0 or price <= 0:
            return None
        rate = self.instrument.fees.maker if self.kind == "post" else self.instrument.fees.taker
        return Estimate(price, price * size, price * size * rate)

    def summary(self, last: Decimal | None) -> str:
        """The whole order in one sentence that names money."""
        words = f"{self.side.value.title()} {self.size} {self.instrument.base}"
        if self.needs_price:
            words += f", {KINDS[self.kind].lower()} at {grouped(exact(self.price))} {self.instrument.quote}"
        estimate = self.estimate(last)
        if estimate is None:
            return words
        return f"{words}, about {grouped(estimate.notional, 2)} {self.instrument.quote}"

    async def send(self, session: Session) -> Order | None:
        """Place the order; None when it was refused, `failure` then says why."""
        if self.busy or not self.check():
            return None
        self.busy, self.failure = True, ""
        price = exact(self.price) if self.needs_price else None
        is_stop = self.kind == "stop"
        try:
            return await session.place(
                self.instrument.symbol,
                self.side,
                _TYPES[self.kind],
                exact(self.size),
                price=None if is_stop else price,
                stop_price=price if is_stop else None,
                post_only=self.kind == "post",
            )
        except TradedeckError as error:
            self.failure = _sentence(error.message)
            return None
        finally:
            self.busy = False


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
