"""Profit and loss since the last midnight of UTC."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.limits import NO_LIMITS
from tradedeck.domain.money import ZERO
from tradedeck.engine.risk.scope import Scope
from tradedeck.ports.risk import Account


class Day:
    """Remembers what everyone had earned when the day began. Who came later started from zero."""

    def __init__(self) -> None:
        self._start: dict[tuple[str | None, str], Decimal] = {}

    def begin(self, account: Account) -> None:
        """A new day begins, at the prices there are."""
        quotes = {instrument.quote for instrument in account.instruments.values()}
        scopes = [Scope(NO_LIMITS, account, 0, source) for source in (None, *account.portfolio.sources())]
        self._start = {(scope.source, quote): scope.total(quote) for scope in scopes for quote in quotes}

    def loss(self, scope: Scope, quote: str) -> Decimal:
        """What was lost today, below zero when something was earned."""
        return self._start.get((scope.source, quote), ZERO) - scope.total(quote)
