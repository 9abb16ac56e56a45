"""Mean reversion: buy what has fallen too fast with a resting order, sell when it has recovered."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, Setup, Strategy


class RsiReversion(Strategy):
    """Below `oversold` rest a buy under the close; above `overbought` sell at the market."""

    def setup(self, setup: Setup) -> None:
        """RSI length, its two levels, how far below the close to bid, and the size."""
        length = setup.integer("length", 14, low=2, high=200)
        self.oversold = setup.integer("oversold", 30, low=1, high=50)
        self.overbought = setup.integer("overbought", 60, low=50, high=99)
        self.discount = setup.number("discount", 0.0005, low=0, high=0.1)
        self.size = setup.number("size", 0.01, low=0.00001, high=1000)
        self.rsi = setup.rsi(length)

    def on_bar(self, bar: BarView) -> None:
        """One bid at a time, for one bar; a new one only when the last is known to be gone."""
        if self.working:
            self.cancel_all()
        elif self.rsi.value < self.oversold and self.position == 0:
            self.buy(self.size, price=bar.close * (1 - self.discount))
        elif self.rsi.value > self.overbought:
            self.close()
