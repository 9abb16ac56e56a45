"""What a strategy sees of exact events: the same facts as floats."""

from __future__ import annotations

from dataclasses import dataclass

from tradedeck.domain.bar import Bar
from tradedeck.domain.book import Book, Quote
from tradedeck.domain.fill import Fill
from tradedeck.domain.trade import Trade

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class SeenBar:
    """A closed bar."""

    symbol: str
    open_ns: int
    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class SeenTrade:
    """A print of the tape; `side` is +1 when the buyer took."""

    symbol: str
    time_ns: int
    price: float
    size: float
    side: int


@dataclass(frozen=True, slots=True)
class SeenBook:
    """The best of the book; NaN prices and zero sizes where a side is empty."""

    symbol: str
    time_ns: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float


@dataclass(frozen=True, slots=True)
class SeenFill:
    """A fill of the strategy's order number `order`; 0 for an order it did not ask for itself."""

    symbol: str
    order: int
    side: int
    price: float
    size: float
    maker: bool
    time_ns: int


def no_bar(symbol: str) -> SeenBar:
    """The bar of a market before its first."""
    return SeenBar(symbol, 0, 0, NAN, NAN, NAN, NAN, 0.0)


def seen_bar(bar: Bar) -> SeenBar:
    """A bar as a strategy sees it."""
    return SeenBar(
        bar.symbol, bar.open_ns, bar.time_ns,
        float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume),
    )  # fmt: skip


def seen_trade(trade: Trade) -> SeenTrade:
    """A trade as a strategy sees it."""
    return SeenTrade(trade.symbol, trade.time_ns, float(trade.price), float(trade.size), trade.aggressor.sign)


def seen_book(book: Quote | Book) -> SeenBook:
    """A quote, or the top of a book, as a strategy sees it."""
    if isinstance(book, Quote):
        bid, ask = (float(book.bid), float(book.bid_size)), (float(book.ask), float(book.ask_size))
    else:
        bid, ask = (
            (float(side[0].price), float(side[0].size)) if side else (NAN, 0.0) for side in (book.bids, book.asks)
        )
    return SeenBook(book.symbol, book.time_ns, *bid, *ask)


def seen_fill(fill: Fill, order: int) -> SeenFill:
    """A fill as a strategy sees it."""
    return SeenFill(
        fill.symbol, order, fill.side.sign, float(fill.price), float(fill.size), fill.maker, fill.time_ns
    )  # fmt: skip
