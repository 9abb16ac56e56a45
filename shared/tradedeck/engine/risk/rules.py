"""The single rules. Each raises RefusedError with the limit, its value and the order's value."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.instrument import Instrument, Kind
from tradedeck.domain.money import text
from tradedeck.domain.order import OrderType
from tradedeck.engine.risk.day import Day
from tradedeck.engine.risk.scope import Scope

SECOND_NS = 10**9


def check_shape(wish: PlaceOrder, instrument: Instrument) -> None:
    """The prices its type needs, and no others."""
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


def check_venue(wish: PlaceOrder, instrument: Instrument, last: Decimal | None) -> None:
    """The venue's steps and bounds."""
    instrument.check_size(wish.size)
    for name, price in _prices(wish):
        instrument.check_price(price, name)
    reference = wish.price or wish.stop_price or last
    if reference is not None:
        instrument.check_notional(reference, wish.size)


def check_collar(wish: PlaceOrder, scope: Scope, last: Decimal) -> None:
    """A price that would trade far from the market is a typing error; a passive one far away is harmless."""
    collar = scope.limits.price_collar
    if collar is None:
        return
    for name, price in _prices(wish):
        beyond = (price - last) * wish.side.sign
        if beyond > last * collar:
            raise scope.refuse(
                "price_collar", f"{name} {text(price)} is more than {text(collar * 100)} % beyond the last price"
                f" {text(last)}",
            )  # fmt: skip


def check_order(wish: PlaceOrder, scope: Scope, reference: Decimal) -> None:
    """One order by itself, and how many there are."""
    limits = scope.limits
    if limits.max_order_size is not None and wish.size > limits.max_order_size:
        raise scope.refuse(
            "max_order_size", f"order of size {text(wish.size)} is over the limit of {text(limits.max_order_size)}"
            " an order",
        )  # fmt: skip
    notional = reference * wish.size
    if limits.max_order_notional is not None and notional > limits.max_order_notional:
        raise scope.refuse(
            "max_order_notional", f"order of {text(notional)} is over the limit of {text(limits.max_order_notional)}"
            " an order",
        )  # fmt: skip
    if limits.max_open_orders is not None:
        count = sum(1 for _ in scope.open_orders())
        if count >= limits.max_open_orders:
            raise scope.refuse(
                "max_open_orders", f"{count} orders are open already, the limit is {limits.max_open_orders};"
                " cancel one first",
            )  # fmt: skip


def check_position(wish: PlaceOrder, scope: Scope, price: Decimal) -> None:
    """The position if this and every open order of its side filled. What shrinks one grown too large passes."""
    limits = scope.limits
    if limits.max_position_size is None and limits.max_position_notional is None:
        return
    worst = scope.worst(wish.symbol, wish.side) + wish.size
    if limits.max_position_size is not None and worst > limits.max_position_size:
        raise scope.refuse(
            "max_position_size", f"with open orders the position could pass {text(limits.max_position_size)}:"
            f" it could reach {text(worst)}",
        )  # fmt: skip
    if limits.max_position_notional is not None and worst * price > limits.max_position_notional:
        raise scope.refuse(
            "max_position_notional", f"with open orders the position could pass {text(limits.max_position_notional)}:"
            f" it could reach {text(worst * price)}",
        )  # fmt: skip


def is_stale(symbol: str, scope: Scope) -> bool:
    """Whether the last price is older than it may be."""
    oldest_s = scope.limits.max_price_age_s
    return oldest_s is not None and scope.price_age_ns(symbol) > oldest_s * SECOND_NS


def check_price_age(wish: PlaceOrder, scope: Scope) -> None:
    """Nothing new is risked at a price that may be long gone."""
    if is_stale(wish.symbol, scope):
        age_s = scope.price_age_ns(wish.symbol) // SECOND_NS
        raise scope.refuse(
            "max_price_age_s", f"the last price of {wish.symbol} is {age_s} s old, the limit is"
            f" {scope.limits.max_price_age_s} s; wait for a trade",
        )  # fmt: skip


def check_leverage(
    wish: PlaceOrder, scope: Scope, instrument: Instrument, price: Decimal, equity: Decimal | None
) -> None:
    """Perpetuals at worst, against what backs them."""
    most = scope.limits.max_leverage
    if most is None or equity is None or instrument.kind is Kind.SPOT:
        return
    notional = scope.margin_notional(instrument.quote, wish.symbol, wish.side, wish.size, price)
    if notional > most * equity:
        raise scope.refuse(
            "max_leverage", f"positions and open orders could reach {text(notional)} on an equity of {text(equity)},"
            f" the limit is {text(most)} times that",
        )  # fmt: skip


def check_daily_loss(scope: Scope, instrument: Instrument, day: Day) -> None:
    """Who has lost enough for today may only shrink what is held."""
    most = scope.limits.max_daily_loss
    if most is None:
        return
    loss = day.loss(scope, instrument.quote)
    if loss >= most:
        raise scope.refuse(
            "max_daily_loss", f"{text(loss)} {instrument.quote} lost since midnight UTC, the limit is {text(most)};"
            " only orders that shrink a position go out until then comes again",
        )  # fmt: skip


def check_reduces(wish: PlaceOrder, scope: Scope) -> None:
    """Reduce-only never turns a position round, nor do several of them together."""
    if not scope.shrinks(wish.symbol, wish.side, wish.size):
        size, promised = scope.size(wish.symbol), scope.on_the_way(wish.symbol, wish.side)
        raise RefusedError(
            f"reduce-only: the position is {text(size)}, {text(promised)} is already on its way and"
            f" {text(wish.size)} more would not shrink it",
            code="risk.reduce_only",
        )


def _prices(wish: PlaceOrder) -> list[tuple[str, Decimal]]:
    named = (("price", wish.price), ("stop price", wish.stop_price))
    return [(name, price) for name, price in named if price is not None]
