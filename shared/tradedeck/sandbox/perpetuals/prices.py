"""Mark price, index and funding rate of one perpetual, from nothing but its last trades and recorded rates."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradedeck.domain.bar import SECOND_NS
from tradedeck.domain.funding import FundingRate, due_ns
from tradedeck.domain.money import ZERO
from tradedeck.sandbox.perpetuals.terms import CENT, FUNDING_NS

MARK_NS = 5 * SECOND_NS
"""The mark price is half way to the last price after so long."""
INDEX_NS = 60 * SECOND_NS
INTEREST = Decimal("0.0001")
"""The rate of a market that stands at its index."""
_MOST_PREMIUM = Decimal("0.0005")


class Prices:
    """Smoothed prices. The index follows the last price slowly: there is no other market to take it from."""

    def __init__(self, funding: Sequence[FundingRate] = ()) -> None:
        self.last = self.mark = self.index = ZERO
        self.next_funding_ns = 0
        self.last_rate = INTEREST
        self._recorded = {due_ns(one.time_ns): one.rate for one in funding}
        self._premium, self._samples = ZERO, 0
        self._updated_ns = 0

    def on_trade(self, price: Decimal, now_ns: int) -> None:
        """The market traded here."""
        self.last = price
        if not self.mark:
            self.mark = self.index = price
            self.next_funding_ns = now_ns - now_ns % FUNDING_NS + FUNDING_NS
        passed_ns = max(0, now_ns - self._updated_ns)
        self.mark = _towards(self.mark, price, passed_ns, MARK_NS)
        self.index = _towards(self.index, price, passed_ns, INDEX_NS)
        self._updated_ns = now_ns
        self._premium += (self.mark - self.index) / self.index
        self._samples += 1

    @property
    def rate(self) -> Decimal:
        """The rate that will be charged next: the recorded one where there is one, else the venue's formula."""
        recorded = self._recorded.get(self.next_funding_ns)
        if recorded is not None:
            return recorded
        premium = self._premium / self._samples if self._samples else ZERO
        return (premium + max(-_MOST_PREMIUM, min(_MOST_PREMIUM, INTEREST - premium))).quantize(CENT)

    def charged(self) -> Decimal:
        """The rate that is due now; the next one is due eight hours later."""
        rate = self.last_rate = self.rate
        self.next_funding_ns += FUNDING_NS
        self._premium, self._samples = ZERO, 0
        return rate


def _towards(value: Decimal, goal: Decimal, passed_ns: int, half_ns: int) -> Decimal:
    return (value + (goal - value) * passed_ns / (passed_ns + half_ns)).quantize(CENT)
