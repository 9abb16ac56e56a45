"""Funding capture: short a perpetual whose holders pay for it, hedged in the spot market, and be paid for waiting."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, Setup, Strategy


class FundingCapture(Strategy):
    """While longs of the perpetual (the main market) pay, be short it and long the same size of spot.

    The next rate is not known, but rates last: the one that was charged tells whether to be there for the next. Both
    sides have one size: the price's course costs nothing. Loses to four fees when the rate does not last, and while
    the premium widens. Where no rate is known it does nothing. The perpetual's venue says how it makes its rates;
    Binance: "Introduction to Binance Futures Funding Rates".
    """

    def setup(self, setup: Setup) -> None:
        """The spot market, the rate, rates to enter above and leave below, and the size."""
        self.spot = setup.market("spot", "BTCUSDT")
        self.rate = setup.funding()
        self.enter = setup.number("enter", 0.00006, low=-0.01, high=0.01)
        self.leave = setup.number("leave", 0.0, low=-0.01, high=0.01)
        self.size = setup.number("size", 0.01, low=0.00001, high=1000)

    def on_bar(self, bar: BarView) -> None:
        """Enter after a high rate, leave after one that is gone."""
        if self.rate.value > self.enter:
            self.target(-self.size)
            self.target(self.size, market=self.spot)
        elif self.rate.value < self.leave:
            self.close()
            self.close(market=self.spot)
