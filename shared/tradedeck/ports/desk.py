"""What a strategy's verbs talk to; whoever runs the strategy brings it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tradedeck.ports.views import Market


@dataclass(slots=True)
class Ask:
    """An order a strategy asks for. `sign` +1 buys, -1 sells; prices and sizes as floats, NaN for none.

    * `take`, `loss`: once (part of) it has filled, that part is closed by a pair of orders, a limit at
      `take` and a stop at `loss`, of which one cancels the other.
    * `trail`: the stop follows at this distance in quote units, moved as each bar of the strategy closes.
    * `good_for_ns`: canceled at the close of the first bar at least this long after it was asked for.
    * `show`: an iceberg's visible part.
    """

    sign: int
    size: float
    price: float = float("nan")
    stop: float = float("nan")
    take: float = float("nan")
    loss: float = float("nan")
    trail: float = float("nan")
    time_in_force: str = "gtc"
    post_only: bool = False
    reduce_only: bool = False
    good_for_ns: int = 0
    show: float = float("nan")
    market: Market | None = None


class Desk(Protocol):
    """Where wishes go, and what may be seen of the account. Order numbers count 1, 2, 3 ... a strategy."""

    @property
    def symbol(self) -> str:
        """The instrument the strategy runs on."""
        ...

    @property
    def now_ns(self) -> int:
        """The time of the event being handled."""
        ...

    @property
    def equity(self) -> float:
        """What the strategy's capital is worth at the last closes, in the quote asset."""
        ...

    @property
    def working(self) -> tuple[int, ...]:
        """Numbers of the strategy's orders that may still trade, oldest first."""
        ...

    def ask(self, ask: Ask) -> int:
        """Ask for an order; its number."""
        ...

    def target(self, size: float, market: Market | None) -> int:
        """Trade at the market to hold `size`; market orders on their way count. The order's number, 0 for none."""
        ...

    def oco(self, size: float, take: float, loss: float, market: Market | None) -> int:
        """A limit at `take` and a stop at `loss` that close `size`; the number of the first, the second is the next."""
        ...

    def trail(self, size: float, distance: float, market: Market | None) -> int:
        """A stop that closes `size` and follows at `distance`; its number."""
        ...

    def cancel(self, order: int) -> None:
        """Ask for a cancel; nothing happens when it does not work any more."""
        ...

    def replace(self, order: int, size: float, price: float, stop: float) -> int:
        """Cancel an order and, once it is known to be gone, place its successor; NaN keeps a value."""
        ...

    def last_close(self, market: Market | None) -> float:
        """The newest close."""
        ...

    def note(self, text: str, price: float) -> None:
        """Leave a line in the journal; with a price (not NaN) also a marker on the chart."""
        ...
