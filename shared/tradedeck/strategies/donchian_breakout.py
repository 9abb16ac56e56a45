"""Breakout: buy a new high of the channel, leave by a stop that follows at a multiple of the average true range."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, Setup, Strategy


class DonchianBreakout(Strategy):
    """Buy when the close is above the highest high of the `channel` bars before it; a trailing stop ends the trade.

    Loses in quiet markets: most breakouts fail, and each costs a stop and two fees. A few long moves have to pay
    for them, so the stop must not be too near. After R. Donchian's four-week rule (1960) and the exits of
    C. Faith, Way of the Turtle (2007).
    """

    def setup(self, setup: Setup) -> None:
        """Bars of the channel and of the true range, how many ranges away the stop follows, and the size."""
        channel = setup.integer("channel", 60, low=2, high=1000)
        length = setup.integer("atr", 60, low=2, high=500)
        self.distance = setup.number("distance", 4.0, low=0.5, high=20)
        self.size = setup.number("size", 0.01, low=0.00001, high=1000)
        self.highest = setup.line("donchian", channel, output="upper")
        self.atr = setup.atr(length)

    def on_bar(self, bar: BarView) -> None:
        """One trade at a time; `previous` is the channel without this bar."""
        if self.position == 0 and self.working == 0 and bar.close > self.highest.previous:
            self.buy(self.size, trail=self.distance * self.atr.value)
