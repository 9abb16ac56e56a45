"""The socket a strategy plugs into: one plain class, the same source in research, on paper and live."""

from __future__ import annotations

from tradedeck.ports.desk import Ask, Desk
from tradedeck.ports.setup import Setup
from tradedeck.ports.views import BarView, BookView, FillView, Line, Market, Signal, TradeView

__all__ = [
    "Ask", "BarView", "BookView", "Desk", "FillView", "Line", "Market", "Setup", "Signal", "Strategy", "TradeView",
]  # fmt: skip

_NONE = float("nan")
_HOUR_NS = 3_600_000_000_000


class Strategy:
    """Base of every strategy. Override `setup` and the events you care about.

    `setup` runs once, before any event, and again after a restart; it may only declare. No event is
    shown before every declared line is warm. Orders are numbered 1, 2, 3 ... in the order you ask.

    Prices are floats in quote units, sizes floats in base units; `domain.grid` says how they become
    whole ticks and lots.
    """

    desk: Desk
    position: float = 0.0
    """The strategy's own net size on its main market: positive long, negative short."""

    def setup(self, setup: Setup) -> None:
        """Declare parameters, markets, lines, signals and timers."""

    def on_bar(self, bar: BarView) -> None:
        """A bar has closed; lines already include it."""

    def on_signal(self, bar: BarView) -> None:
        """A declared signal is true at this closed bar. A strategy without `on_bar` is woken only here."""

    def on_trade(self, trade: TradeView) -> None:
        """Somebody traded."""

    def on_book(self, book: BookView) -> None:
        """The order book has changed."""

    def on_fill(self, fill: FillView) -> None:
        """One of this strategy's orders was filled; `position` already includes it."""

    def on_timer(self, time_ns: int) -> None:
        """A declared period is over; `time_ns` is the boundary, UTC."""

    def buy(
        self,
        size: float,
        *,
        price: float = _NONE,
        stop: float = _NONE,
        take: float = _NONE,
        loss: float = _NONE,
        trail: float = _NONE,
        tif: str = "gtc",
        post_only: bool = False,
        reduce_only: bool = False,
        good_for_hours: float = 0.0,
        show: float = _NONE,
        market: Market | None = None,
    ) -> int:
        """Buy: at the market, with `price` a limit, with `stop` a stop, with both a stop-limit.

        `tif` is "gtc", "ioc", "fok" or "day" (until midnight UTC). `take`, `loss` and `trail` make it a
        bracket: what has filled is closed there. See `Ask` for the rest. Returns the order's number.
        """
        return self._order(
            1, size, price, stop, take, loss, trail, tif, post_only, reduce_only, good_for_hours, show, market
        )

    def sell(
        self,
        size: float,
        *,
        price: float = _NONE,
        stop: float = _NONE,
        take: float = _NONE,
        loss: float = _NONE,
        trail: float = _NONE,
        tif: str = "gtc",
        post_only: bool = False,
        reduce_only: bool = False,
        good_for_hours: float = 0.0,
        show: float = _NONE,
        market: Market | None = None,
    ) -> int:
        """Sell; the options are those of `buy`."""
        return self._order(
            -1, size, price, stop, take, loss, trail, tif, post_only, reduce_only, good_for_hours, show, market
        )

    def _order(
        self, sign: int, size: float, price: float, stop: float, take: float, loss: float, trail: float, tif: str,
        post_only: bool, reduce_only: bool, hours: float, show: float, market: Market | None,
    ) -> int:  # fmt: skip
        good_for = int(hours * _HOUR_NS)
        return self.desk.ask(
            Ask(sign, size, price, stop, take, loss, trail, tif, post_only, reduce_only, good_for, show, market)
        )

    def close(self, *, market: Market | None = None) -> int:
        """Close the position at the market; nothing when flat or closing already."""
        return self.desk.target(0.0, market)

    def target(self, size: float, *, market: Market | None = None) -> int:
        """Trade at the market to hold `size`. Market orders on their way count as done: asking again is safe."""
        return self.desk.target(size, market)

    def target_weight(self, weight: float, *, market: Market | None = None) -> int:
        """Trade at the market to hold `weight` of the strategy's equity: 1.0 all of it long, -0.5 half of it short."""
        return self.desk.target(weight * self.desk.equity / self.desk.last_close(market), market)

    def bracket(self, size: float, *, take: float, loss: float, price: float = _NONE, stop: float = _NONE) -> int:
        """Enter with `size` (negative sells) and leave at `take` or `loss`, whichever comes first."""
        if size < 0:
            return self.sell(-size, price=price, stop=stop, take=take, loss=loss)
        return self.buy(size, price=price, stop=stop, take=take, loss=loss)

    def oco(self, size: float, *, take: float, loss: float, market: Market | None = None) -> int:
        """Close `size` (positive sells, negative buys) at `take` or at `loss`: the first to fill cancels the other."""
        return self.desk.oco(size, take, loss, market)

    def trail(self, size: float, *, distance: float, market: Market | None = None) -> int:
        """Close `size` (positive sells, negative buys) with a stop that follows the best close at `distance`."""
        return self.desk.trail(size, distance, market)

    @property
    def working(self) -> int:
        """How many orders of the strategy may still trade."""
        return len(self.desk.working)

    def cancel(self, order: int) -> None:
        """Cancel an order by its number; nothing happens when it does not work any more."""
        self.desk.cancel(order)

    def cancel_all(self) -> None:
        """Cancel every working order of the strategy."""
        for order in self.desk.working:
            self.desk.cancel(order)

    def replace(self, order: int, *, size: float = _NONE, price: float = _NONE, stop: float = _NONE) -> int:
        """Give an order a new size, price or stop: it is canceled, and its successor placed once it is gone."""
        return self.desk.replace(order, size, price, stop)

    def note(self, text: str, *, price: float = _NONE) -> None:
        """Leave a line in the journal; with `price` also a marker on the chart."""
        self.desk.note(text, price)
