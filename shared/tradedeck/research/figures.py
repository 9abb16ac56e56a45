"""The headline figures of a run: one flat record, the same names in the report, its JSON and a table of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import groupby
from math import nan

import numpy as np

from tradedeck.domain.grid import grid_of
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.research import metrics
from tradedeck.research.result import Part, Run
from tradedeck.research.settings import Account
from tradedeck.research.trades import Trade


@dataclass(frozen=True, slots=True)
class Figures:
    """Fractions where no unit is said (0.05 is 5 %); money in the asset of account; NaN where there is nothing to say.

    Ratios, volatility, value at risk and moments are of daily returns (UTC days), annualised by 365; drawdowns of
    every bar's close, the deepest as a fraction of its peak. `exposure` is the share of bars with a position in any
    market, `turnover` the traded notional over the mean equity. Trades are closed ones; `expectancy` is their mean
    profit.
    """

    start: float
    final: float
    profit: float
    total_return: float
    cagr: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    omega: float
    max_drawdown: float
    longest_drawdown_ns: int
    value_at_risk: float
    expected_shortfall: float
    tail_ratio: float
    skew: float
    kurtosis: float
    probabilistic_sharpe: float
    alpha: float
    beta: float
    benchmark_return: float
    days: int
    exposure: float
    turnover: float
    trades: int
    win_rate: float
    profit_factor: float
    expectancy: float
    average_win: float
    average_loss: float
    best_trade: float
    worst_trade: float
    losses_in_a_row: int
    average_bars: float
    fees: float
    funding: float


def benchmark_of(run: Run) -> Floats:
    """Buy and hold: all of the starting cash in the instrument from the first open, without fees.

    An inverse account is kept in the coin itself, so there holding is worth the same at any price.
    """
    series, cash = run.series, float(run.settings.cash)
    if run.settings.account is Account.INVERSE or not len(series):
        return np.full(len(series), cash)
    return series.close * (cash / series.open[0])


def close_times(series: BarSeries) -> Ints:
    """When each bar was over, UTC nanoseconds."""
    return series.open_ns + series.timeframe_ns


def notional_of(run: Run) -> Floats:
    """What each fill was worth, in the asset of account."""
    grids = [grid_of(part.instrument) for part in run.markets]
    lot = np.array([grid.lot_num / grid.lot_den for grid in grids])[run.fills["market"]]
    tick = np.array([grid.tick_num / grid.tick_den for grid in grids])[run.fills["market"]]
    size, price = run.fills["lots"] * lot, run.fills["price"] * tick
    return size / price if run.settings.account is Account.INVERSE else size * price


def exposure_of(run: Run) -> float:
    """The share of bars at whose close something was held in any market; NaN without bars."""
    held = np.any([run.held(number) != 0 for number in range(len(run.markets))], axis=0)
    return float(held.mean()) if len(held) else nan


def measure(run: Run, trades: Sequence[Trade]) -> Figures:
    """Every figure of a run; `trades` are its `round_trips`."""
    start = float(run.settings.cash)
    values, days = metrics.daily(run.equity, close_times(run.series))
    held, _ = metrics.daily(benchmark_of(run), close_times(run.series))
    returns, market = metrics.returns_of(values, start), metrics.returns_of(held, start)
    under = metrics.underwater(run.equity, start)
    closed = [float(trade.profit) for trade in trades if not trade.is_open]
    wins, losses = [p for p in closed if p > 0], [p for p in closed if p < 0]
    ratio, skew, kurtosis = metrics.sharpe(returns, 1), metrics.skewness(returns), metrics.kurtosis(returns)
    average = float(np.mean(run.equity)) if len(run.equity) else nan
    return Figures(
        start=start,
        final=float(run.equity[-1]) if len(run.equity) else start,
        profit=float(run.profit),
        total_return=float(run.profit / run.settings.cash) if run.settings.cash else nan,
        cagr=metrics.cagr(returns),
        volatility=metrics.volatility(returns),
        sharpe=metrics.sharpe(returns),
        sortino=metrics.sortino(returns),
        calmar=metrics.calmar(returns),
        omega=metrics.omega(returns),
        max_drawdown=abs(float(np.min(under, initial=0.0))) if len(under) else nan,
        longest_drawdown_ns=metrics.longest_drawdown(under) * run.series.timeframe_ns,
        value_at_risk=metrics.value_at_risk(returns),
        expected_shortfall=metrics.expected_shortfall(returns),
        tail_ratio=metrics.tail_ratio(returns),
        skew=skew,
        kurtosis=kurtosis,
        probabilistic_sharpe=metrics.probabilistic_sharpe(ratio, len(returns), skew, kurtosis),
        alpha=metrics.alpha(returns, market),
        beta=metrics.beta(returns, market),
        benchmark_return=metrics.total_return(market),
        days=len(days),
        exposure=exposure_of(run),
        turnover=float(np.sum(notional_of(run))) / average if average > 0 else nan,
        trades=len(closed),
        win_rate=len(wins) / len(closed) if closed else nan,
        profit_factor=sum(wins) / -sum(losses) if losses else nan,
        expectancy=_mean(closed),
        average_win=_mean(wins),
        average_loss=_mean(losses),
        best_trade=max(closed, default=nan),
        worst_trade=min(closed, default=nan),
        losses_in_a_row=max((len(list(run_)) for lost, run_ in groupby(p < 0 for p in closed) if lost), default=0),
        average_bars=_mean([trade.bars for trade in trades if not trade.is_open]),
        fees=float(run.fees),
        funding=float(run.funding),
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading cost, exact, in the asset of account; `slippage` is already inside the prices of the fills.

    `funding` is what perpetuals paid to hold (received when negative), `borrow` what a short spot account paid.
    `gross` is the profit before all four.
    """

    fees: Decimal
    slippage: Decimal
    funding: Decimal
    borrow: Decimal
    gross: Decimal


def costs_of(run: Run) -> Costs:
    """The costs of a run, of all its markets."""
    each = costs_by_market(run).values()
    return Costs(*(sum((getattr(one, field.name) for one in each), Decimal(0)) for field in fields(Costs)))


def costs_by_market(run: Run) -> dict[str, Costs]:
    """The costs of each market by its symbol, the main one first."""
    return {part.instrument.symbol: _costs_in(run, number, part) for number, part in enumerate(run.markets)}


def _costs_in(run: Run, number: int, part: Part) -> Costs:
    spot = run.settings.account is Account.SPOT
    fills = run.fills[(run.fills["market"] == number) & (run.fills["maker"] == 0)]
    slippage = Decimal(0)
    if run.settings.slippage_ticks and run.settings.account is not Account.INVERSE:
        grid = grid_of(part.instrument)
        slippage = grid.exact_price(run.settings.slippage_ticks) * grid.exact_size(sum(fills["lots"].tolist()))
    return Costs(
        fees=part.fees,
        slippage=slippage,
        funding=Decimal(0) if spot else part.funding,
        borrow=part.funding if spot else Decimal(0),
        gross=part.profit + part.fees + part.funding + slippage,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else nan
