"""What a row of a market file means: which column is which, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from tradedeck.domain.order import Side

Kind = Literal["bars", "trades"]
Row = Sequence[object]

_TIMES = (
    "open_time", "ts", "time", "timestamp", "datetime", "date", "opentime", "funding_time", "fundingtime", "calc_time",
)  # fmt: skip
_BARS: Mapping[str, tuple[str, ...]] = {
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
}
_TRADES: Mapping[str, tuple[str, ...]] = {
    "price": ("price", "p"),
    "size": ("size", "qty", "quantity", "q", "amount"),
}
_RATES = ("rate", "funding_rate", "fundingrate", "last_funding_rate", "lastfundingrate")
_IDS = ("id", "trade_id", "tradeid", "agg_trade_id")
_SIDES = ("side", "aggressor")
_BUYER_MAKES = ("is_buyer_maker", "isbuyermaker", "m")

DUMP_BARS = ("open_time", "open", "high", "low", "close", "volume")
"""The first columns of Binance's own bar dumps, which have no header (12 columns)."""
DUMP_TRADES = ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match")
"""The columns of Binance's own trade dumps, which have no header."""

# A number this large or larger is in the next finer unit: seconds until the year 5138, and so on.
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
_SIDE_WORDS = {
    "buy": Side.BUY,
    "b": Side.BUY,
    "1": Side.BUY,
    "sell": Side.SELL,
    "s": Side.SELL,
    "-1": Side.SELL,
}
_TRUE_WORDS = {"true", "1", "t"}


class ColumnError(ValueError):
    """A header or a cell that can't be understood; the message says which."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where everything is. Positions in a row; -1 where a file has no such column."""

    kind: Kind
    time: int
    amounts: tuple[int, ...]
    id: int = -1
    side: int = -1
    buyer_makes: int = -1


def columns_of(header: Sequence[str]) -> Columns:
    """Understand a header.

    Raises:
        ColumnError: neither bars nor trades.
    """
    names = [name.strip().lower() for name in header]

    def find(choices: Sequence[str]) -> int:
        return next((names.index(choice) for choice in choices if choice in names), -1)

    time = time_column(header)
    bars = tuple(find(choices) for choices in _BARS.values())
    if min(bars) >= 0:
        return Columns("bars", time, bars)
    trades = tuple(find(choices) for choices in _TRADES.values())
    if min(trades) >= 0:
        return Columns("trades", time, trades, find(_IDS), find(_SIDES), find(_BUYER_MAKES))
    raise ColumnError("neither bars (open, high, low, close, volume) nor trades (price, size) in its columns")


def time_column(header: Sequence[str]) -> int:
    """Where the time is.

    Raises:
        ColumnError: nowhere.
    """
    names = [name.strip().lower() for name in header]
    for choice in _TIMES:
        if choice in names:
            return names.index(choice)
    raise ColumnError(f"no time column; name one of them {', '.join(_TIMES[:4])}")


def rate_column(header: Sequence[str]) -> int:
    """Where a funding rate is; -1 where there is none."""
    names = [name.strip().lower() for name in header]
    return next((names.index(choice) for choice in _RATES if choice in names), -1)


def time_ns_of(cell: object) -> int:
    """UTC nanoseconds from a number of s, ms, us or ns (told by its magnitude) or an ISO date."""
    text = str(cell).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _iso_ns(text)
    if not number.is_finite() or number < 0:
        raise ColumnError(f"{text!r} is not a time")
    factor = next((factor for limit, factor in _UNITS if number < limit), 1)
    return int(number * factor)


def decimal_of(cell: object) -> Decimal:
    """The exact decimal of a text, or of the shortest text that means a float."""
    try:
        number = Decimal(str(cell).strip())
    except InvalidOperation:
        raise ColumnError(f"{cell!r} is not a number") from None
    if not number.is_finite():
        raise ColumnError(f"{cell!r} is not a finite number")
    return number


def aggressor_of(columns: Columns) -> Callable[[Row], Side | None]:
    """How to tell who took liquidity; the result is None where the file does not say."""
    if columns.side >= 0:
        return lambda row: _side_of(row[columns.side])
    if columns.buyer_makes >= 0:
        return lambda row: Side.SELL if str(row[columns.buyer_makes]).lower() in _TRUE_WORDS else Side.BUY
    return lambda row: None


def _side_of(cell: object) -> Side:
    side = _SIDE_WORDS.get(str(cell).strip().lower())
    if side is None:
        raise ColumnError(f"{cell!r} is not a side; write buy or sell")
    return side


def _iso_ns(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ColumnError(f"{text!r} is not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 10**6 + since.microseconds) * 1000
