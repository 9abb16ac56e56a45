"""Walk-forward trades only what was found before, and its account is the tests' returns one after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.research.crossing import CASH, DECLARED, equity, evaluate
from shared.research.runs import week

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.optimise import EquityOf, Evaluate, Method, Plan, Progress
from tradedeck.research.result import Summary
from tradedeck.research.space import Space, space_of
from tradedeck.research.walkforward import Window, walk_forward, windows_of

PLAN = Plan(Method.GRID, ("profit",))


def crosses() -> Space:
    return space_of(DECLARED, ["fast=10:40:10", "slow=60:180:40"])


def test_rolling_windows_keep_their_length_and_anchored_ones_grow() -> None:
    rolling = windows_of(100, 40, 20)
    assert rolling == (Window(0, 40, 40, 60), Window(20, 60, 60, 80), Window(40, 80, 80, 100))
    anchored = windows_of(100, 40, 20, anchored=True, gap=5)
    assert anchored == (Window(0, 40, 45, 65), Window(0, 60, 65, 85))


@given(st.integers(2, 500), st.integers(1, 200), st.integers(1, 100), st.booleans(), st.integers(0, 20))
def test_no_window_trains_on_what_it_tests(bars: int, train: int, test: int, anchored: bool, gap: int) -> None:
    if train + gap + test > bars:
        with pytest.raises(RefusedError, match="shorter windows"):
            windows_of(bars, train, test, anchored=anchored, gap=gap)
        return
    windows = windows_of(bars, train, test, anchored=anchored, gap=gap)
    for window in windows:
        assert 0 <= window.train_start < window.train_stop == window.test_start - gap
        assert window.test_stop - window.test_start == test
        assert window.train_stop - window.train_start >= train
    for before, after in pairwise(windows):
        assert before.test_stop == after.test_start
    assert bars - test < windows[-1].test_stop <= bars


def test_every_test_is_run_with_the_best_of_its_own_training() -> None:
    series = week()
    windows = windows_of(len(series), 2880, 1440)
    found = walk_forward(crosses(), evaluate, equity, series, PLAN, windows)
    account, expected = CASH, np.empty(0)
    for window, best in zip(windows, found.chosen, strict=True):
        training = series.slice(window.train_start, window.train_stop)
        summaries = evaluate(list(crosses().points()), training)
        assert best is not None
        assert best.score == max(summary.profit for summary in summaries)
        curve = equity(best.params, series.slice(window.test_start, window.test_stop))
        expected = np.r_[expected, account * curve / CASH]
        account = expected[-1]
    assert found.equity == pytest.approx(expected, rel=1e-12)
    assert len(found.open_ns) == len(found.equity) == 1440 * len(windows)
    assert found.open_ns.tolist() == series.open_ns[2880 : windows[-1].test_stop].tolist()
    assert math.prod(1 + value for value in found.table["out_return"]) == pytest.approx(account / CASH)
    assert found.table["test_from"].dt.epoch("ns").to_list() == [int(series.open_ns[w.test_start]) for w in windows]
    assert found.drift["fast"].to_list() == [best.params["fast"] for best in found.chosen if best is not None]


def test_warm_up_bars_are_run_but_not_counted() -> None:
    series = week().slice(0, 4000)
    windows = windows_of(len(series), 2000, 1000)
    warm = walk_forward(crosses(), evaluate, equity, series, PLAN, windows, warmup=300)
    best = warm.chosen[0]
    assert best is not None
    curve = equity(best.params, series.slice(1700, 3000))
    assert warm.equity[:1000] == pytest.approx(CASH * curve[300:] / curve[299], rel=1e-12)


def changing(levels: Sequence[int]) -> tuple[Evaluate, EquityOf]:
    """A market whose best `fast` is another in every 100 bars; the account gains 1 % a bar there, loses elsewhere."""

    def curve(params: Mapping[str, str], series: BarSeries) -> Floats:
        eras = series.open_ns // 100
        growth = [1.01 if levels[era % len(levels)] == int(params["fast"]) else 0.999 for era in eras.tolist()]
        return 100 * np.array(growth, np.float64).cumprod()

    def judge(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
        ends = [float(curve(params, series)[-1]) for params in combos]
        return [Summary(dict(p), end - 100, end, 0.1, 1.0, 50, 100, 0.0) for p, end in zip(combos, ends, strict=True)]

    return judge, curve


def clock(bars: int) -> BarSeries:
    return BarSeries("BTCUSDT", 1, np.arange(bars), *[np.ones(bars)] * 5)


@pytest.mark.parametrize(
    ("levels", "says"), [([3], []), ([1, 9, 1, 9], ["out of sample it loses money", "the best parameters jump"])]
)
def test_noise_is_told_from_what_lasts(levels: list[int], says: list[str]) -> None:
    judge, curve = changing(levels)
    space = space_of(DECLARED, ["fast=1:9"])
    found = walk_forward(space, judge, curve, clock(800), PLAN, windows_of(800, 100, 100))
    assert [warning for warning in found.warnings if not any(warning.startswith(word) for word in says)] == []
    assert len(found.warnings) == len(says)
    if levels == [3]:
        assert found.efficiency == pytest.approx(1.0)
        assert found.drift["moved"].to_list()[1:] == [0.0] * 6
    else:
        assert found.efficiency < 0
        assert found.drift["moved"].to_list()[1:] == [1.0] * 6


def test_it_can_be_stopped_and_goes_on_from_its_folder(tmp_path: Path) -> None:
    series = week().slice(0, 4000)
    windows = windows_of(len(series), 1000, 1000)
    asked: list[int] = []

    def stopping(combos: Sequence[Mapping[str, str]], part: BarSeries) -> list[Summary]:
        asked.append(len(combos))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return evaluate(combos, part)

    told: list[tuple[int, int, int]] = []

    def show(window: int, count: int, progress: Progress) -> None:
        told.append((window, count, progress.done))

    first = walk_forward(crosses(), stopping, equity, series, PLAN, windows, folder=tmp_path / "wf", show=show)
    assert first.interrupted
    assert len(first.windows) == 2
    assert told == [(0, 3, 16), (1, 3, 16)]
    second = walk_forward(crosses(), stopping, equity, series, PLAN, windows, folder=tmp_path / "wf")
    assert not second.interrupted
    assert asked == [16] * 4
    assert second.equity[:2000].tolist() == first.equity.tolist()


def test_a_window_in_which_nothing_trades_stays_in_cash() -> None:
    space = space_of(DECLARED, ["fast=10,20", "slow=600,700"])
    series = week().slice(0, 1500)
    found = walk_forward(space, evaluate, equity, series, PLAN, windows_of(1500, 500, 500))
    assert found.chosen == (None, None)
    assert set(found.equity.tolist()) == {1.0}
    assert math.isnan(found.efficiency)
