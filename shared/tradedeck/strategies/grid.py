"""Grid: a ladder of bids below the price; every one that fills is offered one step higher, and bid for again."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy


class Grid(Strategy):
    """Rest `rungs` bids, each `step` below the last; sell what fills a step higher, then bid a step lower again.

    Earns `step` less two maker fees for each swing, so `step` must be more than both fees. Loses when the price falls
    through the ladder: it then holds everything it has bought, all of it dearer. While it holds nothing the ladder
    follows the price up.
    """

    def setup(self, setup: Setup) -> None:
        """Rungs of the ladder, the step between them as a fraction of the price, and the size of each."""
        self.rungs = setup.integer("rungs", 8, low=1, high=50)
        self.step = setup.number("step", 0.004, low=0.0001, high=0.2)
        self.size = setup.number("size", 0.01, low=0.00001, high=1000)
        self.top = 0.0

    def on_bar(self, bar: BarView) -> None:
        """Lay the ladder when there is none; take it away when the price has left it upwards."""
        if self.position != 0:
            return
        if self.working == 0:
            self.top = bar.close
            for rung in range(self.rungs):
                self.buy(self.size, price=bar.close * (1 - self.step) ** (rung + 1.0))
        elif bar.close > self.top * (1 + self.step):
            self.cancel_all()

    def on_fill(self, fill: FillView) -> None:
        """The other side of what has filled, one step away."""
        if fill.side > 0:
            self.sell(fill.size, price=fill.price / (1 - self.step))
        else:
            self.buy(fill.size, price=fill.price * (1 - self.step))
