"""What is listed: the India site's perpetuals, and beside them contracts of the kinds that clients must tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import NotFoundError
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.money import ZERO, text
from tradedeck.sandbox.perpetuals.terms import Bracket, Contract, FeeTier, brackets

VENUE = "delta"
QUOTE = "USD"
TIERS = (FeeTier(ZERO, Decimal("0.0002"), Decimal("0.0005")),)
ASSETS = {"USD": 3, "BTC": 2, "ETH": 1, "SOL": 4, "XRP": 5}
"""Asset numbers by symbol."""
_LARGE = brackets(("500000", 200, "0.0025"), ("5000000", 100, "0.005"), ("50000000", 20, "0.025"))
_SMALL = brackets(("100000", 100, "0.005"), ("1000000", 50, "0.01"), ("10000000", 10, "0.05"))


@dataclass(frozen=True, slots=True)
class Product:
    """A contract that can be traded, and its number."""

    id: int
    contract: Contract

    @property
    def symbol(self) -> str:
        """The venue's name of it."""
        return self.contract.instrument.symbol

    @property
    def each(self) -> Decimal:
        """Base units a contract."""
        return self.contract.instrument.contract


def _listed(number: int, base: str, tick: str, each: str, most: int, level: str, table: tuple[Bracket, ...]) -> Product:
    contract = Decimal(each)
    instrument = Instrument(
        f"{base}{QUOTE}",
        VENUE,
        base,
        QUOTE,
        Decimal(tick),
        contract,
        contract,
        contract * most,
        ZERO,
        FeeSchedule(TIERS[0].maker, TIERS[0].taker),
        Kind.LINEAR,
        contract,
        str(number),
    )
    return Product(number, Contract(instrument, table, level_size=Decimal(level)))


LISTED = {
    product.symbol: product
    for product in (
        _listed(27, "BTC", "0.5", "0.001", 229_167, "10", _LARGE),
        _listed(3136, "ETH", "0.05", "0.01", 458_333, "200", _LARGE),
        _listed(14823, "SOL", "0.0001", "1", 100_000, "3000", _SMALL),
        _listed(14969, "XRP", "0.0001", "1", 10_000_000, "200000", _SMALL),
    )
}


def product_of(symbol: str) -> Product:
    """The listed product; one in dollars stands for what other venues list in their substitutes.

    Raises:
        NotFoundError: it is not listed.
    """
    product = LISTED.get(symbol.upper().replace("USDT", QUOTE))
    if product is None:
        raise NotFoundError(f"Delta lists no {symbol}; choose one of {', '.join(LISTED)}", code="listing.unknown")
    return product


def product_json(product: Product, trading_status: str) -> dict[str, Any]:
    """A product as GET products shows it."""
    instrument, table = product.contract.instrument, product.contract.brackets
    return _plain_product(product.id, product.symbol, instrument.base) | {
        "description": f"{instrument.base} Perpetual",
        "tick_size": text(instrument.tick),
        "contract_value": text(instrument.contract),
        "contract_unit_currency": instrument.base,
        "maker_commission_rate": text(instrument.fees.maker),
        "taker_commission_rate": text(instrument.fees.taker),
        "position_size_limit": int(instrument.max_size / instrument.contract),
        "initial_margin": text(Decimal(100) / table[0].max_leverage),
        "maintenance_margin": text(table[0].rate * 100),
        "default_leverage": "20",
        "trading_status": trading_status,
    }


def others_json() -> list[dict[str, Any]]:
    """Products that are listed and can't be traded here: an inverse perpetual, an option, one that is not live."""
    inverse = {"contract_type": "perpetual_futures", "notional_type": "inverse", "settling_asset": _asset("BTC")}
    option = {"contract_type": "call_options", "strike_price": "60000", "settlement_time": "2030-12-27T12:00:00Z"}
    return [
        _plain_product(900, "BTCUSD_INVERSE", "BTC") | inverse,
        _plain_product(901, "C-BTC-60000-271230", "BTC") | option,
        _plain_product(902, "OLDUSD", "XRP") | {"state": "expired"},
    ]


def asset_json(symbol: str) -> dict[str, Any]:
    """An asset as GET assets shows it."""
    return _asset(symbol) | {
        "precision": 8,
        "minimum_precision": 2,
        "deposit_status": "enabled",
        "withdrawal_status": "enabled",
        "base_withdrawal_fee": "0.0",
        "min_withdrawal_amount": "0.0",
        "networks": [],
    }


def _asset(symbol: str) -> dict[str, Any]:
    return {"id": ASSETS[symbol], "symbol": symbol, "name": symbol}


def _plain_product(number: int, symbol: str, base: str) -> dict[str, Any]:
    return {
        "id": number,
        "symbol": symbol,
        "description": symbol,
        "contract_type": "perpetual_futures",
        "notional_type": "vanilla",
        "is_quanto": False,
        "state": "live",
        "trading_status": "operational",
        "tick_size": "0.5",
        "contract_value": "1",
        "contract_unit_currency": base,
        "maker_commission_rate": "0.0002",
        "taker_commission_rate": "0.0005",
        "position_size_limit": 100_000,
        "initial_margin": "1",
        "maintenance_margin": "0.5",
        "launch_time": "2023-12-18T13:10:39Z",
        "settlement_time": None,
        "strike_price": None,
        "underlying_asset": _asset(base),
        "quoting_asset": _asset(QUOTE),
        "settling_asset": _asset(QUOTE),
        "spot_index": {"symbol": f".DEX{base}USD"},
        "product_specs": {"rate_exchange_interval": 28_800},
        "ui_config": {},
        "auction_start_time": None,
        "auction_finish_time": None,
    }
