"""`tradedeck backtest` over a recorded order book and over best prices."""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from shared.research.depth.recorded import SPOT, USDM

from tradedeck.domain.errors import RefusedError

MINE = """
from tradedeck.ports.strategy import BookView, Strategy, TradeView


class Quoting(Strategy):
    bid = 0

    def on_book(self, book: BookView) -> None:
        if self.bid not in self.desk.working:
            self.bid, self.price = self.buy(0.001, price=book.bid, post_only=True), book.bid
        elif self.price != book.bid:
            self.cancel(self.bid)

    def on_trade(self, trade: TradeView) -> None:
        if self.position >= 0.002:
            self.sell(self.position)
"""
PEEKS = MINE.replace("self.buy(0.001,", "self.buy(0.001 if len(self.desk.replay.home) > 150_000 else 0.002,")
MOODY = MINE.replace("    bid = 0", "    bid = 0\n    memory = []").replace(
    "        if self.bid not", "        self.memory.append(1)\n        if len(self.memory) > 1000 or self.bid not"
)
WHOLE = ["--depth", str(USDM.depth), "--trades", str(USDM.trades)]
BEST = ["--quotes", str(SPOT.quotes), "--trades", str(SPOT.trades)]
ALONE = ["--quotes", str(SPOT.quotes), "--filling", "shrink"]


def run(name: str, *words: str) -> int:
    parser = argparse.ArgumentParser()
    import_module(f"tradedeck.research.commands.{name}").command(parser.add_subparsers())
    arguments = parser.parse_args([name, *words])
    return arguments.run(arguments)


@pytest.fixture
def mine(tmp_path: Path) -> list[str]:
    """A strategy in a file."""
    (tmp_path / "mine.py").write_text(MINE)
    return ["--strategy", f"{tmp_path / 'mine.py'}:Quoting", "--symbol", "BTCUSDT"]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run("backtest", "--json", *words) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("data", [WHOLE, BEST, ALONE], ids=["depth", "quotes", "quotes alone"])
def test_a_recording_is_replayed_checked_and_its_report_comes_out_again(
    mine: list[str], data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, *mine, *data, "--latency", "2", "--report", str(tmp_path / "out"))
    assert found["fills"] > 10
    assert found["timeframe"] == "1s"
    assert [one["level"] for one in found["truth"]][:2] == ["fine", "fine"]
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    settings = json.loads((tmp_path / "out" / "report.json").read_text())["settings"]
    assert settings["to_venue_ns"] == settings["to_home_ns"] == "2000000"
    assert settings["replay"] == ("whole book" if data is WHOLE else "best prices")
    assert run("report", "--verify", str(tmp_path / "out")) == 0


@pytest.mark.parametrize(
    "other",
    [
        ("--queue", "log"), ("--filling", "touch"), ("--fills", "whole"), ("--delays", "recorded"), ("--maker", "0.01"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_every_assumption_counts(
    mine: list[str], other: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def mark(name: str, *words: str) -> str:
        told(capsys, *mine, *WHOLE, "--no-truth", "--report", str(tmp_path / name), *words)
        return json.loads((tmp_path / name / "report.json").read_text())["fingerprint"]["settings"]

    assert mark("other", *other) != mark("usual")


def test_what_depends_on_an_earlier_run_or_on_what_comes_later_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text, check in (("moody", MOODY, "repeats"), ("peeks", PEEKS, "look-ahead")):
        (tmp_path / f"{name}.py").write_text(text)
        words = ["--strategy", f"{tmp_path / name}.py:Quoting", "--symbol", "BTCUSDT", "--json"]
        code = run("backtest", *words, *WHOLE)
        found = json.loads(capsys.readouterr().out)["truth"]
        levels = {one["check"]: one["level"] for one in found}
        assert (code, levels[check]) == (1, "failed"), name


def test_an_unlisted_market_has_the_steps_of_its_recording(mine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    mine = [word.replace("BTCUSDT", "ZZZUSDT") for word in mine]
    found = told(capsys, *mine, *BEST, "--no-truth")
    assert "prices in steps of 0.01, sizes in steps of 0.00001" in found["notes"][0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*WHOLE, "--quotes", "x.csv"], "--depth or --quotes"),
        (WHOLE[:2], "give --trades FILE"),
        (["--trades", "x.csv"], "goes with --depth or --quotes"),
        ([*WHOLE, "--data", "x.csv"], "replayed whole"),
        ([*BEST, "--from", "2024-01-01"], "replayed whole"),
        ([*BEST, "--slippage", "1"], "its levels are the slippage"),
        ([*BEST, "--filling", "shrink"], "no need to guess"),
        (["--quotes", "nowhere.csv"], "no such file"),
    ],
)
def test_words_that_do_not_go_together_are_refused(mine: list[str], words: list[str], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        run("backtest", *mine, *words)


def test_a_strategy_of_bars_is_told_that_there_are_none(mine: list[str]) -> None:
    with pytest.raises(RefusedError, match="no bars"):
        run("backtest", *BEST, "--symbol", "BTCUSDT")
