"""Streaming, array and naive formula agree."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.indicators import ATR, EMA, RSI, SMA, Stream, over

prices = st.floats(1, 1e6, allow_nan=False)
rows = st.lists(
    st.tuples(prices, prices, prices).map(lambda p: (max(p), min(p), sorted(p)[1])), min_size=1, max_size=60
)
lengths = st.integers(1, 15)
Row = tuple[float, float, float]


def naive_sma(bars: list[Row], length: int) -> list[float | None]:
    closes = [row[2] for row in bars]
    return [sum(closes[i + 1 - length : i + 1]) / length if i + 1 >= length else None for i in range(len(closes))]


def naive_ema(bars: list[Row], length: int) -> list[float | None]:
    closes, values = [row[2] for row in bars], list[float | None]()
    for i, close in enumerate(closes):
        if i + 1 < length:
            values.append(None)
        elif i + 1 == length:
            values.append(sum(closes[:length]) / length)
        else:
            before = values[-1]
            assert before is not None
            values.append(close * 2 / (length + 1) + before * (1 - 2 / (length + 1)))
    return values


def wilder(values: list[float], length: int) -> list[float | None]:
    smooth = list[float | None]()
    for i, value in enumerate(values):
        if i + 1 < length:
            smooth.append(None)
        elif i + 1 == length:
            smooth.append(sum(values[:length]) / length)
        else:
            before = smooth[-1]
            assert before is not None
            smooth.append((before * (length - 1) + value) / length)
    return smooth


def naive_rsi(bars: list[Row], length: int) -> list[float | None]:
    closes = [row[2] for row in bars]
    moves = [b - a for a, b in pairwise(closes)]
    gains = wilder([max(m, 0.0) for m in moves], length)
    losses = wilder([max(-m, 0.0) for m in moves], length)
    values = list[float | None]([None])
    for gain, loss in zip(gains, losses, strict=True):
        if gain is None or loss is None:
            values.append(None)
        elif gain == loss == 0:
            values.append(50.0)
        else:
            values.append(100.0 if loss == 0 else 100 - 100 / (1 + gain / loss))
    return values


def naive_atr(bars: list[Row], length: int) -> list[float | None]:
    ranges = [bars[0][0] - bars[0][1]]
    ranges += [
        max(high - low, abs(high - before), abs(low - before))
        for (high, low, _), (_, _, before) in zip(bars[1:], bars, strict=False)
    ]
    return wilder(ranges, length)


FORMULAS: list[tuple[type[Stream], Callable[[list[Row], int], list[float | None]]]] = [
    (SMA, naive_sma),
    (EMA, naive_ema),
    (RSI, naive_rsi),
    (ATR, naive_atr),
]


@pytest.mark.parametrize(("kind", "naive"), FORMULAS)
@given(bars=rows, length=lengths)
def test_streaming_array_and_formula_agree(
    kind: Callable[[int], Stream], naive: Callable[[list[Row], int], list[float | None]], bars: list[Row], length: int
) -> None:
    series = over(kind(length), bars)
    stream = kind(length)
    for index, bar in enumerate(bars):
        stream.update(*bar)
        assert stream.value == series[index]
        assert stream.previous == (series[index - 1] if index else None)
    for got, wanted in zip(series, naive(bars, length), strict=True):
        assert (got is None) == (wanted is None)
        assert wanted is None or got == pytest.approx(wanted, rel=1e-6, abs=1e-5)


@given(bars=rows, length=lengths)
def test_an_rsi_stays_between_0_and_100(bars: list[Row], length: int) -> None:
    assert all(value is None or 0 <= value <= 100 for value in over(RSI(length), bars))


def test_an_rsi_that_never_moved_stands_in_the_middle() -> None:
    assert over(RSI(2), [(1.0, 1.0, 1.0)] * 4) == [None, None, 50.0, 50.0]


@pytest.mark.parametrize("kind", [SMA, EMA, RSI, ATR])
@pytest.mark.parametrize("length", [0, -3])
def test_a_length_below_one_is_refused(kind: Callable[[int], Stream], length: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        kind(length)
