"""Bars as the trades that could have made them, and trades as the bars they make.

The path inside a bar is stated, not guessed: open, then the extreme *against* the bar's direction,
then the other extreme, then close (low first in a rising bar, high first in a falling one). Each
step carries a quarter of the volume in whole lots, the rest goes to the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO, floor_to
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade

STEPS_PER_BAR = 4
_LAST_STEP_BEFORE_CLOSE_NS = 1_000_000


def trades_of(bar: Bar, instrument: Instrument, first_id: int) -> list[Trade]:
    """Up to four trades that reproduce `bar`; none when nothing traded in it."""
    if bar.volume <= ZERO:
        return []
    rising = bar.close >= bar.open
    prices = [bar.open, bar.low, bar.high, bar.close] if rising else [bar.open, bar.high, bar.low, bar.close]
    quarter = floor_to(bar.volume / STEPS_PER_BAR, instrument.lot)
    sizes = [quarter, quarter, quarter, bar.volume - 3 * quarter]
    offsets = [
        0,
        bar.timeframe_ns // 4,
        bar.timeframe_ns // 2,
        bar.timeframe_ns - _LAST_STEP_BEFORE_CLOSE_NS,
    ]
    trades: list[Trade] = []
    before = prices[0]
    for index, (price, size, offset) in enumerate(zip(prices, sizes, offsets, strict=True)):
        if size > ZERO:
            aggressor = Side.BUY if price >= before else Side.SELL
            trades.append(Trade(bar.symbol, str(first_id + index), price, size, aggressor, bar.open_ns + offset))
        before = price
    return trades


def replay_bars(bars: Iterable[Bar], instrument: Instrument) -> Iterator[Trade | Bar]:
    """The trades of each bar, then the bar itself as it closes."""
    for index, bar in enumerate(bars):
        yield from trades_of(bar, instrument, index * STEPS_PER_BAR + 1)
        yield bar


def replay_trades(trades: Iterable[Trade], timeframe_ns: int) -> Iterator[Trade | Bar]:
    """The trades, and each bar of `timeframe_ns` before the first trade after its close.

    The last, unfinished bar is not shown. Minutes without a trade have no bar.
    """
    current: Bar | None = None
    for trade in trades:
        open_ns = trade.time_ns - trade.time_ns % timeframe_ns
        if current is not None and open_ns != current.open_ns:
            yield current
            current = None
        current = grown(current, trade, open_ns, timeframe_ns)
        yield trade


def grown(bar: Bar | None, trade: Trade, open_ns: int, timeframe_ns: int) -> Bar:
    """The bar with one more trade, or a new one that opens with it."""
    price: Decimal = trade.price
    if bar is None:
        return Bar(trade.symbol, timeframe_ns, open_ns, price, price, price, price, trade.size)
    return replace(
        bar,
        high=max(bar.high, price),
        low=min(bar.low, price),
        close=price,
        volume=bar.volume + trade.size,
    )
