"""`tradedeck backtest`, `report` and `montecarlo`: from words to a page that comes out again byte for byte."""

from __future__ import annotations

import argparse
import csv
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from shared.research.runs import BTC, week

from tradedeck.domain.errors import NotFoundError, RefusedError, TradedeckError
from tradedeck.history import bundled_trades
from tradedeck.history.series import BarSeries
from tradedeck.research.reporting import to_json
from tradedeck.research.run import backtest
from tradedeck.strategies import SmaCross

MINE = """
from tradedeck.ports.strategy import BarView, Setup, Strategy


class Mine(Strategy):
    def setup(self, setup: Setup) -> None:
        self.size = setup.number("size", 0.01, low=0.001, high=1)

    def on_bar(self, bar: BarView) -> None:
        self.target(self.size if bar.close > bar.open else 0.0)
"""
PEEKS = MINE.replace(
    "bar.close > bar.open", "bar._series.close[min(bar._cursor.i + 3, len(bar._series) - 1)] > bar.close"
)


def run(name: str, *words: str) -> int:
    parser = argparse.ArgumentParser()
    import_module(f"tradedeck.research.commands.{name}").command(parser.add_subparsers())
    arguments = parser.parse_args([name, *words])
    return arguments.run(arguments)


def write(path: Path, series: BarSeries) -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "open", "high", "low", "close", "volume"])
        columns = (series.open_ns, series.open, series.high, series.low, series.close, series.volume)
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
    return str(path)


@pytest.fixture
def day(tmp_path: Path) -> str:
    """A day of bars as a file."""
    return write(tmp_path / "BTCUSDT_day.csv", week().slice(0, 1440))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Any:
    """The JSON a backtest prints, without its checks."""

    def said(*words: str) -> dict[str, Any]:
        assert run("backtest", "--json", "--no-truth", *words) == 0
        return json.loads(capsys.readouterr().out)

    return said


def test_json_holds_what_the_run_came_to(told: Any, day: str) -> None:
    said = told("--data", day, "--param", "fast=10")
    made = backtest(SmaCross, week().slice(0, 1440), BTC, params={"fast": "10"})
    assert said["strategy"] == "SmaCross"
    assert (said["orders"], said["fills"], said["bars"]) == (len(made.orders), len(made.fills), 1440)
    assert float(said["profit"]) == float(made.profit)
    assert said["params"]["fast"] == "10"
    assert said["figures"]["profit"] == float(made.profit)


def test_assumptions_reach_the_run(told: Any, day: str) -> None:
    usual, dear = told("--data", day), told("--data", day, "--taker", "0.01", "--slippage", "10", "--cash", "50000")
    assert float(dear["fees"]) > 9 * float(usual["fees"])
    assert dear["figures"]["start"] == 50000
    assert told("--data", day, "--tier", "interpreted")["profit"] == usual["profit"]


def test_a_part_of_the_time_in_longer_bars(told: Any, day: str) -> None:
    said = told("--data", day, "--from", "2024-03-04T06:00", "--to", "2024-03-04T12:00", "--timeframe", "5m")
    assert (said["bars"], said["timeframe"]) == (72, "5m")


def test_trades_are_put_together_into_bars(told: Any) -> None:
    said = told("--data", str(bundled_trades()), "--timeframe", "1s", "--param", "fast=2", "--param", "slow=5")
    assert said["timeframe"] == "1s"
    assert said["bars"] > 100


def test_steps_of_an_unlisted_market_are_told_from_its_data(told: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "SOLUSDC_1m.csv", week().slice(0, 500))
    said = told("--data", file)
    assert said["symbol"] == "SOLUSDC"
    assert "prices in steps of 0.01, sizes in steps of 0.00001" in said["notes"][0]
    assert told("--data", file, "--tick", "0.5", "--lot", "0.1", "--param", "size=0.01")["fills"] == 0


def test_people_get_a_table_and_the_checks(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("backtest", "--data", day) == 0
    said = capsys.readouterr().out
    assert "SmaCross on BTCUSDT, fast 20, slow 50" in said
    assert "1,440 bars of 1m, 2024-03-04 00:00 to 2024-03-05 00:00 UTC" in said
    assert "ok      look-ahead: cut off at 20 bars" in said


def test_a_file_of_ones_own_that_looks_ahead_fails_the_command(
    day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "peeks.py").write_text(PEEKS)
    assert run("backtest", "--data", day, "--strategy", f"{tmp_path / 'peeks.py'}:Mine", "--json") == 1
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)["truth"]}
    assert found["look-ahead"]["level"] == "failed"
    assert found["look-ahead"]["lines"][0].startswith("peeks.py:10: self.target(self.size if bar._series")


def test_a_report_comes_out_again_from_its_own_command(
    day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    folder = str(tmp_path / "out")
    words = ["--strategy", f"{tmp_path / 'mine.py'}:Mine", "--data", day, "--param", "size=0.02", "--taker", "0.0004"]
    assert run("backtest", *words, "--slippage", "2", "--latency", "150", "--report", folder) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {check["name"] for check in report["checks"]} >= {"look-ahead", "repainting", "data", "sensitivity"}
    assert len(report["outlooks"]) >= 3
    assert "--latency=150.0" in report["fingerprint"]["command"]
    assert run("report", folder, "--verify") == 0
    assert "byte for byte" in capsys.readouterr().err


def test_a_report_of_changed_figures_or_prices_is_found_out(
    day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backtest", "--data", day, "--no-truth", "--report", str(tmp_path / "out")) == 0
    file = tmp_path / "out" / "report.json"
    written = file.read_text()
    forged = json.loads(written)
    forged["figures"]["profit"] = 1e6
    file.write_text(to_json(forged))
    capsys.readouterr()
    assert run("report", str(file), "--verify") == 1
    assert "figures.profit: 1000000.0 before, " in capsys.readouterr().out
    file.write_text(written)
    other = write(tmp_path / "BTCUSDT_other.csv", week().slice(1, 1441))
    assert run("report", str(file), "--verify", "--data", other) == 1
    assert "fingerprint.data: " in capsys.readouterr().out


def test_a_page_is_drawn_anew_with_what_was_checked(day: str, tmp_path: Path) -> None:
    assert run("backtest", "--data", day, "--report", str(tmp_path)) == 0
    page = tmp_path / "report.html"
    before = page.read_bytes()
    page.unlink()
    assert run("report", str(tmp_path / "report.json")) == 0
    again = page.read_bytes()
    assert abs(len(again) - len(before)) < len(before) // 20


def test_montecarlo_of_a_report_and_of_a_run_are_the_same(
    day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backtest", "--data", day, "--no-truth", "--report", str(tmp_path)) == 0
    capsys.readouterr()
    assert run("montecarlo", str(tmp_path / "report.json"), "--draws", "200", "--json") == 0
    of_report = json.loads(capsys.readouterr().out)
    assert run("montecarlo", "--data", day, "--draws", "200", "--json") == 0
    assert json.loads(capsys.readouterr().out) == of_report
    assert [one["draws"] for one in of_report] == [200] * len(of_report)
    assert run("montecarlo", "--data", day, "--draws", "200") == 0
    assert "shuffled trades" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (["--param", "fast"], RefusedError, "NAME=VALUE"),
        (["--param", "fast=x"], RefusedError, "'x' is not a number"),
        (["--param", "speed=1"], RefusedError, "speed"),
        (["--strategy", "nothing"], NotFoundError, "no strategy nothing"),
        (["--strategy", "nowhere.py:Mine"], NotFoundError, "no file nowhere.py"),
        (["--symbol", "ETHUSDT"], RefusedError, "give a file of ETHUSDT with --data"),
        (["--data", "missing.csv"], TradedeckError, "missing.csv"),
        (["--from", "yesterday"], RefusedError, "'yesterday' is no time"),
        (["--from", "2030-01-01"], NotFoundError, "no bars in that time"),
        (["--timeframe", "90s"], RefusedError, "choose a multiple"),
        (["--tick", "0"], RefusedError, "--tick must be above zero"),
        (["--strategy", "pairs"], RefusedError, "this run brings no prices of ETHUSDT; add them with --data"),
        (["--leverage", "0"], RefusedError, "leverage must be at least 1"),
        (["--margin", "isolated"], RefusedError, "no margin to isolate"),
        (["--cash", "-5"], RefusedError, "cash must be at least 0"),
        (["--latency", "-1"], RefusedError, "latency_ns must be at least 0"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], kind: type[TradedeckError], said: str) -> None:
    with pytest.raises(kind, match=said):
        run("backtest", "--no-truth", *words)


def test_a_report_that_cannot_be_written_is_refused(day: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError, match="can't be written"):
        run("backtest", "--data", day, "--no-truth", "--report", str(tmp_path / "file" / "out"))


def test_a_report_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no report"):
        run("report", str(tmp_path / "none.json"))
    with pytest.raises(NotFoundError, match="no report in"):
        run("report", str(tmp_path))
    (tmp_path / "a.json").write_text('{"format": 2, "fingerprint": {}, "run": {}}')
    with pytest.raises(RefusedError, match="does not say how it was made"):
        run("report", str(tmp_path))
    (tmp_path / "b.json").write_text('{"format": 2, "fingerprint": {"command": "tradedeck backtest --nonsense"}}')
    with pytest.raises(RefusedError, match="several reports"):
        run("report", str(tmp_path))
    with pytest.raises(RefusedError, match="command line makes no sense"):
        run("report", str(tmp_path / "b.json"), "--verify")
    with pytest.raises(RefusedError, match="no whole report"):
        run("montecarlo", str(tmp_path / "a.json"))
