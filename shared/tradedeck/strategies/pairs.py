"""Pairs: two markets that move together; when one gets dear against the other, sell it and buy the other."""

from __future__ import annotations

from collections import deque
from math import log, sqrt
from statistics import fmean

from tradedeck.ports.strategy import BarView, Setup, Strategy


class Pairs(Strategy):
    """Trade the logarithm of the ratio of two prices when it is `enter` standard deviations from its mean.

    Both sides are worth `amount`, so a move of both markets costs nothing. Loses when the two part for good: the mean
    follows only slowly, and there is no stop. Needs an account that may be short (a perpetual, or borrowed coins).
    After E. Gatev, W. Goetzmann, K. Rouwenhorst, Pairs Trading (2006).
    """

    def setup(self, setup: Setup) -> None:
        """The other market, bars of the mean, where to enter and to leave in deviations, and quote units a side."""
        self.other = setup.market("other", "ETHUSDT")
        self.length = setup.integer("length", 240, low=10, high=5000)
        self.enter = setup.number("enter", 2.0, low=0.5, high=10)
        self.leave = setup.number("leave", 0.5, low=0, high=5)
        self.amount = setup.number("amount", 1000.0, low=10, high=1_000_000)
        self.ratios: deque[float] = deque(maxlen=self.length)

    def on_bar(self, bar: BarView) -> None:
        """Enter far from the mean, leave near it."""
        self.ratios.append(log(bar.close / self.other.bar.close))
        if len(self.ratios) < self.length:
            return
        mean = fmean(self.ratios)
        deviation = sqrt(fmean((ratio - mean) ** 2 for ratio in self.ratios))
        away = self.ratios[-1] - mean
        if abs(away) <= self.leave * deviation:
            self.close()
            self.close(market=self.other)
        elif abs(away) > self.enter * deviation and self.position == 0:
            side = -1 if away > 0 else 1
            self.target(side * self.amount / bar.close)
            self.target(-side * self.amount / self.other.bar.close, market=self.other)
