"""`tradedeck data`, as somebody types it."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError
from tradedeck.history import bundled_trades, bundled_week
from tradedeck.history.catalogue import Catalogue, default_folder
from tradedeck.history.command import command
from tradedeck.history.load import load_bars, load_trades
from tradedeck.sandbox.server import SandboxSettings, running

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEDECK_DATA", str(tmp_path / "markets"))
    return tmp_path / "markets"


def typed(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command(parser.add_subparsers())
    chosen = parser.parse_args(["data", *words])
    return chosen.run(chosen)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert typed(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def week() -> tuple[str, ...]:
    return "import", str(bundled_week()), "--venue", "binance"


def test_import_then_list_then_check(capsys: pytest.CaptureFixture[str]) -> None:
    done = told(capsys, *week())
    assert (done["market"], done["rows"], done["added"]) == ("binance/BTCUSDT/1m", 10_080, 10_080)
    (row,) = told(capsys, "list")
    assert (row["rows"], row["gaps"], row["first"]) == (10_080, 0, "2024-03-04T00:00:00Z")
    report = told(capsys, "check", "BTCUSDT")
    assert (report["timeframe"], report["missing"], report["duplicates"]) == ("1m", 0, 0)


def test_people_get_tables(capsys: pytest.CaptureFixture[str]) -> None:
    typed("list")
    assert "nothing in" in capsys.readouterr().out
    typed(*week())
    assert "bars binance/BTCUSDT/1m: 10,080 rows, 10,080 added" in capsys.readouterr().out
    typed("list")
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["kind", "market", "rows", "first", "last", "gaps", "missing", "bytes"]
    assert line.split()[:3] == ["bars", "binance/BTCUSDT/1m", "10,080"]
    typed("check", str(DATA / "XRPETH_bars_1m.parquet"))
    out = capsys.readouterr().out
    assert "2019-10-11T00:03:00Z  gap   1 bars missing, to 2019-10-11T00:04:00Z" in out
    assert "and 666 more; all of them with --json" in out


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet", "out.feather"])
def test_what_is_exported_can_be_loaded_again(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    typed(*week())
    capsys.readouterr()
    span = ("--from", "2024-03-05", "--to", "2024-03-06T12:00")
    assert told(capsys, "export", "BTCUSDT", str(tmp_path / name), *span)["rows"] == 1_440 + 720
    assert load_bars(tmp_path / name, "BTCUSDT").digest() == load_bars(bundled_week()).slice(1_440, 3_600).digest()
    with pytest.raises(RefusedError, match="is there already"):
        typed("export", "BTCUSDT", str(tmp_path / name))
    assert [path.name for path in tmp_path.glob(".out*")] == []


def test_trades_are_exported_with_their_sides(tmp_path: Path) -> None:
    typed("import", str(bundled_trades()), "--venue", "binance")
    typed("export", "BTCUSDT", str(tmp_path / "t.csv"))
    out, original = load_trades(tmp_path / "t.csv"), load_trades(bundled_trades())
    assert np.array_equal(out.time_ns, original.time_ns)
    assert np.array_equal(out.side, original.side)


def test_nothing_is_exported_where_nothing_is(tmp_path: Path) -> None:
    typed(*week())
    with pytest.raises(NotFoundError, match="no rows of binance/BTCUSDT/1m"):
        typed("export", "BTCUSDT", str(tmp_path / "x.csv"), "--from", "2025-01-01")
    with pytest.raises(RefusedError, match="must end in one of"):
        typed("export", "BTCUSDT", str(tmp_path / "x.xls"))
    with pytest.raises(RefusedError, match="'soon' is not a time"):
        typed("export", "BTCUSDT", str(tmp_path / "x.csv"), "--from", "soon")
    assert list(tmp_path.glob("*x.*")) == []


def test_trades_become_the_venues_bars_in_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    typed("import", str(DATA / "XRPETH_trades.parquet"), "--venue", "binance")
    capsys.readouterr()
    done = told(capsys, "aggregate", "XRPETH", "--into", "1m")
    assert (done["market"], done["added"]) == ("binance/XRPETH/1m", 2_469)
    assert load_bars("XRPETH", timeframe="1m").digest() == load_bars(DATA / "XRPETH_bars_1m.parquet").digest()
    assert told(capsys, "aggregate", "XRPETH", "--count", "100")["market"] == "binance/XRPETH/100-trades"
    assert told(capsys, "aggregate", "XRPETH", "--volume", "1e6")["market"] == "binance/XRPETH/1000000-volume"
    assert told(capsys, "aggregate", "XRPETH", "--value", "0.5")["market"] == "binance/XRPETH/0.5-value"
    assert len(load_bars("binance/XRPETH/100-trades")) == 124
    with pytest.raises(RefusedError, match="say one of"):
        typed("aggregate", "XRPETH")


def test_bars_become_longer_ones_from_the_longest_that_fit(capsys: pytest.CaptureFixture[str]) -> None:
    typed(*week())
    capsys.readouterr()
    assert told(capsys, "aggregate", "BTCUSDT", "--into", "5m")["source"] == "binance/BTCUSDT/1m"
    assert told(capsys, "aggregate", "BTCUSDT", "--into", "1h")["source"] == "binance/BTCUSDT/5m"
    assert told(capsys, "aggregate", "BTCUSDT", "--into", "1h")["known"] == 168
    with pytest.raises(NotFoundError, match="no bars BTCUSDT 30s"):
        typed("aggregate", "BTCUSDT", "--into", "30s")


def test_a_longer_timeframe_is_made_while_loading() -> None:
    typed(*week())
    hours = load_bars("binance/BTCUSDT", timeframe="1h")
    assert (hours.symbol, hours.timeframe_ns, len(hours)) == ("BTCUSDT", 60 * MINUTE_NS, 168)
    start_ns = int(hours.open_ns[24])
    assert len(load_bars("BTCUSDT", start_ns=start_ns, end_ns=start_ns + 90 * MINUTE_NS)) == 90
    with pytest.raises(NotFoundError, match="tradedeck data list"):
        load_bars("BTCUSDT", timeframe="7s")


def test_contradictions_are_refused_and_repaired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(*week())
    capsys.readouterr()
    other = tmp_path / "BTCUSDT.csv"
    other.write_text("ts,open,high,low,close,volume\n1709510400,1,1,1,1,1\n1709510460,1,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(ConflictError, match="--repair"):
        typed("import", str(other), "--venue", "binance")
    assert told(capsys, "import", str(other), "--venue", "binance", "--repair")["replaced"] == 2


@pytest.fixture
def url() -> Iterator[str]:
    """The sandbox in a thread of its own, as the command runs a loop of its own."""
    found: list[str] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with running(SandboxSettings(data=bundled_week(), speed=None, skip=1_500)) as box:
            found.append(box.url)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    stop.set()
    thread.join()


def test_fetch_goes_on_from_what_is_there(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fetched(*words: str) -> int:
        return told(capsys, "fetch", "binance", "BTCUSDT", "--url", url, *words)["rows"]

    with pytest.raises(RefusedError, match="say from when"):
        typed("fetch", "binance", "BTCUSDT", "--url", url)
    assert fetched("--from", "2024-03-04", "--to", "2024-03-04T12:00") == 720
    assert fetched("--to", "2024-03-05") == 720
    assert fetched("--from", "2024-03-04", "--to", "2024-03-05") == 0
    assert load_bars("BTCUSDT").digest() == load_bars(bundled_week()).slice(0, 1_440).digest()


def test_the_folder_is_chosen_by_option_by_variable_or_by_the_platform(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_folder() == folder
    typed(*week(), "--data", str(tmp_path / "other"))
    assert len(Catalogue(tmp_path / "other").keys()) == 1
    assert Catalogue().keys() == []
    monkeypatch.delenv("TRADEDECK_DATA")
    assert default_folder().name == "markets"


def test_the_command_line_starts_without_numpy() -> None:
    program = (
        "import argparse, sys\nfrom tradedeck.history.command import command\n"
        "command(argparse.ArgumentParser().add_subparsers())\n"
        "assert 'numpy' not in sys.modules and 'pyarrow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
