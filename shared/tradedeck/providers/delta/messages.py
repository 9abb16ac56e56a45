"""Delta Exchange's JSON to our events: exact decimals from the text on the wire, contracts to base units. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.book import Quote
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.money import ZERO, exact, is_multiple, text
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.ports.account import Holding
from tradedeck.ports.broker import Balance
from tradedeck.ports.capabilities import MarginMode

Json = Mapping[str, Any]

US_NS = 1_000
S_NS = 1_000_000_000
TIMEFRAMES: dict[int, str] = {
    minutes * MINUTE_NS: name
    for name, minutes in (
        ("1m", 1),
        ("3m", 3),
        ("5m", 5),
        ("15m", 15),
        ("30m", 30),
        ("1h", 60),
        ("2h", 120),
        ("4h", 240),
        ("6h", 360),
        ("1d", 1_440),
        ("1w", 10_080),
    )
}
"""Bar lengths the venue has, in nanoseconds, by its own names."""
_PERPETUAL = "perpetual_futures"


def instruments(products: Sequence[Json], venue: str) -> tuple[list[Instrument], dict[str, str]]:
    """What can be traded here, and of the rest, by symbol, why it can't."""
    taken: list[Instrument] = []
    left_out: dict[str, str] = {}
    for product in products:
        reason = _reason_against(product)
        if reason:
            left_out[product["symbol"]] = reason
        else:
            taken.append(_instrument(product, venue))
    return taken, left_out


def contracts(size: Decimal, instrument: Instrument) -> int:
    """How many contracts `size` base units are.

    Raises:
        RefusedError: not a whole number of them.
    """
    if size <= ZERO or not is_multiple(size, instrument.contract):
        raise RefusedError(
            f"{text(size)} {instrument.base} is no whole number of contracts; {instrument.symbol} trades in contracts"
            f" of {text(instrument.contract)} {instrument.base}",
            code="filter.LOT_SIZE",
        )
    return int(size / instrument.contract)


def time_ns(written: Any) -> int:
    """A time as the venue writes it, microseconds or ISO 8601, in UTC nanoseconds."""
    if isinstance(written, str) and not written.isdigit():
        moment = datetime.fromisoformat(written)
        return int(moment.timestamp()) * S_NS + moment.microsecond * US_NS
    return int(written) * US_NS


def trade(raw: Json, instrument: Instrument, number: int) -> Trade:
    """A print. The venue gives prints no id; `number` tells apart those of one microsecond."""
    # `r`: the buyer's role; a buyer who took is the aggressor.
    aggressor = Side.BUY if raw["r"] in ("t", "taker") else Side.SELL
    size = exact(raw["s"]) * instrument.contract
    return Trade(instrument.symbol, f"{raw['t']}-{number}", exact(raw["p"]), size, aggressor, time_ns(raw["t"]))


def quote(raw: Json, instrument: Instrument) -> Quote | None:
    """The best prices; None while a side is empty."""
    if not raw.get("bp") or not raw.get("ap"):
        return None
    each = instrument.contract
    return Quote(
        instrument.symbol,
        exact(raw["bp"]),
        exact(raw["bs"]) * each,
        exact(raw["ap"]),
        exact(raw["as"]) * each,
        time_ns(raw["lts"]),
    )


def bars(rows: Sequence[Json], instrument: Instrument, timeframe_ns: int, now_ns: int) -> list[Bar]:
    """The bars of candle rows that have closed by `now_ns`, oldest first whatever their order."""
    found = [
        Bar(
            instrument.symbol,
            timeframe_ns,
            int(row["time"]) * S_NS,
            _number(row["open"]),
            _number(row["high"]),
            _number(row["low"]),
            _number(row["close"]),
            _number(row["volume"]) * instrument.contract,
        )
        for row in rows
    ]
    return sorted((bar for bar in found if bar.time_ns <= now_ns), key=lambda bar: bar.open_ns)


def balances(rows: Sequence[Json]) -> list[Balance]:
    """Balances with something in them."""
    found: list[Balance] = []
    for row in rows:
        whole, free = _number(row["balance"]), _number(row["available_balance"])
        if whole or free:
            found.append(Balance(row["asset_symbol"], free, whole - free))
    return found


def fill(raw: Json, instrument: Instrument, client_order_id: str) -> Fill:
    """A record of GET fills. The commission is in the settling asset, which is the quote of a linear contract."""
    return Fill(
        symbol=instrument.symbol,
        trade_id=str(raw["id"]),
        client_order_id=client_order_id,
        side=Side(raw["side"]),
        price=exact(raw["price"]),
        size=exact(raw["size"]) * instrument.contract,
        fee=exact(raw["commission"]),
        fee_asset=instrument.quote,
        maker=raw["role"] == "maker",
        time_ns=time_ns(raw["created_at"]),
    )


def holding(raw: Json, instrument: Instrument, mark: Decimal, leverage: int) -> Holding:
    """An open position; `size` is negative for a short."""
    liquidation = raw.get("liquidation_price")
    mode = MarginMode.CROSS if raw.get("margin_mode") in ("cross", "portfolio") else MarginMode.ISOLATED
    return Holding(
        symbol=instrument.symbol,
        size=exact(raw["size"]) * instrument.contract,
        entry=exact(raw["entry_price"]),
        mark=mark,
        margin=exact(raw["margin"]),
        leverage=leverage,
        margin_mode=mode,
        liquidation=None if liquidation in (None, "") else exact(liquidation),
    )


def _number(written: Any) -> Decimal:
    """Candles come as JSON numbers, everything else as text; the shortest text of a float is what was written."""
    return exact(repr(written) if isinstance(written, float) else written)


def _reason_against(product: Json) -> str:
    kind, quoted, settled = product["contract_type"], _symbol(product, "quoting"), _symbol(product, "settling")
    if kind != _PERPETUAL:
        return f"it is of the kind {kind.replace('_', ' ')}; only perpetuals are traded here"
    if product.get("notional_type") == "inverse" or settled == _symbol(product, "underlying"):
        return f"it is an inverse contract, counted and settled in {settled}; only linear perpetuals are traded here"
    if settled != quoted:
        return f"it is quoted in {quoted} and settled in {settled}; only contracts of one money are traded here"
    if product.get("state") != "live":
        return f"the venue does not trade it at the moment ({product.get('state')})"
    return ""


def _symbol(product: Json, role: str) -> str:
    asset: Json = product.get(f"{role}_asset") or {}
    return str(asset.get("symbol", ""))


def _instrument(product: Json, venue: str) -> Instrument:
    contract = exact(product["contract_value"])
    return Instrument(
        symbol=product["symbol"],
        venue=venue,
        base=_symbol(product, "underlying"),
        quote=_symbol(product, "quoting"),
        tick=exact(product["tick_size"]),
        lot=contract,
        min_size=contract,
        max_size=contract * exact(product["position_size_limit"]),
        min_notional=ZERO,
        fees=FeeSchedule(exact(product["maker_commission_rate"]), exact(product["taker_commission_rate"])),
        kind=Kind.LINEAR,
        contract=contract,
        venue_id=str(product["id"]),
    )
