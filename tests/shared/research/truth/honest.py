"""Strategies that know the past only, each in a way that could be mistaken for knowing more."""

from __future__ import annotations

from collections import deque

from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy

LEVELS = tuple(60_000 + 500 * step for step in range(20))
WEIGHTS = [0.1, 0.2, 0.3, 0.4]


class KeepsItsOwnPast(Strategy):
    def setup(self, setup: Setup) -> None:
        self.closes: deque[float] = deque(maxlen=setup.integer("length", 30, low=2, high=500))

    def on_bar(self, bar: BarView) -> None:
        self.closes.append(bar.close)
        if len(self.closes) == self.closes.maxlen:
            self.target(0.01 if bar.close > self.closes[0] else 0.0)


class LooksAtHours(Strategy):
    def setup(self, setup: Setup) -> None:
        self.hourly = setup.ema(3, timeframe="15m")

    def on_bar(self, bar: BarView) -> None:
        self.target(0.01 if self.hourly.value > self.hourly.previous else 0.0)


class WakesByTheClock(Strategy):
    def setup(self, setup: Setup) -> None:
        setup.every("15m")
        self.bought = 0

    def on_timer(self, time_ns: int) -> None:
        self.bought = self.buy(0.001, good_for_hours=0.1, price=self.desk.last_close(None) * 0.9995)


class RestsOrders(Strategy):
    def setup(self, setup: Setup) -> None:
        self.range = setup.atr(14)
        self.order = 0

    def on_bar(self, bar: BarView) -> None:
        if self.working == 0 and self.position == 0:
            below = bar.close - 2 * self.range.value
            self.order = self.buy(0.01, price=below, loss=below * 0.99, take=below * 1.005)
        elif self.position == 0:
            self.order = self.replace(self.order, price=bar.close - 2 * self.range.value)


class AnswersFills(Strategy):
    def setup(self, setup: Setup) -> None:
        self.up = setup.crosses_above(setup.sma(5), setup.sma(20))

    def on_signal(self, bar: BarView) -> None:
        if self.position == 0:
            self.buy(0.01)

    def on_fill(self, fill: FillView) -> None:
        if fill.side > 0:
            self.trail(0.01, distance=100.0)


class HasLevels(Strategy):
    def on_bar(self, bar: BarView) -> None:
        below = sum(level < bar.close for level in LEVELS)
        self.target(0.001 * below * WEIGHTS[0])
        self.note(f"{below} levels below")
