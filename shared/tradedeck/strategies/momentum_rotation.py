"""Rotation: of several markets hold the one that has risen most, or none when none has risen."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, Setup, Strategy

_OTHERS = ("ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT")
_CASH = -1


class MomentumRotation(Strategy):
    """Every `period` move `weight` of the account into the market that has risen most over `length` bars.

    Loses when leaders change often: it buys what has just risen and pays two fees for every change. `lead` asks how
    much better a new one must be. After N. Jegadeesh, S. Titman, Returns to Buying Winners and Selling Losers (1993),
    and the rule against cash of G. Antonacci, Dual Momentum Investing (2014).
    """

    def setup(self, setup: Setup) -> None:
        """How many other markets and which, bars to look back, the lead in percent, the share, and how often."""
        count = setup.integer("others", 1, low=1, high=len(_OTHERS))
        others = [setup.market(f"other_{number + 1}", _OTHERS[number]) for number in range(count)]
        length = setup.integer("length", 720, low=2, high=10_000)
        self.lead = setup.number("lead", 0.5, low=0, high=100)
        self.weight = setup.number("weight", 0.9, low=0.01, high=1)
        setup.every(setup.choice("period", "1h", ("15m", "1h", "4h", "1d", "1w")))
        self.markets = [None, *others]
        self.risen = [setup.line("roc", length, market=market) for market in self.markets]
        self.holding = _CASH

    def on_timer(self, time_ns: int) -> None:
        """Choose the strongest, and leave everything else."""
        strongest = max(range(len(self.risen)), key=lambda number: self.risen[number].value)
        best = self.risen[strongest].value
        held = 0.0 if self.holding == _CASH else self.risen[self.holding].value
        if best <= 0:
            strongest = _CASH
        elif strongest != self.holding and held > 0 and best - held < self.lead:
            strongest = self.holding
        self.holding = strongest
        for number, market in enumerate(self.markets):
            if number != strongest:
                self.close(market=market)

    def on_bar(self, bar: BarView) -> None:
        """Buy once everything else is sold: a spot account pays with what that brought."""
        if self.holding != _CASH and not any(self._held(number) for number in range(len(self.markets))):
            self.target_weight(self.weight, market=self.markets[self.holding])

    def _held(self, number: int) -> float:
        """What is held of a market."""
        market = self.markets[number]
        return self.position if market is None else market.position
