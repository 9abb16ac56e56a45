"""Every figure equals the field's yardstick, and none of them falls over."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from math import isfinite, isnan
from typing import Any

import numpy as np
import pytest
from shared.research.runs import sma_cross, week

from tradedeck.history.series import Floats
from tradedeck.research import metrics as m

# Neither is typed.
empyrical: Any = import_module("empyrical")
pd: Any = import_module("pandas")


def week_returns() -> Floats:
    run = sma_cross(week())
    return m.returns_of(run.equity, 1e6)


def walk(seed: int, count: int = 400) -> Floats:
    return np.random.default_rng(seed).standard_t(4, count) * 0.02


YARDSTICK: dict[str, tuple[Callable[[Floats], float], Callable[[Any], Any]]] = {
    "total": (m.total_return, empyrical.cum_returns_final),
    "cagr": (m.cagr, lambda r: empyrical.cagr(r, annualization=365)),
    "volatility": (m.volatility, lambda r: empyrical.annual_volatility(r, annualization=365)),
    "sharpe": (m.sharpe, lambda r: empyrical.sharpe_ratio(r, annualization=365)),
    "sortino": (m.sortino, lambda r: empyrical.sortino_ratio(r, annualization=365)),
    "calmar": (m.calmar, lambda r: empyrical.calmar_ratio(r, annualization=365)),
    "drawdown": (m.max_drawdown, lambda r: -empyrical.max_drawdown(r)),
    "omega": (m.omega, lambda r: empyrical.omega_ratio(r, annualization=365)),
    "var": (m.value_at_risk, empyrical.value_at_risk),
    "cvar": (m.expected_shortfall, empyrical.conditional_value_at_risk),
    "tail": (m.tail_ratio, empyrical.tail_ratio),
}


@pytest.mark.parametrize("name", YARDSTICK)
@pytest.mark.parametrize("seed", range(5))
def test_a_figure_equals_empyrical(name: str, seed: int) -> None:
    ours, theirs = YARDSTICK[name]
    returns = walk(seed)
    assert ours(returns) == pytest.approx(float(theirs(returns)), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["total", "sharpe", "sortino", "drawdown", "omega", "var", "cvar"])
def test_a_figure_of_a_real_curve_equals_empyrical(name: str) -> None:
    ours, theirs = YARDSTICK[name]
    returns = week_returns()
    assert ours(returns) == pytest.approx(float(theirs(returns)), rel=1e-9, abs=1e-12)


def test_alpha_and_beta_equal_empyrical() -> None:
    market, noise = walk(1), walk(2)
    returns = 0.4 * market + noise
    assert m.beta(returns, market) == pytest.approx(empyrical.beta(returns, market), rel=1e-9)
    assert m.alpha(returns, market) == pytest.approx(empyrical.alpha(returns, market, annualization=365), rel=1e-9)


def test_rolling_sharpe_equals_empyrical() -> None:
    returns = walk(3)
    index = pd.date_range("2024-01-01", periods=len(returns))
    theirs = empyrical.roll_sharpe_ratio(pd.Series(returns, index), 30, annualization=365)
    np.testing.assert_allclose(m.rolling_sharpe(returns, 30)[29:], np.asarray(theirs), rtol=1e-9)
    assert np.isnan(m.rolling_sharpe(returns, 30)[:29]).all()


def test_monthly_returns_equal_empyrical() -> None:
    returns = walk(4)
    index = pd.date_range("2024-01-15", periods=len(returns))
    theirs = empyrical.aggregate_returns(pd.Series(returns, index), "monthly")
    days = index.to_numpy().astype("datetime64[D]").astype(np.int64)
    ours = m.monthly(returns, days)
    assert [(year, month) for year, month, _ in ours] == list(theirs.index)
    np.testing.assert_allclose([r for *_, r in ours], theirs.to_numpy(), rtol=1e-9)


def test_moments_are_those_of_the_population() -> None:
    returns = np.array([0.01, 0.02, -0.03, 0.04, 0.0])
    z = (returns - returns.mean()) / returns.std()
    assert m.skewness(returns) == pytest.approx((z**3).mean())
    assert m.kurtosis(returns) == pytest.approx((z**4).mean() - 3)


def test_days_end_at_midnight_utc() -> None:
    day = m.DAY_NS
    closes = np.array([day - 60, day, day + 1, 3 * day], np.int64)
    values, days = m.daily(np.array([1.0, 2.0, 3.0, 4.0]), closes)
    assert values.tolist() == [2.0, 3.0, 4.0]
    assert days.tolist() == [0, 1, 2]


def test_a_drawdown_lasts_until_the_old_high_is_back() -> None:
    returns = np.array([0.1, -0.1, 0.01, 0.2, -0.05])
    assert m.max_drawdown(returns) == pytest.approx(0.1)
    assert m.longest_drawdown(m.underwater(np.array([1.1, 0.99, 1.0, 1.2, 1.14]))) == 2
    assert m.underwater(np.array([120.0, 60.0, -30.0]), 100.0).tolist() == [0.0, -0.5, -1.25]


def test_from_debt_there_is_no_return() -> None:
    broke = m.returns_of(np.array([50.0, -10.0, -20.0, 30.0]), 100.0)
    np.testing.assert_allclose(broke, [-0.5, -1.2, np.nan, np.nan])
    assert isnan(m.sharpe(broke))
    assert isnan(m.cagr(broke))


def test_the_published_example_of_the_deflated_sharpe_ratio() -> None:
    # Bailey and Lopez de Prado (2014), "The Deflated Sharpe Ratio", the numerical example: annual Sharpe 2.5 over
    # five years of 250 days, skewness -3, kurtosis 10, variance of the 100 trials' annual ratios 1/2: DSR about 0.9004.
    best = m.expected_best_sharpe(100, (0.5 / 250) ** 0.5)
    assert best == pytest.approx(0.1132, abs=5e-5)
    found = m.deflated_sharpe(2.5 / 250**0.5, (0.5 / 250) ** 0.5, 100, 1250, -3.0, 10.0 - 3.0)
    assert found == pytest.approx(0.9004, abs=5e-4)
    assert m.deflated_sharpe(2.5 / 250**0.5, 0.0, 1, 1250, -3.0, 7.0) > 0.99


ONE = (
    m.total_return, m.cagr, m.volatility, m.sharpe, m.sortino, m.max_drawdown, m.calmar, m.omega, m.value_at_risk,
    m.expected_shortfall, m.tail_ratio, m.skewness, m.kurtosis, m.rolling_sharpe, m.underwater,
)  # fmt: skip


@pytest.mark.parametrize(
    "returns", [[], [0.01], [0.0] * 50, [0.001] * 50, [-1.0, 0.5], [-1.5, 0.2, 9e9], [0.1, np.nan]]
)
def test_too_little_to_say_is_nan_without_a_warning(returns: list[float]) -> None:
    given = np.array(returns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in ONE:
            figure(given)
        m.beta(given, given)
        m.alpha(given, given)
        assert m.returns_of(np.array([]), 1.0).tolist() == []
        assert isnan(m.returns_of(np.array([1.0]), 0.0)[0])


def test_a_flat_curve_has_no_ratios() -> None:
    flat = np.zeros(50)
    figures = [f(flat) for f in (m.sharpe, m.sortino, m.calmar, m.omega, m.skewness, m.kurtosis, m.tail_ratio)]
    assert not any(isfinite(value) for value in figures)
    assert (m.total_return(flat), m.volatility(flat), m.max_drawdown(flat)) == (0.0, 0.0, 0.0)
    assert isnan(m.probabilistic_sharpe(m.sharpe(flat, 1), 50, 0.0, 0.0))
