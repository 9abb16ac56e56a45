"""One strategy over one market with many sets of parameters, on all cores; summaries only."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tradedeck.compile.worth import deepest_drop
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.period import DAY_NS
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.ports.strategy import Strategy
from tradedeck.research.lines import Columns
from tradedeck.research.result import Run, Summary, Tier
from tradedeck.research.run import Market, run_over
from tradedeck.research.settings import Settings

DAYS_A_YEAR = 365
"""Markets that never close: the Sharpe ratio is that of daily closes, times the root of this."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """A set of parameters that a strategy refuses, and why."""

    params: Mapping[str, str]
    reason: str


def sweep(
    strategy: type[Strategy],
    series: BarSeries,
    instrument: Instrument,
    combos: Sequence[Mapping[str, str]],
    settings: Settings | None = None,
    *,
    funding: Floats | None = None,
    workers: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Summary]:
    """A summary for each of `combos`, in their order.

    Native runs release the interpreter, so `workers` threads (0: one a core) share the columns of lines that
    several sets need. `progress` is told how many are done; raising in it stops the sweep.

    Raises:
        RefusedError: a set of parameters is refused; names it.
    """
    if not len(series):
        raise RefusedError("there are no bars to run over; check the dates", code="data.empty")
    market = Market(Columns(series), instrument)
    ends = day_ends(series)
    used = settings or Settings()

    def one(params: Mapping[str, str]) -> Summary:
        return summary_of(run_over(strategy, [market], used, params, None, funding), ends)

    done: list[Summary] = []
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        # Setting the first up alone compiles what the others then find ready.
        done += [one(combos[0])] if combos else []
        for summary in pool.map(one, combos[1:]):
            done.append(summary)
            if progress is not None:
                progress(len(done))
    return done


def day_ends(series: BarSeries) -> Ints:
    """Indices of the last bar of each UTC day."""
    days = (series.open_ns + series.timeframe_ns - 1) // DAY_NS
    return np.flatnonzero(np.r_[days[1:] != days[:-1], True])


def summary_of(run: Run, ends: Ints) -> Summary:
    """What a sweep keeps of a run."""
    equity = run.equity
    daily = np.r_[float(run.settings.cash), equity[ends]]
    returns = np.diff(daily) / daily[:-1] if np.all(daily[:-1] > 0) else np.empty(0)
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    sharpe = float(returns.mean()) / spread * DAYS_A_YEAR**0.5 if spread > 0 else float("nan")
    closes = run.fills["sign"] * run.fills["lots"]
    flat = int(np.count_nonzero(np.cumsum(closes) == 0)) if len(closes) else 0
    return Summary(
        params=run.params,
        profit=float(run.profit),
        final_equity=float(equity[-1]),
        max_drawdown=deepest_drop()(equity),
        sharpe=sharpe,
        trades=flat,
        fills=len(run.fills),
        fees=float(run.fees),
    )


__all__ = ["Tier", "day_ends", "summary_of", "sweep"]
