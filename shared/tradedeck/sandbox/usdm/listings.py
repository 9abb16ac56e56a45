"""What is listed: Binance USD-M's rules, brackets and fees (exchangeInfo and leverageBracket, 2025)."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.errors import NotFoundError
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.money import ZERO
from tradedeck.sandbox.perpetuals.terms import Bracket, Contract, FeeTier, brackets

VENUE = "binance"

TIERS = (
    FeeTier(ZERO, Decimal("0.0002"), Decimal("0.0005")),
    FeeTier(Decimal(15_000_000), Decimal("0.00016"), Decimal("0.0004")),
    FeeTier(Decimal(50_000_000), Decimal("0.00014"), Decimal("0.00035")),
    FeeTier(Decimal(100_000_000), Decimal("0.00012"), Decimal("0.00032")),
    FeeTier(Decimal(600_000_000), Decimal("0.0001"), Decimal("0.0003")),
)
_LARGE = brackets(
    ("300000", 150, "0.004"),
    ("800000", 100, "0.005"),
    ("3000000", 75, "0.0065"),
    ("12000000", 50, "0.01"),
    ("70000000", 25, "0.02"),
    ("100000000", 20, "0.025"),
    ("230000000", 10, "0.05"),
    ("480000000", 5, "0.1"),
    ("600000000", 4, "0.125"),
    ("1200000000", 2, "0.25"),
    ("1800000000", 1, "0.5"),
)
_SMALL = brackets(
    ("10000", 75, "0.005"),
    ("50000", 50, "0.01"),
    ("250000", 20, "0.025"),
    ("1000000", 10, "0.05"),
    ("2000000", 5, "0.1"),
    ("5000000", 2, "0.25"),
    ("10000000", 1, "0.5"),
)


def _listed(base: str, steps: tuple[str, str, str, str], size: str, table: tuple[Bracket, ...]) -> Contract:
    tick, lot, most, least_notional = (Decimal(step) for step in steps)
    fees = FeeSchedule(TIERS[0].maker, TIERS[0].taker)
    instrument = Instrument(f"{base}USDT", VENUE, base, "USDT", tick, lot, lot, most, least_notional, fees, Kind.LINEAR)
    return Contract(instrument, table, level_size=Decimal(size))


LISTED = {
    contract.instrument.symbol: contract
    for contract in (
        _listed("BTC", ("0.1", "0.001", "1000", "100"), "10", _LARGE),
        _listed("ETH", ("0.01", "0.001", "10000", "20"), "200", _LARGE),
        _listed("SOL", ("0.01", "0.01", "1000000", "5"), "3000", _SMALL),
        _listed("XRP", ("0.0001", "0.1", "10000000", "5"), "200000", _SMALL),
    )
}


def contract_of(symbol: str) -> Contract:
    """The listed contract.

    Raises:
        NotFoundError: it is not listed.
    """
    contract = LISTED.get(symbol.upper())
    if contract is None:
        raise NotFoundError(f"no perpetual {symbol}; choose one of {', '.join(LISTED)}", code="listing.unknown")
    return contract
