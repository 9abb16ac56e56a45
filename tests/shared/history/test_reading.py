"""Reading recorded markets: exact, checked, and clear about what is wrong."""

from __future__ import annotations

import gzip
import itertools
import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tradedeck.domain.bar import MINUTE_NS, SECOND_NS
from tradedeck.domain.errors import CorruptError, NotFoundError, RefusedError
from tradedeck.domain.order import Side
from tradedeck.history import bundled_trades, bundled_week, kind_of, read_bars, read_market, read_trades
from tradedeck.sim.listings import instrument_of

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")

BTC = instrument_of("BTCUSDT")
OPEN_MS = 1_709_510_400_000
BARS = "open_time,open,high,low,close,volume\n"
TRADES = "time,id,price,size,side\n"


def written(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_week_is_whole_and_without_gaps() -> None:
    bars = list(read_bars(bundled_week(), BTC))
    assert kind_of(bundled_week()) == "bars"
    assert len(bars) == 7 * 24 * 60
    assert bars[0].open_ns == OPEN_MS * 10**6
    assert all(b.open_ns - a.open_ns == MINUTE_NS for a, b in itertools.pairwise(bars))
    assert (bars[0].open, bars[0].volume) == (Decimal("63113.97"), Decimal("65.87067"))


def test_the_bundled_trades_have_contiguous_ids_and_both_sides() -> None:
    trades = list(read_trades(bundled_trades(), BTC))
    assert len(trades) == 19_904
    ids = [int(trade.trade_id) for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert {trade.aggressor for trade in trades} == {Side.BUY, Side.SELL}


@pytest.mark.parametrize(
    "moment",
    ["1709510400", "1709510400000", "1709510400000000", "1709510400000000000", "2024-03-04T00:00:00+00:00"],
    ids=["s", "ms", "us", "ns", "iso"],
)
def test_the_unit_of_time_is_told_by_its_size(tmp_path: Path, moment: str) -> None:
    (bar,) = read_bars(written(tmp_path, f"{BARS}{moment},1,2,0.5,1.5,3\n"), BTC)
    assert bar.open_ns == OPEN_MS * 10**6
    assert bar.timeframe_ns == MINUTE_NS


def test_the_timeframe_is_the_smallest_step_even_after_a_gap(tmp_path: Path) -> None:
    rows = "".join(f"{1709510400 + 300 * i},1,2,0.5,1.5,3\n" for i in (0, 3, 4, 5))
    bars = list(read_bars(written(tmp_path, BARS + rows), BTC))
    assert {bar.timeframe_ns for bar in bars} == {300 * SECOND_NS}


def test_decimals_are_exact_in_text_and_from_floats(tmp_path: Path) -> None:
    path = written(tmp_path, f"{TRADES}{OPEN_MS},7,0.1,0.30000000000000004,sell\n")
    (trade,) = read_trades(path, BTC)
    assert (trade.price, trade.size) == (Decimal("0.1"), Decimal("0.30000000000000004"))
    table = pa.table({"ts": [OPEN_MS], "price": [0.1], "qty": [61837.63], "is_buyer_maker": [True]})
    pq.write_table(table, tmp_path / "t.parquet")
    (trade,) = read_trades(tmp_path / "t.parquet", BTC)
    assert (trade.price, trade.size) == (Decimal("0.1"), Decimal("61837.63"))
    assert (trade.trade_id, trade.aggressor) == ("1", Side.SELL)


def test_csv_gzip_and_parquet_read_the_same(tmp_path: Path) -> None:
    text = f"{BARS}{OPEN_MS},1.5,2,0.5,1.75,3\n{OPEN_MS + 60000},1.75,2,1,1,4\n"
    plain = written(tmp_path, text)
    with gzip.open(tmp_path / "data.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    columns = {
        "ts": pa.array([OPEN_MS, OPEN_MS + 60000], pa.timestamp("ms", "UTC")),
        "open": [1.5, 1.75],
        "high": [2.0, 2.0],
        "low": [0.5, 1.0],
        "close": [1.75, 1.0],
        "volume": [3.0, 4.0],
    }
    pq.write_table(pa.table(columns), tmp_path / "data.parquet")
    first = list(read_market(plain, BTC))
    assert len(first) == 2
    assert list(read_market(tmp_path / "data.csv.gz", BTC)) == first
    assert list(read_market(tmp_path / "data.parquet", BTC)) == first


def test_the_venues_own_dumps_need_no_header(tmp_path: Path) -> None:
    bars = written(tmp_path, f"{OPEN_MS},1,2,0.5,1.5,3,{OPEN_MS + 59999},4,5,1,1,0\n")
    assert next(read_bars(bars, BTC)).close == Decimal("1.5")
    trades = written(tmp_path, f"11,100,2,200,{OPEN_MS},true,true\n", "t.csv")
    (trade,) = read_trades(trades, BTC)
    assert (trade.trade_id, trade.size, trade.aggressor) == ("11", Decimal(2), Side.SELL)


@pytest.mark.parametrize(
    ("rows", "where", "why"),
    [
        (f"{OPEN_MS},1,2,0.5,1.5,x\n", "row 2", "not a number"),
        (f"{OPEN_MS},1,2,0.5,1.5,nan\n", "row 2", "not a finite number"),
        (f"{OPEN_MS},1,2,0.5\n", "row 2", "too short"),
        (f"{OPEN_MS},1,0.9,0.5,1.5,3\n", "row 2", "contradict"),
        (f"{OPEN_MS},-1,2,0.5,1.5,3\n", "row 2", "above zero"),
        (f"{OPEN_MS},1,2,0.5,1.5,-3\n", "row 2", "negative"),
        ("yesterday,1,2,0.5,1.5,3\n", "row 2", "not a time"),
        (f"{OPEN_MS},1,2,0.5,1.5,3\n{OPEN_MS},1,2,0.5,1.5,3\n", "row 3", "not after"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path: Path, rows: str, where: str, why: str) -> None:
    with pytest.raises(CorruptError) as caught:
        list(read_bars(written(tmp_path, BARS + rows), BTC))
    assert where in caught.value.message
    assert why in caught.value.message
    assert "data.csv" in caught.value.message


def test_trades_may_share_a_time_but_not_go_back(tmp_path: Path) -> None:
    same = f"{TRADES}{OPEN_MS},1,1,1,buy\n{OPEN_MS},2,1,1,sell\n"
    assert len(list(read_trades(written(tmp_path, same), BTC))) == 2
    with pytest.raises(CorruptError, match="before that of the row before"):
        list(read_trades(written(tmp_path, f"{same}{OPEN_MS - 1},3,1,1,buy\n"), BTC))
    with pytest.raises(CorruptError, match="not a side"):
        list(read_trades(written(tmp_path, f"{TRADES}{OPEN_MS},1,1,1,hold\n"), BTC))


def test_a_file_that_is_cut_short_is_corrupt(tmp_path: Path) -> None:
    whole = bundled_week().read_bytes()
    short = tmp_path / "short.csv.gz"
    short.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptError, match="cut short"):
        list(read_bars(short, BTC))
    table = pa.table({"ts": [OPEN_MS], "price": [1.0], "size": [1.0]})
    pq.write_table(table, tmp_path / "t.parquet")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes((tmp_path / "t.parquet").read_bytes()[:-20])
    with pytest.raises(CorruptError, match=r"broken\.parquet"):
        kind_of(broken)


def test_empty_binary_and_headless_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorruptError, match="empty"):
        kind_of(written(tmp_path, ""))
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x80" * 10)
    with pytest.raises(CorruptError, match="not text"):
        kind_of(tmp_path / "b.csv")
    with pytest.raises(RefusedError, match="no header"):
        kind_of(written(tmp_path, "1,2,3\n"))
    with pytest.raises(RefusedError, match="neither bars"):
        kind_of(written(tmp_path, "time,colour\n"))
    with pytest.raises(RefusedError, match="no time column"):
        kind_of(written(tmp_path, "price,size\n"))


def test_what_is_not_there_or_is_something_else_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="check the path"):
        kind_of(tmp_path / "nothing.csv")
    with pytest.raises(RefusedError, match="folder"):
        kind_of(tmp_path)
    with pytest.raises(RefusedError, match="holds bars, not trades"):
        next(read_trades(bundled_week(), BTC))


def test_parquet_without_its_reader_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"ts": [OPEN_MS], "price": [1.0], "size": [1.0]}), tmp_path / "t.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(RefusedError, match=r"tradedeck\[history\]"):
        kind_of(tmp_path / "t.parquet")
