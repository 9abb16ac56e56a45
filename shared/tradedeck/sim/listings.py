"""The instruments a simulated venue can list, with Binance spot's rules for them (exchangeInfo, 2024)."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.errors import NotFoundError
from tradedeck.domain.instrument import FeeSchedule, Instrument

VENUE = "binance"
_FEES = FeeSchedule(maker=Decimal("0.001"), taker=Decimal("0.001"))


def _listed(base: str, quote: str, tick: str, lot: str, most: str, least_notional: str) -> Instrument:
    return Instrument(
        symbol=base + quote,
        venue=VENUE,
        base=base,
        quote=quote,
        tick=Decimal(tick),
        lot=Decimal(lot),
        min_size=Decimal(lot),
        max_size=Decimal(most),
        min_notional=Decimal(least_notional),
        fees=_FEES,
    )


LISTED = {
    instrument.symbol: instrument
    for instrument in (
        _listed("BTC", "USDT", "0.01", "0.00001", "9000", "5"),
        _listed("ETH", "USDT", "0.01", "0.0001", "9000", "5"),
        _listed("XRP", "ETH", "0.0000001", "0.1", "9222449", "0.001"),
    )
}


def instrument_of(symbol: str) -> Instrument:
    """The listed instrument.

    Raises:
        NotFoundError: it is not listed.
    """
    instrument = LISTED.get(symbol.upper())
    if instrument is None:
        raise NotFoundError(f"no listing for {symbol}; choose one of {', '.join(LISTED)}", code="listing.unknown")
    return instrument
