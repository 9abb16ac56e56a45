"""`tradedeck optimize` and `tradedeck walkforward`: from words to a table, stopped and resumed by hand."""

from __future__ import annotations

import argparse
import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shared.research.runs import BTC

from tradedeck.domain.errors import RefusedError
from tradedeck.history import bundled_week, read_bars
from tradedeck.history.series import series_of
from tradedeck.research.commands.searching import Runs
from tradedeck.research.optimise import on_processes
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Margin, Settings
from tradedeck.strategies import SmaCross

GRID = ["--param", "fast=5:20:5", "--param", "slow=20:60:20", "--where", "fast<slow"]

Say = Callable[..., dict[str, Any]]


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A day of bars as a file."""
    path = tmp_path / "day.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "open", "high", "low", "close", "volume"])
        for bar in islice(read_bars(bundled_week(), BTC), 1440):
            writer.writerow([bar.open_ns, bar.open, bar.high, bar.low, bar.close, bar.volume])
    return path


def run(name: str, words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    import_module(f"tradedeck.research.commands.{name}").command(parser.add_subparsers())
    arguments = parser.parse_args([name, *words])
    return arguments.run(arguments)


@pytest.fixture
def say(day: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command over the day; what it printed."""

    def said(name: str, *words: str) -> dict[str, Any]:
        assert run(name, ["--data", str(day), *words]) == 0
        return json.loads(capsys.readouterr().out)

    return said


def test_the_best_of_a_grid_is_what_a_backtest_of_it_earns(say: Say, tmp_path: Path, day: Path) -> None:
    found = say("optimize", *GRID, "--objective", "profit", "--out", str(tmp_path / "all.csv"))
    assert found["tried"] == found["total"] == 11
    best = found["best"]
    series = series_of(read_bars(day, BTC))
    assert best["profit"] == pytest.approx(float(backtest(SmaCross, series, BTC, params=best["params"]).profit))
    table = pl.read_csv(tmp_path / "all.csv")
    assert table.height == 11
    assert table["profit"].max() == best["profit"]
    assert any("days of data" in warning for warning in found["warnings"])


def test_more_workers_and_a_study_change_nothing(say: Say, tmp_path: Path) -> None:
    words = [*GRID, "--method", "tpe", "--trials", "20", "--batch", "5", "--objective", "profit"]
    alone = say("optimize", *words, "--workers", "1", "--out", str(tmp_path / "one.parquet"))
    spread = say(
        "optimize", *words, "--workers", "2", "--study", str(tmp_path / "s.log"), "--out", str(tmp_path / "two.parquet")
    )
    assert spread == alone
    assert pl.read_parquet(tmp_path / "one.parquet").equals(pl.read_parquet(tmp_path / "two.parquet"))
    assert say("optimize", *words, "--study", str(tmp_path / "s.log")) == alone


def test_several_objectives_print_the_front(say: Say) -> None:
    found = say(
        "optimize", *GRID, "--method", "genetic", "--trials", "16", "--batch", "8", "--objective", "profit",
        "--objective", "drawdown",
    )  # fmt: skip
    assert found["pareto"]
    assert found["best"]["profit"] == max(row["profit"] for row in found["pareto"])


def test_the_probability_of_overfitting_can_be_asked_for(say: Say) -> None:
    assert 0 <= say("optimize", *GRID, "--pbo")["pbo"] <= 1


def test_walking_forward_prints_a_row_per_window(say: Say, tmp_path: Path) -> None:
    words = [*GRID, "--objective", "profit", "--train", "480", "--test", "240", "--warmup", "60"]
    found = say("walkforward", *words, "--study", str(tmp_path / "windows"), "--out", str(tmp_path / "windows.csv"))
    assert [row["window"] for row in found["windows"]] == [1, 2, 3, 4]
    growth = 1.0
    for row in found["windows"]:
        growth *= 1 + row["out_return"]
        assert int(row["fast"]) < int(row["slow"])
    assert found["out_return"] == pytest.approx(growth - 1)
    assert pl.read_csv(tmp_path / "windows.csv").height == 4
    assert sorted(path.name for path in (tmp_path / "windows").iterdir())[0] == "window-001.log"
    assert say("walkforward", *words, "--study", str(tmp_path / "windows")) == found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--symbol", "ETHUSDT"], "bundled week"),
        ([], "say what to search"),
        (["--param", "fast=1:5", "--out", "table.txt"], r"\.csv or \.parquet"),
        (["--param", "fast=1:5", "--method", "tpe"], "how many trials"),
        (["--param", "fast=1:5", "--where", "fast>9"], "no combination meets fast>9"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(words: list[str], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        run("optimize", words)


def test_ctrl_c_prints_what_is_done_and_the_study_goes_on(say: Say, tmp_path: Path, day: Path) -> None:
    study = tmp_path / "s.log"
    words = ["--param", "fast=2:60", "--param", "slow=61:120", "--method", "random", "--batch", "10"]
    words += ["--study", str(study)]
    code = (
        "import sys, argparse\n"
        "from tradedeck.research.commands import optimize\n"
        "parser = argparse.ArgumentParser(); optimize.command(parser.add_subparsers())\n"
        "chosen = parser.parse_args(sys.argv[1:]); sys.exit(chosen.run(chosen))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "optimize", "--data", str(day), *words, "--trials", "3000"],
        stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        while child.poll() is None and not (study.exists() and study.read_bytes().count(b'"share"') >= 30):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        told = json.loads(child.communicate()[0])
    assert child.returncode == 130
    assert told["interrupted"]
    assert 30 <= told["tried"] < 3000
    again = say("optimize", *words, "--trials", str(told["tried"]))
    assert not again["interrupted"]
    assert again["best"] == told["best"]


def test_what_evaluates_goes_to_other_processes_as_it_is(day: Path) -> None:
    series = series_of(read_bars(day, BTC))
    combos = [{"fast": str(fast), "slow": "60"} for fast in range(5, 15)]
    runs = Runs("sma-cross", BTC, threads=1)
    with on_processes(runs, series, 2) as spread:
        # Text, because the Sharpe ratio of one day is NaN, which equals nothing.
        assert str(spread(combos, series)) == str(runs(combos, series))


def test_a_strategy_of_ones_own_file_is_searched_too(say: Say, day: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    # getattr keeps it out of native code, so that it goes to other processes.
    file.write_text(
        "from tradedeck.strategies import SmaCross\n\n"
        "class Mine(SmaCross):\n    def on_bar(self, bar):\n        getattr(super(), 'on_bar')(bar)\n"
    )
    assert say("optimize", "--strategy", f"{file}:Mine", *GRID)["best"] == say("optimize", *GRID)["best"]
    series = series_of(read_bars(day, BTC))
    runs = Runs(f"{file}:Mine", BTC, threads=1)
    combos = [{"fast": "5"}, {"fast": "10"}]
    with on_processes(runs, series, 2) as spread:
        assert str(spread(combos, series)) == str(runs(combos, series))


def test_a_search_assumes_what_a_backtest_may(say: Say, tmp_path: Path, day: Path) -> None:
    words = ["--account", "linear", "--leverage", "3", "--margin", "isolated", "--taker", "0.002", "--slippage", "2"]
    found = say("optimize", *GRID, *words, "--objective", "profit", "--study", str(tmp_path / "study.db"))
    settings = Settings(
        account=Account.LINEAR, leverage=3, margin=Margin.ISOLATED, taker=Decimal("0.002"), slippage_ticks=2
    )
    best = backtest(SmaCross, series_of(read_bars(day, BTC)), BTC, params=found["best"]["params"], settings=settings)
    assert found["best"]["profit"] == pytest.approx(float(best.equity[-1]) - 1e6)
    with pytest.raises(RefusedError, match="slippage_ticks 3"):
        say("optimize", *GRID, *words[:-1], "3", "--objective", "profit", "--study", str(tmp_path / "study.db"))
