"""Bars become trades and trades become bars again."""

from collections.abc import Iterable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.sim.path import grown, replay_bars, replay_trades, trades_of

prices = st.integers(1, 10**7).map(lambda n: Decimal(n) / 100)


@st.composite
def bars(draw: st.DrawFn, at_least_lots: int = 4) -> list[Bar]:
    """Bars of successive minutes with any shape."""
    made: list[Bar] = []
    for minute in range(draw(st.integers(1, 8))):
        four = sorted(draw(st.lists(prices, min_size=4, max_size=4)))
        first, last = draw(st.permutations(four[1:3]))
        volume = Decimal(draw(st.integers(at_least_lots, 10**6))) / 100_000
        made.append(Bar("BTCUSDT", MINUTE_NS, minute * MINUTE_NS, first, four[3], four[0], last, volume))
    return made


def rebuilt(trades: Iterable[Trade], open_ns: int) -> Bar | None:
    bar: Bar | None = None
    for trade in trades:
        bar = grown(bar, trade, open_ns, MINUTE_NS)
    return bar


@given(bars())
def test_the_trades_of_a_bar_make_the_same_bar_again(btc: Instrument, given_bars: list[Bar]) -> None:
    for number, bar in enumerate(given_bars):
        trades = trades_of(bar, btc, number * 4 + 1)
        assert rebuilt(trades, bar.open_ns) == bar
        assert [t.time_ns for t in trades] == sorted(t.time_ns for t in trades)
        assert all(bar.open_ns <= t.time_ns < bar.time_ns for t in trades)


@given(bars())
def test_replayed_bars_come_back_from_their_own_trades(btc: Instrument, given_bars: list[Bar]) -> None:
    events = list(replay_bars(given_bars, btc))
    assert [event for event in events if isinstance(event, Bar)] == given_bars
    trades = [event for event in events if isinstance(event, Trade)]
    assert len({t.trade_id for t in trades}) == len(trades)
    again = list(replay_trades(trades, MINUTE_NS))
    # The last bar has no trade after its close to say that it is over.
    assert [event for event in again if isinstance(event, Bar)] == given_bars[:-1]
    assert [event for event in again if isinstance(event, Trade)] == trades
    times = [event.time_ns for event in again]
    assert times == sorted(times)


@given(bars(at_least_lots=0))
def test_no_volume_is_made_or_lost_however_small_the_bar(btc: Instrument, given_bars: list[Bar]) -> None:
    for bar in given_bars:
        trades = trades_of(bar, btc, 1)
        assert sum((t.size for t in trades), Decimal(0)) == bar.volume
        assert all(t.size > 0 for t in trades)


def test_a_minute_without_trades_has_no_bar() -> None:
    def trade(minute: int) -> Trade:
        return Trade("BTCUSDT", str(minute), Decimal(5), Decimal(1), Side.BUY, minute * MINUTE_NS)

    shown = list(replay_trades([trade(0), trade(3), trade(4)], MINUTE_NS))
    assert [e.open_ns // MINUTE_NS for e in shown if isinstance(e, Bar)] == [0, 3]
