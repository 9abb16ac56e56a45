"""Into the catalogue: whole or not at all, in bounded memory, with every doubtful row named or counted."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import ConflictError, CorruptError, NotFoundError, RefusedError, UnavailableError
from tradedeck.history import batches, bundled_trades, bundled_week
from tradedeck.history.catalogue import Catalogue, Key
from tradedeck.history.frames import joined
from tradedeck.history.importing import Wanted, import_files
from tradedeck.history.load import load_bars, load_trades
from tradedeck.history.staging import staging

pq: Any = import_module("pyarrow.parquet")

OPEN_MS = 1_709_510_400_000
HEADER = "open_time,open,high,low,close,volume\n"
DATA = Path(__file__).parents[2] / "data"
KEY = Key("bars", "test", "BTCUSDT", "1m")


def bar(minute: int, price: float = 1.5, volume: float = 1) -> str:
    return f"{OPEN_MS + 60_000 * minute},{price},{price + 1},{price - 1},{price},{volume}\n"


def written(folder: Path, text: str, name: str = "BTCUSDT.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "markets")


def taken(catalogue: Catalogue, *paths: Path, repair: bool = False) -> dict[str, int]:
    return import_files(catalogue, paths, Wanted("test", repair=repair)).counts.as_dict()


def minutes(catalogue: Catalogue, key: Key = KEY) -> list[int]:
    return ((catalogue.times(key) // 10**6 - OPEN_MS) // 60_000).tolist()


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_the_bundled_week_comes_back_as_it_went_in(catalogue: Catalogue) -> None:
    done = import_files(catalogue, [bundled_week()], Wanted("binance"))
    assert (str(done.key), done.counts.rows, done.counts.added) == ("binance/BTCUSDT/1m", 10_080, 10_080)
    (part,) = catalogue.parts(done.key)
    assert part.name == "2024.parquet"
    assert load_bars(part, "BTCUSDT").digest() == load_bars(bundled_week()).digest()


def test_trades_come_back_by_day_with_ids_and_sides(catalogue: Catalogue) -> None:
    done = import_files(catalogue, [bundled_trades()], Wanted("binance"))
    assert [part.name for part in catalogue.parts(done.key)] == ["2024-08-08.parquet", "2024-08-09.parquet"]
    kept, original = joined(catalogue.frames(done.key)), load_trades(bundled_trades())
    assert np.array_equal(kept["time_ns"], original.time_ns)
    assert np.array_equal(kept["side"], original.side)
    assert (np.diff(kept["id"]) == 1).all()


def test_the_same_file_again_changes_nothing(catalogue: Catalogue) -> None:
    taken(catalogue, bundled_week())
    before = everything(catalogue.folder)
    counts = taken(catalogue, bundled_week())
    assert (counts["known"], counts["added"]) == (10_080, 0)
    assert everything(catalogue.folder) == before


def test_a_later_file_continues_and_an_earlier_one_goes_before(catalogue: Catalogue, tmp_path: Path) -> None:
    taken(catalogue, written(tmp_path, HEADER + bar(3) + bar(4)))
    taken(catalogue, written(tmp_path, HEADER + bar(4) + bar(5)))
    taken(catalogue, written(tmp_path, HEADER + bar(0) + bar(1)))
    assert minutes(catalogue) == [0, 1, 3, 4, 5]
    entry = catalogue.entry(KEY)
    assert (entry.rows, entry.gaps, entry.missing) == (5, 1, 1)


def test_a_set_of_files_with_different_units_is_one_market(catalogue: Catalogue, tmp_path: Path) -> None:
    micros = "".join(line.replace(",", "000,", 1) + "\n" for line in (bar(2) + bar(3)).split())
    ms = written(tmp_path, HEADER + bar(0) + bar(1), "BTCUSDT-2024.csv")
    us = written(tmp_path, HEADER + micros, "BTCUSDT-2025.csv")
    assert taken(catalogue, us, ms)["added"] == 4
    assert minutes(catalogue) == [0, 1, 2, 3]


def test_rows_of_a_year_end_go_to_their_years(catalogue: Catalogue, tmp_path: Path) -> None:
    start = (np.datetime64("2023-12-31T23:58") - np.datetime64("1970-01-01T00:00")).astype(int)
    rows = "".join(f"{(start + i) * 60},1,1,1,1,1\n" for i in range(4))
    taken(catalogue, written(tmp_path, HEADER + rows))
    assert [part.name for part in catalogue.parts(KEY)] == ["2023.parquet", "2024.parquet"]
    assert np.diff(catalogue.times(KEY)).tolist() == [MINUTE_NS] * 3


@pytest.mark.parametrize(
    ("rows", "message", "counted"),
    [
        (bar(1) + bar(0) + bar(2), "row 3: its time is before", {"disorder": 1, "added": 3}),
        (bar(0) + bar(0) + bar(2), "row 3: it repeats", {"duplicates": 1, "added": 2}),
        (bar(0) + f"{OPEN_MS + 60_000},1,1,2,1,1\n" + bar(2), "row 3: its prices", {"contradicting": 1, "added": 2}),
        (bar(0) + bar(1, volume=-1) + bar(2), "row 3: its volume", {"bad_size": 1, "added": 2}),
        (bar(0) + bar(1, price=0.5) + bar(2), "row 3: a price must", {"not_above_zero": 1, "added": 2}),
        (bar(0) + bar(1, volume=float("nan")) + bar(2), "row 3: a number", {"not_finite": 1, "added": 2}),
    ],
)
def test_doubtful_rows_are_refused_by_number_or_repaired_and_counted(
    catalogue: Catalogue, tmp_path: Path, rows: str, message: str, counted: dict[str, int]
) -> None:
    path = written(tmp_path, HEADER + rows)
    with pytest.raises(CorruptError, match=message):
        taken(catalogue, path)
    assert catalogue.keys() == []
    counts = taken(catalogue, path, repair=True)
    assert {name: counts[name] for name in counted} == counted
    assert counts["rows"] == 3
    assert (np.diff(catalogue.times(KEY)) > 0).all()


def test_rows_that_contradict_those_there_are_refused_unless_they_shall_win(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    taken(catalogue, written(tmp_path, HEADER + bar(0) + bar(1)))
    other = written(tmp_path, HEADER + bar(1, price=7) + bar(2))
    with pytest.raises(ConflictError, match=r"test/BTCUSDT/1m 2024: other values.*2024-03-04T00:01:00.*--repair"):
        taken(catalogue, other)
    assert minutes(catalogue) == [0, 1]
    assert taken(catalogue, other, repair=True)["replaced"] == 1
    assert joined(catalogue.frames(KEY))["close"].tolist() == [1.5, 7.0, 1.5]


def test_one_bad_file_among_many_leaves_all_of_them_out(catalogue: Catalogue, tmp_path: Path) -> None:
    good = written(tmp_path, HEADER + bar(0) + bar(1))
    bad = written(tmp_path, HEADER + bar(3) + bar(2), "bad.csv")
    with pytest.raises(CorruptError, match=r"bad\.csv, row 3"):
        taken(catalogue, good, bad)
    assert everything(catalogue.folder) == {}
    with pytest.raises(RefusedError, match="does not hold bars"):
        taken(catalogue, good, bundled_trades())
    with pytest.raises(NotFoundError):
        taken(catalogue, good, tmp_path / "nothing.csv")


def test_interrupting_leaves_nothing_half_done(catalogue: Catalogue) -> None:
    def interrupt(name: str, _rows: int) -> None:
        if name.startswith("writing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(catalogue, [bundled_week()], Wanted("test"), interrupt)
    assert [path.name for path in catalogue.folder.iterdir()] == [".lock"]
    assert taken(catalogue, bundled_week())["added"] == 10_080


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_while_writing_is_undone_or_finished(tmp_path: Path, moment: str) -> None:
    """Killed before all is written, nothing is there; after, everything is, at the next look."""
    folder = tmp_path / "markets"
    program = (
        "import os, signal\nfrom pathlib import Path\nfrom tradedeck.history import bundled_trades, staging\n"
        "from tradedeck.history.catalogue import Catalogue\n"
        "from tradedeck.history.importing import Wanted, import_files\n"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "def progress(name, rows):\n"
        f"    if name.startswith('writing 2024-08-09'):\n        {'die()' if moment == 'before' else 'arm()'}\n"
        "def arm():\n"
        "    rename = Path.replace\n"
        "    def replace(self, target):\n        rename(self, target)\n        die()\n"
        "    Path.replace = replace\n"
        f"import_files(Catalogue(Path({str(folder)!r})), [bundled_trades()], Wanted('test'), progress)\n"
    )
    died = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert died.returncode == -9, died.stderr.decode()
    found = Catalogue(folder)
    assert not (folder / ".incoming").exists()
    if moment == "before":
        assert found.keys() == []
    else:
        assert found.entry(Key("trades", "test", "BTCUSDT", "tick")).rows == 19_904


def test_two_imports_at_once_do_not_mix(catalogue: Catalogue) -> None:
    with staging(catalogue.folder), pytest.raises(ConflictError, match="another process is changing"):
        taken(catalogue, bundled_week())


def test_a_full_disk_is_said_and_changes_nothing(catalogue: Catalogue) -> None:
    def full(_name: str, _rows: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UnavailableError, match="was not changed: the disk is full"):
        import_files(catalogue, [bundled_week()], Wanted("test"), full)
    assert catalogue.keys() == []


def test_trades_without_ids_that_overlap_replace_a_stretch_only_when_told(catalogue: Catalogue, tmp_path: Path) -> None:
    header = "time,price,size,side\n"
    first = written(tmp_path, header + "".join(f"{OPEN_MS + i},1,1,buy\n" for i in (0, 1, 1, 2, 9)))
    second = written(tmp_path, header + "".join(f"{OPEN_MS + i},2,1,sell\n" for i in (1, 2)), "b.csv")
    key = Key("trades", "test", "BTCUSDT", "tick")
    taken(catalogue, first)
    assert taken(catalogue, first)["known"] == 5
    with pytest.raises(ConflictError, match="there are other rows"):
        import_files(catalogue, [second], Wanted("test", "BTCUSDT"))
    import_files(catalogue, [second], Wanted("test", "BTCUSDT", repair=True))
    assert joined(catalogue.frames(key))["price"].tolist() == [1.0, 2.0, 2.0, 1.0]


def test_ids_may_be_text(catalogue: Catalogue, tmp_path: Path) -> None:
    rows = f"{OPEN_MS},a-1,1,1,buy\n{OPEN_MS},b-2,1,1,sell\n"
    path = written(tmp_path, "time,id,price,size,side\n" + rows)
    assert taken(catalogue, path)["added"] == 2
    assert taken(catalogue, path)["known"] == 2
    (part,) = catalogue.parts(Key("trades", "test", "BTCUSDT", "tick"))
    assert pq.read_table(part).column("id").to_pylist() == ["a-1", "b-2"]


def test_recorded_depth_keeps_its_columns_and_order(catalogue: Catalogue, tmp_path: Path) -> None:
    header = "ts,ts_recv_ns,kind,U,u,side,price,size\n"
    path = written(tmp_path, header + "".join(f"{OPEN_MS + i},{i},diff,{i},{i},bid,1.5,0\n" for i in (3, 1, 2)))
    done = import_files(catalogue, [path], Wanted("test"))
    assert (done.key.kind, done.counts.added) == ("depth", 3)
    (part,) = catalogue.parts(done.key)
    kept = pq.read_table(part)
    assert kept.column_names == header.strip().split(",")
    assert kept.column("u").to_pylist() == [3, 1, 2]
    with pytest.raises(ConflictError, match="2024-03-04 already"):
        import_files(catalogue, [path], Wanted("test"))
    assert import_files(catalogue, [path], Wanted("test", repair=True)).counts.replaced == 3


def test_memory_does_not_grow_with_the_rows(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Arrow reads some thirty blocks ahead; smaller ones make that little beside the file.
    monkeypatch.setattr(batches, "BLOCK_BYTES", 16_384)

    def peak(rows: int) -> int:
        # Bars of an hour: a year of them is few, so that only what is held too long could grow.
        path = written(tmp_path, HEADER + "".join(f"{3_600 * i},1.5,2,1,1.5,1\n" for i in range(rows)))
        tracemalloc.start()
        try:
            assert import_files(catalogue, [path], Wanted("test", f"X{rows}")).counts.added == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)  # what is imported and cached once
    assert peak(300_000) < 1.5 * peak(100_000)


@pytest.mark.parametrize("name", ["", "..", "BTC/USDT", "a b", ".x", "x" * 65])
def test_names_that_can_not_be_folders_are_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="can't name a market"):
        Key("bars", "test", name, "1m")


def test_a_market_is_found_by_as_much_of_its_name_as_tells_it(catalogue: Catalogue, tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + bar(0) + bar(60))
    taken(catalogue, bundled_week())
    import_files(catalogue, [path], Wanted("test"))
    import_files(catalogue, [path], Wanted("other", "ETHUSDT"))
    assert str(catalogue.find("ETHUSDT")) == "other/ETHUSDT/1h"
    assert str(catalogue.find("BTCUSDT", timeframe="60m")) == "test/BTCUSDT/1h"
    assert catalogue.find("test/BTCUSDT/1m") == KEY
    with pytest.raises(RefusedError, match="may be bars test/BTCUSDT/1h, bars test/BTCUSDT/1m; say which"):
        catalogue.find("BTCUSDT")
    with pytest.raises(NotFoundError, match="tradedeck data list"):
        catalogue.find("XRPUSDT")
