"""Funding rates: read as venues write them, kept in the catalogue, put on the bars they were due at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.cli import main
from tradedeck.domain.errors import ConflictError, CorruptError, NotFoundError, RefusedError
from tradedeck.history.catalogue import Catalogue
from tradedeck.history.funding import FundingSeries, Hole, holes_in, load_funding, rates_at
from tradedeck.history.importing import Wanted, import_files
from tradedeck.history.load import load_bars
from tradedeck.history.series import BarSeries

DATA = Path(__file__).parents[2] / "data"
REAL = DATA / "funding_2025-05.csv"
PERPETUAL = DATA / "BTCUSDT_perpetual_1h.parquet"
HOUR_NS = 3600 * 10**9
START_NS = 1_746_057_600 * 10**9
"""2025-05-01 00:00 UTC."""


def hours(count: int, *, gap: int = 0, start_ns: int = START_NS) -> BarSeries:
    """Hourly bars; `gap` of them are missing after the third."""
    opens = start_ns + (np.arange(count, dtype=np.int64) + np.where(np.arange(count) > 2, gap, 0)) * HOUR_NS
    flat = np.full(count, 100.0)
    return BarSeries("BTCUSDT", HOUR_NS, opens, flat, flat, flat, flat, flat)


def funding(*rates: tuple[float, float]) -> FundingSeries:
    """Rates at hours after the start."""
    times = np.array([START_NS + round(hour * HOUR_NS) for hour, _ in rates], np.int64)
    return FundingSeries("BTCUSDT", times, np.array([rate for _, rate in rates], np.float64))


def csv(folder: Path, *rows: str, header: str = "fundingTime,fundingRate", name: str = "BTCUSDT.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_rate_is_due_at_the_first_bar_that_opens_at_or_after_its_time() -> None:
    rates = rates_at(hours(5), funding((0, 0.001), (1.5, 0.002), (4, 0.003), (4.5, 0.004)))
    assert np.nan_to_num(rates, nan=-1).tolist() == [0.001, -1, 0.002, -1, 0.003]


def test_a_rate_inside_a_gap_is_due_after_it_and_several_at_one_bar_add_up() -> None:
    rates = rates_at(hours(5, gap=4), funding((3, 0.25), (6, 0.5)))
    assert np.nan_to_num(rates, nan=-1).tolist() == [-1, -1, -1, 0.75, -1]


def test_rates_from_before_the_bars_are_left_out() -> None:
    assert np.isnan(rates_at(hours(3), funding((-16, 0.1), (-8, 0.1), (-1, 0.1)))).all()
    assert rates_at(hours(3), funding((-0.5, 0.1)))[0] == 0.1


def test_a_rate_of_nothing_is_still_a_rate() -> None:
    assert rates_at(hours(2), funding((1, 0.0)))[1] == 0


@given(st.sets(st.integers(-20, 40), max_size=12), st.integers(1, 20), st.integers(0, 9))
def test_every_rate_within_the_bars_is_charged_once(times: set[int], count: int, gap: int) -> None:
    bars = hours(count, gap=gap)
    rates = rates_at(bars, funding(*((hour, 1.0) for hour in sorted(times))))
    last = int(bars.open_ns[-1] - START_NS) // HOUR_NS
    assert np.nansum(rates) == sum(0 <= hour <= last for hour in times)


def test_the_real_rates_are_those_that_come_with_the_recorded_bars() -> None:
    import polars as pl

    bars = load_bars(PERPETUAL, "BTCUSDT")
    beside = pl.read_parquet(PERPETUAL)["funding"].to_numpy()
    real = load_funding(REAL, "BTCUSDT")
    assert len(real) == 100
    assert (real.time_ns % HOUR_NS == 0).all()
    covered = bars.open_ns <= real.time_ns[-1]
    np.testing.assert_array_equal(np.nan_to_num(rates_at(bars, real))[covered], beside[covered])


def test_missing_rates_are_told_and_not_filled_in() -> None:
    rates = funding((0, 0.1), (8, 0.1), (32, 0.1), (40, 0.1))
    assert holes_in(hours(41), rates) == [Hole(START_NS + 8 * HOUR_NS, START_NS + 32 * HOUR_NS, 2)]
    assert np.isnan(rates_at(hours(41), rates)[9:32]).all()


def test_rates_that_begin_late_or_end_early_are_told() -> None:
    bars = hours(60)
    late, early = holes_in(bars, funding((20, 0.1), (28, 0.1), (36, 0.1)))
    assert late == Hole(START_NS, START_NS + 20 * HOUR_NS, 2)
    assert early == Hole(START_NS + 36 * HOUR_NS, START_NS + 59 * HOUR_NS, 2)


def test_rates_of_another_time_are_all_missing() -> None:
    bars = hours(25, start_ns=START_NS + 4000 * HOUR_NS)
    assert [hole.missing for hole in holes_in(bars, funding((0, 0.1), (8, 0.1)))] == [3]


@pytest.mark.parametrize(("header", "row"), [
    ("fundingTime,fundingRate,markPrice", "1746057600001,0.0001,64000"),
    ("calc_time,funding_interval_hours,last_funding_rate", "1746057600001,8,0.0001"),
    ("ts,rate", "2025-05-01T00:00:00Z,0.0001"),
])  # fmt: skip
def test_files_of_venues_are_understood(tmp_path: Path, header: str, row: str) -> None:
    read = load_funding(csv(tmp_path, row, header=header))
    assert (read.symbol, read.time_ns.tolist(), read.rate.tolist()) == ("BTCUSDT", [START_NS], [0.0001])


def test_of_a_file_with_several_markets_one_is_named() -> None:
    assert len(load_funding(REAL, "ETHUSDT")) == 136
    with pytest.raises(RefusedError, match="BTCUSDT, ETHUSDT; say which"):
        load_funding(REAL)
    with pytest.raises(NotFoundError, match="no funding rates of XRPUSDT"):
        load_funding(REAL, "XRPUSDT")


def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(CorruptError, match="row 3: the rate is no number"):
        load_funding(csv(tmp_path, "1746057600000,0.0001", "1746086400000,nan"))
    with pytest.raises(ConflictError, match="two funding rates for 2025-05-01T00:00:00Z"):
        load_funding(csv(tmp_path, "1746057600000,0.0001", "1746057600001,0.0002"))
    with pytest.raises(RefusedError, match="no funding rates"):
        load_funding(PERPETUAL)
    with pytest.raises(RefusedError, match="in the order of their times"):
        funding((8, 0.1), (0, 0.1))
    with pytest.raises(RefusedError, match="one finite rate"):
        funding((8, float("nan")))


def test_the_catalogue_keeps_rates_and_takes_more(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "markets")
    first = csv(tmp_path, "1746057600000,0.0001", "1746086400000,0.0002")
    done = import_files(catalogue, [first], Wanted("binance"))
    assert (str(done.key), done.counts.added) == ("binance/BTCUSDT/tick", 2)
    more = csv(tmp_path, "1746086400001,0.0002", "1746115200000,0.0003", "1767225600000,0.0004", name="BTCUSDT_b.csv")
    counts = import_files(catalogue, [more], Wanted("binance")).counts
    assert (counts.added, counts.known) == (2, 1)
    assert load_funding("BTCUSDT", catalogue=catalogue).rate.tolist() == [0.0001, 0.0002, 0.0003, 0.0004]
    assert [path.stem for path in catalogue.parts(done.key)] == ["2025", "2026"]


def test_a_rate_that_contradicts_the_one_that_is_there_wins_only_when_told_to(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "markets")
    import_files(catalogue, [csv(tmp_path, "1746057600000,0.0001")], Wanted("binance"))
    other = csv(tmp_path, "1746057600000,0.0009")
    with pytest.raises(ConflictError, match="--repair"):
        import_files(catalogue, [other], Wanted("binance"))
    assert load_funding("BTCUSDT", catalogue=catalogue).rate.tolist() == [0.0001]
    assert import_files(catalogue, [other], Wanted("binance", repair=True)).counts.replaced == 1
    assert load_funding("BTCUSDT", catalogue=catalogue).rate.tolist() == [0.0009]


def test_the_command_line_takes_them_in_and_lists_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--data", str(tmp_path), "--json"]
    words = ["data", "import", str(REAL), "--kind", "funding", "--venue", "binance", "--symbol", "ETHUSDT", *folder]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["market"], told["added"]) == ("funding", "binance/ETHUSDT/tick", 136)
    assert main(["data", "list", *folder]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["rows"], row["first"]) == ("funding", 136, "2025-05-01T00:00:00Z")
