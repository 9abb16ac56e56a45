"""A strategy that knows the future is caught, and told by which line; an honest one is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shared.research.runs import BTC, week
from shared.research.truth import cheats, honest
from shared.research.truth.cheats import DAY

from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.research.truth import Finding, Level, check_truth
from tradedeck.research.truth.findings import Clock
from tradedeck.research.truth.lookahead import look_ahead
from tradedeck.research.truth.recorder import Case
from tradedeck.strategies import BUNDLED

ETH = replace(BTC, symbol="ETHUSDT", base="ETH")
_TIMES = 3
_WEEK = week()
LONG = BarSeries(
    "BTCUSDT",
    _WEEK.timeframe_ns,
    _WEEK.open_ns[0] + np.arange(_TIMES * len(_WEEK)) * _WEEK.timeframe_ns,
    *(np.tile(one, _TIMES) for one in (_WEEK.open, _WEEK.high, _WEEK.low, _WEEK.close, _WEEK.volume)),
)
"""The week again and again: longer than what is cut as a whole."""
CLOSED_OVER = cheats.with_default(tuple(DAY.close.tolist()))


def failed(strategy: type[Strategy]) -> dict[str, Finding]:
    run = backtest(strategy, DAY, BTC)
    assert len(run.orders) > 5, "a check of a strategy that does nothing says nothing"
    found = check_truth(strategy, run, seconds=600)
    return {finding.check: finding for finding in found if finding.level is Level.FAILED}


@pytest.mark.parametrize(
    ("strategy", "blamed"),
    [
        (cheats.ReadsAhead, "return series.close[i + 1] > series.close[i]"),
        (cheats.ReadsAheadCarefully, "self.buy(0.01)"),
        (cheats.ReadsTheBase, "self.target(0.01 if everything[: len(DAY)].mean() > bar.close else 0.0)"),
        (cheats.KnowsTheLineToCome, "self."),
        (cheats.Normalises, "self.buy(0.001)"),
        (cheats.PeeksAtSignals, "self.bracket(0.01, take=bar.close * 1.003, loss=bar.close * 0.99)"),
    ],
)
def test_who_looks_ahead_is_caught_at_the_line_that_did_it(strategy: type[Strategy], blamed: str) -> None:
    found = failed(strategy)["look-ahead"]
    assert any(line.startswith("cheats.py:") and blamed in line for line in found.lines), found
    assert 0 <= found.bar < len(DAY)


def test_a_line_that_repaints_is_named() -> None:
    found = failed(cheats.Centres)
    assert found["repainting"].detail.startswith("the line sma 11 was ")
    assert "look-ahead" in found


@pytest.mark.parametrize(
    ("strategy", "named"),
    [
        (cheats.HoldsThePrices, "DAY.open_ns holds 1,440 numbers, among them the opening times"),
        (cheats.HoldsADiary, "HoldsADiary.diary (its keys) holds 1,439 numbers, among them the opening times"),
        (CLOSED_OVER, "ClosesOver.on_bar (what it closes over) holds 1,440 numbers, among them the closes"),
    ],
)
def test_prices_of_its_own_are_found_though_no_cut_shows_them(strategy: type[Strategy], named: str) -> None:
    found = failed(strategy)
    assert named in found["own memory"].detail
    assert "look-ahead" not in found


def test_a_series_kept_in_a_global_is_found() -> None:
    found = failed(cheats.KeepsTheSeries)["own memory"].detail
    assert "holds 1,440 numbers" in found


@pytest.mark.parametrize("strategy", [cheats.Gambles, cheats.Remembers])
def test_what_is_not_the_same_twice_is_told(strategy: type[Strategy]) -> None:
    found = failed(strategy)["repeatable"]
    assert "chance or a clock" in found.detail
    assert found.lines[0].startswith("cheats.py:")


@pytest.mark.parametrize(
    "strategy",
    [
        honest.KeepsItsOwnPast, honest.LooksAtHours, honest.WakesByTheClock, honest.RestsOrders,
        honest.AnswersFills, honest.HasLevels, BUNDLED["sma-cross"], BUNDLED["rsi-reversion"],
        BUNDLED["donchian-breakout"], BUNDLED["grid"], BUNDLED["dca"],
    ],
)  # fmt: skip
def test_an_honest_strategy_is_left_alone(strategy: type[Strategy]) -> None:
    assert failed(strategy) == {}


def test_in_long_data_the_stretch_around_a_cut_is_enough() -> None:
    def checked(strategy: type[Strategy]) -> Finding:
        run = backtest(strategy, LONG, BTC)
        found = look_ahead(run, Case(strategy, LONG, BTC, {}, run.settings), 6, Clock(600), lambda _: None)
        return found[-1]

    assert checked(BUNDLED["sma-cross"]).detail == "cut off at 6 bars, it asked for the same until there"
    caught = checked(cheats.PeeksAtSignals)
    assert caught.level is Level.FAILED
    assert "self.bracket(" in caught.lines[0]


def test_a_second_market_is_cut_too() -> None:
    settings, other = Settings(account=Account.LINEAR), (replace(DAY, symbol="ETHUSDT"), ETH)
    honest_run = backtest(BUNDLED["pairs"], DAY, BTC, settings=settings, others=[other], params={"enter": "0.5"})
    found = {one.check: one for one in check_truth(BUNDLED["pairs"], honest_run, others=[other], seconds=600)}
    assert not [one for one in found.values() if one.level is Level.FAILED]
    assert "survivors" in found["survivorship"].detail
    run = backtest(cheats.ReadsTheOtherAhead, DAY, BTC, settings=settings, others=[other])
    found = {one.check: one for one in check_truth(cheats.ReadsTheOtherAhead, run, others=[other], seconds=600)}
    assert found["look-ahead"].level is Level.FAILED
    assert found["look-ahead"].lines[0].endswith("if closes[min(i + 2, len(closes) - 1)] > closes[i] else 0.0)")


def test_without_time_nothing_is_claimed() -> None:
    strategy = BUNDLED["sma-cross"]
    found = check_truth(strategy, backtest(strategy, DAY, BTC), seconds=0.0)
    by_name = {finding.check: finding for finding in found}
    assert by_name["look-ahead"].level is Level.WARNING
    assert "not checked" in by_name["look-ahead"].detail
    assert by_name["sensitivity"].level is Level.WARNING
