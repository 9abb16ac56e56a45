"""Recorded funding rates for the exchange."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from tradedeck.domain.funding import FundingRate
from tradedeck.history.funding import load_funding


def recorded_funding(path: Path | None, symbols: Sequence[str]) -> dict[str, list[FundingRate]]:
    """The rates in a file, for each symbol; none without a file.

    Raises:
        RefusedError: no funding file, or none of a symbol.
        CorruptError: it is damaged.
    """
    if path is None:
        return {}
    rates: dict[str, list[FundingRate]] = {}
    for symbol in symbols:
        series = load_funding(path, symbol)
        rates[symbol] = [
            FundingRate(symbol, Decimal(str(rate)), time_ns)
            for time_ns, rate in zip(series.time_ns.tolist(), series.rate.tolist(), strict=True)
        ]
    return rates
