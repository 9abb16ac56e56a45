"""What the check tells of: holes, stillness, leaps, odd and repeated times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.history import bundled_trades, bundled_week
from tradedeck.history.checking import Gap, Run, report_of, report_on, report_on_file, robust_z
from tradedeck.history.frames import Frame
from tradedeck.history.load import load_bars

DATA = Path(__file__).parents[2] / "data"


def bars(minutes: list[float], price: list[float] | None = None, volume: list[float] | None = None) -> Frame:
    close = np.array(price or [1.0 + 0.001 * (at % 2) for at in range(len(minutes))])
    return {
        "time_ns": (np.array(minutes) * MINUTE_NS).astype(np.int64),
        **{name: close.copy() for name in ("open", "high", "low", "close")},
        "volume": np.array(volume or [1.0] * len(minutes)),
    }


def test_a_clean_week_is_said_to_be_clean() -> None:
    report = report_on(load_bars(bundled_week()))
    assert (report.rows, report.step_ns, report.missing) == (10_080, MINUTE_NS, 0)
    assert not report.gaps
    assert not report.off_grid
    assert report_of(bars([0, 1, 2]), "X", MINUTE_NS).clean


def test_gaps_say_from_when_to_when_and_how_many() -> None:
    report = report_of(bars([0, 1, 4, 5, 7]), "X", MINUTE_NS)
    assert report.gaps == (Gap(2 * MINUTE_NS, 4 * MINUTE_NS, 2), Gap(6 * MINUTE_NS, 7 * MINUTE_NS, 1))
    assert report.missing == 3
    assert not report.clean


def test_the_recorded_pair_has_the_gaps_that_were_counted_apart() -> None:
    report = report_on(load_bars(DATA / "XRPETH_bars_1m.parquet"))
    assert (len(report.gaps), report.missing) == (676, 1_091)


def test_a_grid_need_not_begin_at_midnight() -> None:
    report = report_of(bars([0.5, 1.5, 3.5]), "X", MINUTE_NS)
    assert report.off_grid == ()
    assert report.gaps == (Gap(5 * MINUTE_NS // 2, 7 * MINUTE_NS // 2, 1),)


def test_a_bar_off_the_grid_is_told_and_still_fills_its_place() -> None:
    report = report_of(bars([0, 1, 2.25, 3]), "X", MINUTE_NS)
    assert report.off_grid == (9 * MINUTE_NS // 4,)
    assert report.gaps == ()


def test_stillness_is_one_price_without_volume_for_long_enough() -> None:
    price = [2.0, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 4.0]
    volume = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    report = report_of(bars(list(range(8)), price, volume), "X", MINUTE_NS)
    assert report.stale == (Run(MINUTE_NS, 5 * MINUTE_NS, 5),)
    assert report_of(bars(list(range(8)), price), "X", MINUTE_NS).stale == ()


def test_a_leap_is_an_outlier_there_and_back() -> None:
    price = [100 + 0.01 * (at * 7 % 5) for at in range(200)]
    price[50] = 110.0
    report = report_of(bars(list(range(200)), price), "X", MINUTE_NS)
    assert [leap.time_ns // MINUTE_NS for leap in report.outliers] == [50, 51]
    assert report.outliers[0].log_return == pytest.approx(np.log(110 / price[49]))
    assert report.outliers[0].z > 50 > -50 > report.outliers[1].z


def test_the_robust_score_of_normal_numbers_is_the_usual_one() -> None:
    values = np.random.default_rng(1).normal(5, 2, 100_000)
    assert robust_z(values) == pytest.approx((values - 5) / 2, abs=0.05)
    mostly_still = np.array([0.0] * 98 + [1.0, -1.0])
    assert robust_z(mostly_still)[-2] == pytest.approx(1 / (1.253314 * 0.02))
    assert robust_z(np.ones(5)).tolist() == [0.0] * 5


def test_a_file_too_bad_to_import_is_still_counted(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    rows = ("0,1,1,1,1,1", "120,1,1,1,1,1", "60,1,1,1,1,1", "60,1,1,1,1,2", "180,1,1,2,1,1", "240,1,1,1,1,-1")
    path.write_text("ts,open,high,low,close,volume\n" + "".join(row + "\n" for row in rows), encoding="utf-8")
    report = report_on_file(path)
    assert (report.rows, report.duplicates, report.disorder, report.faulty) == (6, 1, 1, 2)
    assert (report.first_ns, report.last_ns) == (0, 2 * MINUTE_NS)


def test_trades_have_no_grid() -> None:
    report = report_on_file(bundled_trades())
    assert (report.rows, report.step_ns, report.gaps, report.duplicates) == (19_904, 0, (), 0)
