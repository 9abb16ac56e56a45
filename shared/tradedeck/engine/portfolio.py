"""What the account and each strategy hold, and the last prices."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.position import Position
from tradedeck.domain.trade import Trade


class Portfolio:
    """Positions by symbol for the account, and by (source, symbol) for each strategy and for manual trading."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._instruments = instruments
        self.positions: dict[str, Position] = {}
        self.last_prices: dict[str, Decimal] = {}
        self.priced_until_ns: dict[str, int] = {}
        self.now_ns = 0
        self.foreign_fees: list[Fill] = []
        self._by_source: dict[tuple[str, str], Position] = {}
        self._fills: dict[tuple[str, str], list[Fill]] = {}

    def position(self, symbol: str, source: str | None = None) -> Position:
        """The position of the account, or of one source."""
        if source is None:
            return self.positions.get(symbol, Position(symbol))
        return self._by_source.get((source, symbol), Position(symbol))

    def positions_of(self, source: str | None = None) -> Iterable[Position]:
        """Every position there has ever been, of the account or of one source."""
        if source is None:
            return self.positions.values()
        return [position for (whose, _), position in self._by_source.items() if whose == source]

    def sources(self) -> set[str]:
        """Everyone whose orders have filled."""
        return {source for source, _ in self._by_source}

    def price(self, event: Bar | Trade) -> None:
        """Take the newest price. A bar's is news until the next one of its timeframe is due."""
        self.now_ns = max(self.now_ns, event.time_ns)
        if isinstance(event, Trade):
            self.last_prices[event.symbol] = event.price
            self.priced_until_ns[event.symbol] = event.time_ns
        else:
            self.last_prices[event.symbol] = event.close
            self.priced_until_ns[event.symbol] = event.time_ns + event.timeframe_ns

    def take(self, fill: Fill, source: str) -> None:
        """Count a new fill. Fills may come late: positions are those of the venue's order of fills."""
        if self._fee_in_quote(fill) is None:
            # A fee in a third asset has no exact value in the quote; it is listed, not guessed.
            self.foreign_fees.append(fill)
        symbol = fill.symbol
        self.positions[symbol] = self._grown(self.position(symbol), self._fills.setdefault(("", symbol), []), fill)
        own = self._fills.setdefault((source, symbol), [])
        self._by_source[source, symbol] = self._grown(self.position(symbol, source), own, fill)

    def unrealised(self, symbol: str) -> Decimal:
        """Open profit at the last price; zero when flat or without a price."""
        mark = self.last_prices.get(symbol)
        return ZERO if mark is None else self.position(symbol).unrealised(mark)

    def _grown(self, position: Position, earlier: list[Fill], fill: Fill) -> Position:
        in_order = not earlier or earlier[-1].order_key <= fill.order_key
        insort(earlier, fill, key=lambda known: known.order_key)
        start, missing = (position, [fill]) if in_order else (Position(fill.symbol), earlier)
        for one in missing:
            start = start.with_fill(one, self._fee_in_quote(one) or ZERO)
        return start

    def _fee_in_quote(self, fill: Fill) -> Decimal | None:
        instrument = self._instruments[fill.symbol]
        try:
            return fill.fee_in_quote(instrument.base, instrument.quote)
        except RefusedError:
            return None
