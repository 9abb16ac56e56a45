"""Whole columns at once: the same rows and the same refusals as the exact reader, and nothing in between."""

from __future__ import annotations

import gzip
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import CorruptError, NotFoundError, RefusedError
from tradedeck.history import bundled_trades, bundled_week, read_bars, read_trades
from tradedeck.history.catalogue import Catalogue
from tradedeck.history.importing import Wanted, import_files
from tradedeck.history.load import from_arrow, from_polars, load_bars, load_trades
from tradedeck.history.series import series_of
from tradedeck.sim.listings import instrument_of

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")
feather: Any = import_module("pyarrow.feather")

BTC = instrument_of("BTCUSDT")
OPEN_MS = 1_709_510_400_000
HEADER = "open_time,open,high,low,close,volume\n"
ROWS = "".join(f"{OPEN_MS + 60_000 * i},1.5,2,0.5,1.25,{i}\n" for i in range(4))


def written(folder: Path, text: str, name: str = "BTCUSDT.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_week_is_the_same_in_columns_as_row_by_row() -> None:
    loaded = load_bars(bundled_week())
    exact = series_of(read_bars(bundled_week(), BTC))
    assert loaded.symbol == "BTCUSDT"
    assert loaded.digest() == exact.digest()


def test_the_bundled_trades_are_the_same_in_columns_as_row_by_row() -> None:
    loaded = load_trades(bundled_trades())
    exact = list(read_trades(bundled_trades(), BTC))
    assert loaded.time_ns.tolist() == [trade.time_ns for trade in exact]
    assert loaded.price.tolist() == [float(trade.price) for trade in exact]
    assert loaded.size.tolist() == [float(trade.size) for trade in exact]
    assert loaded.side.tolist() == [trade.aggressor.sign for trade in exact]


def test_only_what_opened_between_two_times_is_loaded() -> None:
    whole = load_bars(bundled_week())
    start, end = int(whole.open_ns[100]), int(whole.open_ns[200])
    part = load_bars(bundled_week(), start_ns=start, end_ns=end)
    assert part.digest() == whole.slice(100, 200).digest()
    with pytest.raises(NotFoundError, match="no bars in that time"):
        load_bars(bundled_week(), start_ns=int(whole.open_ns[-1]) + 1)


def test_every_container_gives_the_same_bars(tmp_path: Path) -> None:
    plain = written(tmp_path, HEADER + ROWS)
    expected = load_bars(plain).digest()
    (tmp_path / "BTCUSDT.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(tmp_path / "BTCUSDT.zip", "w") as archive:
        archive.writestr("BTCUSDT-1m.csv", plain.read_bytes())
    table = import_module("pyarrow.csv").read_csv(plain)
    pq.write_table(table, tmp_path / "BTCUSDT.parquet", row_group_size=2)
    feather.write_feather(table, tmp_path / "BTCUSDT.feather")
    with pa.OSFile(str(tmp_path / "BTCUSDT.arrows"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    for name in ("csv.gz", "zip", "parquet", "feather", "arrows"):
        assert load_bars(tmp_path / f"BTCUSDT.{name}").digest() == expected, name


@pytest.mark.parametrize("factor", [1, 1000, 1_000_000], ids=["ms", "us", "ns"])
def test_a_file_may_change_its_unit_of_time_half_way(tmp_path: Path, factor: int) -> None:
    late = "".join(f"{(OPEN_MS + 60_000 * i) * factor},1,1,1,1,1\n" for i in range(4, 8))
    series = load_bars(written(tmp_path, HEADER + ROWS + late))
    assert np.diff(series.open_ns).tolist() == [MINUTE_NS] * 7


@pytest.mark.parametrize(
    "moment", ["2024-03-04T00:00:00+00:00", "2024-03-04", "2024-03-04 00:00:00", "1709510400.0", "1709510400000.000"]
)
def test_dates_and_times_with_decimals_are_understood(tmp_path: Path, moment: str) -> None:
    assert load_bars(written(tmp_path, f"{HEADER}{moment},1,1,1,1,1\n")).open_ns.tolist() == [OPEN_MS * 10**6]


def test_a_dump_without_a_header_is_known_by_its_columns(tmp_path: Path) -> None:
    row = f"{OPEN_MS},1,2,0.5,1.5,10,{OPEN_MS + 59_999},15,3,5,7,0\n"
    assert load_bars(written(tmp_path, row)).close.tolist() == [1.5]
    trade = f"9,1.5,2,3.0,{OPEN_MS},True,True\n8\n".removesuffix("8\n")
    assert load_trades(written(tmp_path, trade)).side.tolist() == [-1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"{OPEN_MS + 240_000},1,1,2,1,1", "row 6: its prices contradict each other"),
        (f"{OPEN_MS + 240_000},1,2,1,1.5,-1", "row 6: its volume is negative"),
        (f"{OPEN_MS + 240_000},1,2,0,1,1", "row 6: a price must be above zero"),
        (f"{OPEN_MS + 240_000},1,,1,1,1", "row 6: a number is missing or not finite"),
        (f"{OPEN_MS + 240_000},1,inf,1,1,1", "row 6: a number is missing or not finite"),
        (f"{OPEN_MS + 180_000},1,1,1,1,1", "row 6: it repeats the row before: the same time"),
        (f"{OPEN_MS},1,1,1,1,1", "row 6: its time is before that of the row before"),
        (f"{OPEN_MS + 240_000},1,one,1,1,1", "row 6: 'one' is not a number"),
        ("soon,1,1,1,1,1", "row 6: 'soon' is not a time"),
        (",1,1,1,1,1", "row 6: its time is missing"),
        ("-5,1,1,1,1,1", "row 6: '-5' is not a time"),
        (f"{OPEN_MS + 240_000},1", "row 6: the row is too short"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(CorruptError, match=f"BTCUSDT.csv, {message}.*repair"):
        load_bars(written(tmp_path, f"{HEADER}{ROWS}{row}\n"))


def test_files_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="holds trades, not bars"):
        load_bars(bundled_trades())
    with pytest.raises(RefusedError, match="no time column"):
        load_bars(written(tmp_path, "a,b\n1,2\n"))
    with pytest.raises(NotFoundError, match="there is no file"):
        load_bars(tmp_path / "nothing.csv")
    with pytest.raises(CorruptError, match="the file is empty"):
        load_bars(written(tmp_path, ""))
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(bundled_week().read_bytes()[:50_000])
    with pytest.raises(CorruptError, match=r"cut\.csv\.gz"):
        load_bars(cut)


def test_frames_of_other_libraries_become_series() -> None:
    moments = pl.datetime_range(
        pl.datetime(2024, 3, 4), pl.datetime(2024, 3, 4, 0, 2), "1m", time_zone="UTC", eager=True
    )
    frame = pl.DataFrame({"ts": moments, **{name: [1.0, 2.0, 3.0] for name in ("open", "high", "low", "close")}})
    frame = frame.with_columns(volume=pl.lit(1))
    series = from_polars(frame, "X")
    assert series.open_ns.tolist() == [(OPEN_MS + 60_000 * i) * 10**6 for i in range(3)]
    assert from_arrow(frame.to_arrow(), "X").digest() == series.digest()
    with pytest.raises(CorruptError, match="row 2: its time is before"):
        from_polars(frame.reverse(), "X")


def test_a_range_skips_row_groups_that_lie_outside(tmp_path: Path) -> None:
    week = load_bars(bundled_week())
    table = pa.table({
        "ts": pa.array(week.open_ns, pa.timestamp("ns", "UTC")),
        **{name: getattr(week, name) for name in ("open", "high", "low", "close", "volume")},
    })  # fmt: skip
    path = tmp_path / "BTCUSDT.parquet"
    pq.write_table(table, path, row_group_size=1000)
    for start, stop in ((0, 1), (999, 1001), (5000, 7000), (10_079, 10_080)):
        end_ns = int(week.open_ns[stop - 1]) + 1
        part = load_bars(path, start_ns=int(week.open_ns[start]), end_ns=end_ns)
        assert part.open_ns.tolist() == week.open_ns[start:stop].tolist()


def test_a_dot_in_a_symbol_does_not_make_it_a_file(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "markets")
    import_files(catalogue, [written(tmp_path, HEADER + ROWS)], Wanted("nyse", "BRK.B"))
    assert load_bars("BRK.B", catalogue=catalogue).symbol == "BRK.B"
    with pytest.raises(NotFoundError, match="there is no file"):
        load_bars("BRK.csv", catalogue=catalogue)


def test_a_column_under_another_name_or_in_another_place_is_found(tmp_path: Path) -> None:
    text = "Volume,C,Low,high,OPEN,Datetime,extra\n7,1.25,0.5,2,1.5,2024-03-04T00:00:00.000000001Z,x\n"
    series = load_bars(written(tmp_path, text))
    assert (series.open[0], series.high[0], series.low[0], series.close[0], series.volume[0]) == (1.5, 2, 0.5, 1.25, 7)
    assert series.open_ns.tolist() == [OPEN_MS * 10**6 + 1]


def test_a_damaged_file_is_said_to_be_one(tmp_path: Path) -> None:
    whole = tmp_path / "X.parquet"
    pq.write_table(import_module("pyarrow.csv").read_csv(written(tmp_path, HEADER + ROWS)), whole)
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:200])
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "binary.csv").write_bytes(b"\x80\x81,\xff\n" * 10)
    for name in ("cut.parquet", "cut.zip", "binary.csv"):
        with pytest.raises(CorruptError, match=rf"{name}.*get the file again"):
            load_bars(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(RefusedError, match="holds 2 files"):
        load_bars(tmp_path / "two.zip")
