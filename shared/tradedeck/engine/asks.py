"""What a strategy asks for in floats, as an exact order and what is to follow from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from math import isnan

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.grid import Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck.domain.period import DAY_NS
from tradedeck.engine.managed import Exits, Managed
from tradedeck.ports.desk import Ask

_TIMES_IN_FORCE = {
    "gtc": TimeInForce.GTC, "day": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counter:
    """Turns the floats of one strategy on one instrument into exact amounts."""

    source: str
    instrument: Instrument
    grid: Grid

    def price(self, side: Side, price: float) -> Decimal:
        """A limit price, never worse than asked."""
        return self.grid.exact_price(
            self.grid.ticks_below(price) if side is Side.BUY else self.grid.ticks_above(price)
        )  # fmt: skip

    def trigger(self, side: Side, stop: float) -> Decimal:
        """A stop's trigger, never nearer to the market than asked."""
        return self.price(side.opposite, stop)

    def size(self, size: float) -> Decimal:
        """A size in whole lots."""
        return self.grid.exact_size(self.grid.lots(size))

    def distance(self, distance: float) -> Decimal:
        """How far a trailing stop stays behind, in whole ticks and not less than asked.

        Raises:
            RefusedError: it is not above zero.
        """
        if not distance > 0:
            raise RefusedError(f"a trailing distance must be above zero, not {distance}", code="order.trail")
        return self.grid.exact_price(max(self.grid.ticks_above(distance), 1))

    def wish(
        self, side: Side, kind: OrderType, size: Decimal, time_ns: int, price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> PlaceOrder:  # fmt: skip
        """A plain order."""
        return PlaceOrder(
            self.instrument.symbol, side, kind, size, time_ns, price, stop_price, source=self.source
        )  # fmt: skip

    def managed(self, ask: Ask, time_ns: int) -> Managed:
        """The order that is asked for.

        Raises:
            RefusedError: a number that is none, an unknown time in force, or options that exclude each other.
        """
        side = Side.BUY if ask.sign > 0 else Side.SELL
        time_in_force = _TIMES_IN_FORCE.get(ask.time_in_force)
        if time_in_force is None:
            known = ", ".join(_TIMES_IN_FORCE)
            raise RefusedError(f"tif is one of {known}, not {ask.time_in_force}", code="order.time_in_force")
        if ask.post_only and (isnan(ask.price) or not isnan(ask.stop)):
            raise RefusedError("post-only needs a plain limit order: give it a price", code="order.post_only")
        price = None if isnan(ask.price) else self.price(side, ask.price)
        stop = None if isnan(ask.stop) else self.trigger(side, ask.stop)
        size = self.size(ask.size)
        wish = PlaceOrder(
            self.instrument.symbol, side, kind_of(price, stop), size, time_ns, price, stop, time_in_force,
            ask.post_only, ask.reduce_only, self.source,
        )  # fmt: skip
        made = Managed(
            wish, self._exits(ask, side.opposite), _expiry_ns(ask, time_ns), tick=self.instrument.tick
        )  # fmt: skip
        if not isnan(ask.show):
            self._hide(made, ask.show)
        return made

    def _exits(self, ask: Ask, side: Side) -> Exits | None:
        exits = Exits(
            None if isnan(ask.take) else self.price(side, ask.take),
            None if isnan(ask.loss) else self.trigger(side, ask.loss),
            None if isnan(ask.trail) else self.distance(ask.trail),
        )
        check_pair(side, exits.take, exits.loss)
        return None if exits == Exits() else exits

    def _hide(self, made: Managed, show: float) -> None:
        if made.wish.type is not OrderType.LIMIT:
            raise RefusedError("only a plain limit order can be an iceberg: give it a price", code="order.show")
        made.show = self.grid.exact_size(max(self.grid.lots(show), 1))
        shown = min(made.show, made.wish.size)
        made.hidden = made.wish.size - shown
        made.wish = replace(made.wish, size=shown)


def counter_of(source: str, instrument: Instrument) -> Counter:
    """The counter of one strategy and instrument."""
    return Counter(source, instrument, grid_of(instrument))


def kind_of(price: Decimal | None, stop: Decimal | None) -> OrderType:
    """The order type that has just these prices."""
    if stop is None:
        return OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderType.STOP if price is None else OrderType.STOP_LIMIT


def check_pair(side: Side, take: Decimal | None, loss: Decimal | None) -> None:
    """Raise RefusedError when a limit at `take` and a stop at `loss` of this side could both trade at one price."""
    if take is not None and loss is not None and (take - loss) * side.sign >= 0:
        where = "above" if side is Side.SELL else "below"
        raise RefusedError(f"take ({take}) must be {where} loss ({loss})", code="order.exits")


def _expiry_ns(ask: Ask, time_ns: int) -> int:
    """When the order's time is over; 0 for never."""
    ends = [time_ns + ask.good_for_ns] if ask.good_for_ns > 0 else []
    if ask.time_in_force == "day":
        ends.append(time_ns - time_ns % DAY_NS + DAY_NS)
    return min(ends, default=0)
