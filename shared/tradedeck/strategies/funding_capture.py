"""Funding capture: short a perpetual whose holders pay for it, hedged in the spot market, and be paid for waiting."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, Setup, Strategy


class FundingCapture(Strategy):
    """While longs of the perpetual (the main market) have to pay, be short it and long the same size of spot.

    The next rate is not known, but venues make it of the premium p over spot: rate = p + (interest - p, at most
    `bound` either way), so the average premium tells it ahead. Both sides have one size: the price's course costs
    nothing. Loses to four fees when the rate does not last, and while the premium widens. After Binance's rule for
    its perpetuals ("Introduction to Binance Futures Funding Rates").
    """

    def setup(self, setup: Setup) -> None:
        """The spot market, bars of the average, the venue's two numbers, rates to enter and leave at, and the size."""
        self.spot = setup.market("spot", "BTCUSDT")
        length = setup.integer("length", 8, low=1, high=2000)
        self.interest = setup.number("interest", 0.0001, low=0, high=0.01)
        self.bound = setup.number("bound", 0.0005, low=0, high=0.01)
        self.enter = setup.number("enter", 0.00006, low=-0.01, high=0.01)
        self.leave = setup.number("leave", 0.0, low=-0.01, high=0.01)
        self.size = setup.number("size", 0.01, low=0.00001, high=1000)
        self.average = setup.ema(length)
        self.spot_average = setup.ema(length, market=self.spot)

    def on_bar(self, bar: BarView) -> None:
        """Enter when the rate to come is high, leave when it is gone."""
        premium = self.average.value / self.spot_average.value - 1
        rate = premium + min(max(self.interest - premium, -self.bound), self.bound)
        if rate > self.enter:
            self.target(-self.size)
            self.target(self.size, market=self.spot)
        elif rate < self.leave:
            self.close()
            self.close(market=self.spot)
