"""The risk gate that is on by default."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, text
from tradedeck.domain.order import OrderType, Side
from tradedeck.ports.risk import Account


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may risk. Notionals are in the quote asset; `price_collar` is a fraction."""

    max_order_notional: Decimal = Decimal(50_000)
    max_position_notional: Decimal = Decimal(250_000)
    max_open_orders: int = 50
    max_orders_per_minute: int = 120
    price_collar: Decimal = Decimal("0.10")


class LimitGate:
    """Checks a wish against the instrument's rules and the account's limits. Orders in flight count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._recent: dict[str, deque[int]] = {}

    def check(self, wish: PlaceOrder, instrument: Instrument, account: Account) -> None:
        """Return when `wish` may go out. What protects a position must only keep the venue's rules.

        Raises:
            RefusedError: it may not; the message names the limit.
        """
        last = account.last_price(wish.symbol)
        if wish.protects:
            self._check_venue(wish, instrument, last)
            return
        if last is None:
            raise RefusedError(f"no price for {wish.symbol} yet; wait for the first trade", code="risk.no_price")
        self._check_venue(wish, instrument, last)
        for name, price in _prices(wish):
            self._check_collar(name, price, last, wish)
        self._check_exposure(wish, wish.price or wish.stop_price or last, last, account)
        self._check_rate(wish)

    def _check_venue(self, wish: PlaceOrder, instrument: Instrument, last: Decimal | None) -> None:
        """Check the shape and the venue's rules."""
        self._check_shape(wish, instrument)
        instrument.check_size(wish.size)
        for name, price in _prices(wish):
            instrument.check_price(price, name)
        reference = wish.price or wish.stop_price or last
        if reference is not None:
            instrument.check_notional(reference, wish.size)

    def _check_shape(self, wish: PlaceOrder, instrument: Instrument) -> None:
        if wish.type.has_price != (wish.price is not None) or wish.type.has_stop != (wish.stop_price is not None):
            needs = " and ".join(
                name for name, on in (("a price", wish.type.has_price), ("a stop price", wish.type.has_stop)) if on
            )
            raise RefusedError(
                f"a {wish.type.replace('_', '-')} order on {instrument.symbol} takes {needs or 'no price'}",
                code="risk.shape",
            )
        if wish.post_only and wish.type is not OrderType.LIMIT:
            raise RefusedError("post-only needs a limit order", code="risk.shape")

    def _check_collar(self, name: str, price: Decimal, last: Decimal, wish: PlaceOrder) -> None:
        # A passive limit far away is harmless; one that would trade far from the market is a typing error.
        aggressive = (price - last) * wish.side.sign > ZERO
        if aggressive and abs(price - last) > last * self._limits.price_collar:
            percent = text(self._limits.price_collar * 100)
            raise RefusedError(
                f"{name} {text(price)} is more than {percent} % beyond the last price {text(last)}",
                code="risk.collar",
            )

    def _check_exposure(self, wish: PlaceOrder, reference: Decimal, last: Decimal, account: Account) -> None:
        limits = self._limits
        if wish.reduce_only:
            self._check_reduces(wish, account)
            return
        if reference * wish.size > limits.max_order_notional:
            raise RefusedError(
                f"order of {text(reference * wish.size)} is over the limit of {text(limits.max_order_notional)}"
                " an order",
                code="risk.order_notional",
            )
        if len(account.open_orders) >= limits.max_open_orders:
            raise RefusedError(
                f"{limits.max_open_orders} orders are open already; cancel one first", code="risk.open_orders"
            )
        # In the wish's own direction: an order that shrinks a position grown too large must pass.
        worst = _worst_size(wish, account) * wish.side.sign
        if worst * max(reference, last) > limits.max_position_notional:
            raise RefusedError(
                f"with open orders the position could pass {text(limits.max_position_notional)}",
                code="risk.position_notional",
            )

    def _check_reduces(self, wish: PlaceOrder, account: Account) -> None:
        size = account.position(wish.symbol).size
        promised = sum(
            (o.remaining for o in account.open_orders.values() if o.symbol == wish.symbol and o.side is wish.side),
            ZERO,
        )
        closes = size < ZERO if wish.side is Side.BUY else size > ZERO
        if not closes or wish.size + promised > abs(size):
            raise RefusedError(
                f"reduce-only: the position is {text(size)} and {text(promised)} is already on its way",
                code="risk.reduce_only",
            )

    def _check_rate(self, wish: PlaceOrder) -> None:
        recent = self._recent.setdefault(wish.source, deque())
        while recent and recent[0] <= wish.time_ns - MINUTE_NS:
            recent.popleft()
        if len(recent) >= self._limits.max_orders_per_minute:
            raise RefusedError(
                f"{wish.source} has sent {len(recent)} orders within a minute; it must slow down",
                code="risk.rate",
            )
        recent.append(wish.time_ns)


def _prices(wish: PlaceOrder) -> list[tuple[str, Decimal]]:
    named = (("price", wish.price), ("stop price", wish.stop_price))
    return [(name, price) for name, price in named if price is not None]


def _worst_size(wish: PlaceOrder, account: Account) -> Decimal:
    """The net size if this order and every open one of its side filled."""
    on_the_way = sum(
        (o.remaining for o in account.open_orders.values() if o.symbol == wish.symbol and o.side is wish.side),
        ZERO,
    )
    return account.position(wish.symbol).size + (on_the_way + wish.size) * wish.side.sign
