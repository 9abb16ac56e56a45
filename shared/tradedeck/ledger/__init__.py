"""Sums over orders and fills that must agree wherever they are kept."""

from tradedeck.ledger.totals import Totals, totals_of

__all__ = ["Totals", "totals_of"]
