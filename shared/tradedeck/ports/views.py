"""What a strategy sees: plain floats and UTC nanoseconds, the same fields however the strategy is run.

Only what has happened is ever shown: a bar once it has closed, a line's value after that bar.
"""

from __future__ import annotations

from typing import Protocol


class BarView(Protocol):
    """A closed bar; prices in quote units, volume in base units. Valid during the call only: copy what you keep."""

    @property
    def symbol(self) -> str:
        """Whose bar it is."""
        ...

    @property
    def open_ns(self) -> int:
        """When it opened."""
        ...

    @property
    def time_ns(self) -> int:
        """When it closed."""
        ...

    @property
    def open(self) -> float:
        """First price."""
        ...

    @property
    def high(self) -> float:
        """Highest price."""
        ...

    @property
    def low(self) -> float:
        """Lowest price."""
        ...

    @property
    def close(self) -> float:
        """Last price."""
        ...

    @property
    def volume(self) -> float:
        """Base units traded."""
        ...


class TradeView(Protocol):
    """A print of the tape; `side` is +1 when the buyer took, -1 when the seller did."""

    @property
    def symbol(self) -> str:
        """What traded."""
        ...

    @property
    def time_ns(self) -> int:
        """When."""
        ...

    @property
    def price(self) -> float:
        """At what price."""
        ...

    @property
    def size(self) -> float:
        """How much, in base units."""
        ...

    @property
    def side(self) -> int:
        """Who took: +1 buyer, -1 seller."""
        ...


class BookView(Protocol):
    """The order book; sizes in base units. `bid_at(0)` is the best bid."""

    @property
    def symbol(self) -> str:
        """Whose book."""
        ...

    @property
    def time_ns(self) -> int:
        """When it looked so."""
        ...

    @property
    def bid(self) -> float:
        """Best bid; NaN when there is none."""
        ...

    @property
    def bid_size(self) -> float:
        """Size at the best bid."""
        ...

    @property
    def ask(self) -> float:
        """Best ask; NaN when there is none."""
        ...

    @property
    def ask_size(self) -> float:
        """Size at the best ask."""
        ...


class FillView(Protocol):
    """One of the strategy's orders traded; `side` is +1 for a buy, -1 for a sell."""

    @property
    def symbol(self) -> str:
        """What traded."""
        ...

    @property
    def order(self) -> int:
        """The number the order was given when it was asked for."""
        ...

    @property
    def side(self) -> int:
        """+1 buy, -1 sell."""
        ...

    @property
    def price(self) -> float:
        """At what price."""
        ...

    @property
    def size(self) -> float:
        """How much, in base units."""
        ...

    @property
    def maker(self) -> bool:
        """Whether the order waited in the book."""
        ...

    @property
    def time_ns(self) -> int:
        """When."""
        ...


class Line(Protocol):
    """An indicator, kept up to date bar by bar."""

    @property
    def value(self) -> float:
        """After the newest closed bar of its timeframe; NaN while it warms up."""
        ...

    @property
    def previous(self) -> float:
        """One bar of its timeframe earlier."""
        ...


class Signal(Protocol):
    """A declared condition; a strategy with `on_signal` is woken at the bars where one is true."""

    @property
    def value(self) -> bool:
        """Whether it is true at the newest closed bar."""
        ...


class Market(Protocol):
    """A second instrument of a strategy. Its bar is the newest that has closed."""

    @property
    def symbol(self) -> str:
        """The instrument."""
        ...

    @property
    def bar(self) -> BarView:
        """Its newest closed bar."""
        ...

    @property
    def position(self) -> float:
        """The strategy's own net size in it."""
        ...
