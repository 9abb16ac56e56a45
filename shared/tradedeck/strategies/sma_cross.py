"""Trend following: long while the fast average is above the slow one."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, Setup, Strategy


class SmaCross(Strategy):
    """Buy when the fast simple moving average crosses above the slow one, sell when it crosses below."""

    def setup(self, setup: Setup) -> None:
        """Two averages of closes and the size to hold."""
        fast = setup.integer("fast", 20, low=1, high=500)
        slow = setup.integer("slow", 50, low=2, high=1000)
        self.size = setup.number("size", 0.01, low=0.00001, high=1000)
        self.fast = setup.sma(fast)
        self.slow = setup.sma(slow)

    def on_bar(self, bar: BarView) -> None:
        """Hold `size` above the cross, nothing below."""
        if self.fast.value > self.slow.value:
            self.target(self.size)
        elif self.fast.value < self.slow.value:
            self.close()
