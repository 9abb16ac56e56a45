"""One account over several markets: what each of them may spend depends on what the others have done."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from tradedeck.research.tape import Books, Tape
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.funds import cash_of, equity_of, free_of, notional_of
from tradedeck.sim.kernel.tiers import day_of, volume_before


class Purse:
    """The cash of all tapes of a run, in the quote asset (inverse: the base asset).

    On a spot account the other markets' cash is there to spend, what they hold is not. On cross margin the account
    is one: the others' open profit counts, and so does the margin that their positions bind. On isolated margin what
    they have set aside is not there, and what they hold neither helps nor harms.
    """

    def __init__(self, tapes: Sequence[Tape]) -> None:
        self.is_shared = len(tapes) > 1
        self._tapes = tapes
        self._cash = tapes[0].books.terms[at.START_CASH] * tapes[0].books.unit
        for tape in tapes if self.is_shared and tapes[0].terms.is_cross else ():
            tape.walks_while_held = True

    def settle(self, tape: Tape, i: int) -> None:
        """Tell a tape what the account has for it when bar `i` opens."""
        if not self.is_shared:
            return
        cash, bound, volume = self._cash, 0.0, 0.0
        today = day_of(tape.opens_at(i))
        for other in self._tapes:
            if other is tape:
                continue
            books, price = other.books, other.opening(i)
            cash += self.gain(books, price)
            if other.terms.is_cross:
                bound += abs(notional_of(books.terms, books.state[at.POSITION], price)) * books.unit
            volume += volume_before(books.state, today) * _volume_unit(books)
        own = tape.books
        own.terms[at.VOLUME_ELSEWHERE] = floor(volume / _volume_unit(own) + 0.5)
        own.terms[at.START_CASH] = floor(cash / own.unit)
        own.terms[at.HELD_ELSEWHERE] = floor(bound / own.unit + 0.5)

    def gain(self, books: Books, price: int) -> float:
        """What one market has brought in to spend: its cash, and on cross margin its open profit at `price` too."""
        start = books.terms[at.START_CASH]
        if books.terms[at.ISOLATED]:
            return (free_of(books.state, books.terms) - start) * books.unit
        if books.terms[at.ACCOUNT] == at.SPOT:
            return (cash_of(books.state, books.terms) - start) * books.unit
        return (equity_of(books.state, books.terms, price) - start) * books.unit

    def worth(self, standing: Sequence[Books]) -> float:
        """What the account is worth at the newest closes, its books standing there."""
        worth = self._cash if self.is_shared else 0.0
        for books in standing:
            start = books.terms[at.START_CASH] if self.is_shared else 0
            worth += (equity_of(books.state, books.terms, max(books.state[at.CLOSED], 1)) - start) * books.unit
        return worth


def _volume_unit(books: Books) -> float:
    """What the unit of traded volume is worth in the quote asset."""
    return books.grid.size(1) if books.terms[at.ACCOUNT] == at.INVERSE else books.unit
