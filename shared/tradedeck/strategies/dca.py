"""Cost averaging: the same amount of money every so often, and everything sold when it is worth enough more."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy


class CostAveraging(Strategy):
    """Buy for `amount` every `period`; sell all of it at `profit` above the average price paid.

    The same money buys more when the price is low, so the average paid lies below the average price. Loses for as long
    as the market falls, and needs ever more money then: `most` is the limit. After B. Graham, The Intelligent Investor
    (1949), without his patience: the profit is taken.
    """

    def setup(self, setup: Setup) -> None:
        """How much in quote units, how often, at most how much, and the profit as a fraction of the price paid."""
        self.amount = setup.number("amount", 100.0, low=1, high=1_000_000)
        self.most = setup.number("most", 5000.0, low=1, high=100_000_000)
        self.profit = setup.number("profit", 0.02, low=0.0001, high=10)
        setup.every(setup.choice("period", "1h", ("15m", "1h", "4h", "1d", "1w")))
        self.price = 0.0
        self.paid = 0.0

    def on_timer(self, time_ns: int) -> None:
        """Buy, once a price is known and while there is money left."""
        if self.price > 0 and self.paid + self.amount <= self.most:
            self.buy(self.amount / self.price)

    def on_bar(self, bar: BarView) -> None:
        """Sell everything when the price is far enough above what was paid."""
        self.price = bar.close
        if self.position > 0 and bar.close * self.position > self.paid * (1 + self.profit):
            self.close()

    def on_fill(self, fill: FillView) -> None:
        """Keep count of what was paid for what is held."""
        if fill.side > 0:
            self.paid += fill.price * fill.size
        elif self.position == 0:
            self.paid = 0.0
