"""Our side of every row: `python -m benchmarks.engine.ours JOB DATA`."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.engine.pairs import PAIRS
from benchmarks.engine.pairs import summed as summed_pairs
from benchmarks.engine.serve import Job, serve
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.result import Run, Summary, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Settings
from tradedeck.research.sweep import sweep as run_all

CASH = Decimal(100_000_000)
FEE = Decimal("0.001")
SETTINGS = Settings(cash=CASH, maker=FEE, taker=FEE)
INSTRUMENT = Instrument(
    symbol="BTCUSDT",
    venue="bench",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.001"),
    min_size=Decimal("0.001"),
    max_size=Decimal(1_000_000),
    min_notional=Decimal(0),
    fees=FeeSchedule(FEE, FEE),
)
SWEEP_BARS = 100_000


class Cross(Strategy):
    """One unit long above the cross, decided at every close."""

    def setup(self, setup: Setup) -> None:
        """Two averages."""
        self.fast = setup.sma(setup.integer("fast", 20, low=1, high=500))
        self.slow = setup.sma(setup.integer("slow", 50, low=2, high=1000))

    def on_bar(self, bar: BarView) -> None:
        """Hold or not."""
        if self.fast.value > self.slow.value:
            self.target(1.0)
        else:
            self.close()


class CrossSignals(Strategy):
    """The same, woken only where the averages cross."""

    def setup(self, setup: Setup) -> None:
        """Two averages and their crosses."""
        self.fast = setup.sma(20)
        self.slow = setup.sma(50)
        self.up = setup.crosses_above(self.fast, self.slow)
        self.down = setup.crosses_below(self.fast, self.slow)

    def on_signal(self, bar: BarView) -> None:
        """Hold or not."""
        if self.up.value:
            self.target(1.0)
        else:
            self.close()


def series_from(data: Path, count: int | None = None) -> BarSeries:
    """The seeded bars."""
    columns = np.load(data)
    return BarSeries(
        "BTCUSDT",
        60_000_000_000,
        columns["ts_ms"][:count] * 1_000_000,
        *(columns[name][:count] for name in ("open", "high", "low", "close", "volume")),
    )


def summed(run: Run) -> dict[str, float]:
    """What every side must agree on."""
    return {"equity": round(float(run.equity[-1]), 2), "fills": len(run.fills)}


def bars(strategy: type[Strategy], tier: Tier, count: int | None = None) -> Callable[[Path], Job]:
    """A whole run: curve, order log, fill log and exact sums."""

    def job(data: Path) -> Job:
        series = series_from(data, count)

        def run() -> Run:
            return backtest(strategy, series, INSTRUMENT, settings=SETTINGS, tier=tier)

        return Job(len(series), lambda: run, summed)

    return job


def sweep(data: Path) -> Job:
    """A thousand pairs of lengths; what a sweep keeps of each."""
    series = series_from(data, SWEEP_BARS)
    combos = [{"fast": str(fast), "slow": str(slow)} for fast, slow in PAIRS]

    def run() -> list[Summary]:
        return run_all(Cross, series, INSTRUMENT, combos, SETTINGS)

    def check(summaries: list[Summary]) -> dict[str, float]:
        equities = np.array([one.final_equity for one in summaries])
        return summed_pairs(equities, np.array([one.fills for one in summaries]), series.close)

    return Job(SWEEP_BARS * len(combos), lambda: run, check)


def depth(data: Path) -> Job:
    """The averages of trade prices over a synthetic book; laying out the rows is not timed, as for the rival."""
    from tradedeck.compile.depth import native_loop
    from tradedeck.research.depth.run import finished, open_replay, rows_of
    from tradedeck.research.depth.settings import DepthSettings
    from tradedeck.sim.depth.samples import crossing

    series = depth_series(data)
    rows = rows_of(series)
    settings = DepthSettings(
        cash=CASH, maker=FEE, taker=FEE, to_venue_ns=(1_000_000,), to_home_ns=(1_000_000,), partial=False
    )
    loop = native_loop(crossing)

    def prepare() -> Callable[[], Any]:
        replay = open_replay(series, INSTRUMENT, settings, room=100_000, rows=rows)

        def run() -> Any:
            loop(replay, 100, 500, 1000, 0.01)
            return finished(replay, series, INSTRUMENT, settings)

        return run

    def check(run: Any) -> dict[str, float]:
        return {"fills": len(run.fills), "cash": round(float(run.cash - CASH), 2)}

    return Job(len(series), prepare, check)


def depth_series(data: Path) -> Any:
    """A new best bid, a new best ask and a trade for each tick, known a millisecond later."""
    from tradedeck.research.depth.series import DepthSeries
    from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, SELLER_TOOK

    ticks: Mapping[str, NDArray[Any]] = np.load(data)
    price = np.round(ticks["price"] * 100).astype(np.int64)
    lots = np.round(ticks["size"] * 1000).astype(np.int64)
    kind, where, much = (np.empty(3 * len(price), np.int64) for _ in range(3))
    kind[0::3], kind[1::3], kind[2::3] = BID, ASK, np.where(ticks["side"] > 0, BUYER_TOOK, SELLER_TOOK)
    where[0::3], where[1::3], where[2::3] = price - 1, price + 1, price
    much[0::3], much[1::3], much[2::3] = lots + 1000, lots + 1000, lots
    venue_ns = np.repeat(ticks["ts_ns"], 3)
    return DepthSeries("BTCUSDT", kind, venue_ns, venue_ns + 1_000_000, where, much)


LINEAR = (10_000, 100_000, 1_000_000, 10_000_000)
JOBS: dict[str, Callable[[Path], Job]] = {
    "compiled": bars(Cross, Tier.COMPILED),
    "interpreted": bars(Cross, Tier.INTERPRETED),
    "sparse": bars(CrossSignals, Tier.SPARSE),
    "sweep": sweep,
    "depth": depth,
    **{f"linear_{count}": bars(Cross, Tier.COMPILED, count) for count in LINEAR},
}


if __name__ == "__main__":
    # numba is imported up here, not when first needed, so that its memory counts as imported, as it does for rivals.
    versions = {"tradedeck": version("tradedeck"), "numba": numba.__version__, "numpy": np.__version__}
    serve(JOBS, {**versions, "machine": platform.machine()})
