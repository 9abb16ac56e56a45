"""Rebalancing: two markets kept at fixed shares of the account."""

from __future__ import annotations

from tradedeck.ports.strategy import Setup, Strategy


class Rebalance(Strategy):
    """Every `period`, bring both markets back to their shares when either has drifted more than `band` from it.

    Sells what has risen and buys what has fallen; the rest stays cash. Earns when the two swing against each other.
    Loses against holding when one of them only rises, and to fees when the band is narrow. After C. Shannon's
    demonstration, told in W. Poundstone, Fortune's Formula (2005).
    """

    def setup(self, setup: Setup) -> None:
        """The other market, the two shares and the band as fractions of the account, and how often to look."""
        self.other = setup.market("other", "ETHUSDT")
        self.share = setup.number("share", 0.4, low=0, high=1)
        self.other_share = setup.number("other_share", 0.4, low=0, high=1)
        self.band = setup.number("band", 0.01, low=0, high=1)
        setup.every(setup.choice("period", "4h", ("15m", "1h", "4h", "1d", "1w")))

    def on_timer(self, time_ns: int) -> None:
        """Both or none, so that the cash left is right too."""
        equity = self.desk.equity
        share = self.position * self.desk.last_close(None) / equity
        other = self.other.position * self.desk.last_close(self.other) / equity
        if max(abs(share - self.share), abs(other - self.other_share)) > self.band:
            self.target_weight(self.share)
            self.target_weight(self.other_share, market=self.other)
