"""`--funding` of backtest, report, optimize and walkforward, over a real perpetual with its real rates."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.shared.strategies.markets import PERPETUAL_FILE
from tradedeck.cli import main
from tradedeck.history.funding import load_funding, rates_at
from tradedeck.history.load import load_bars
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.sim.listings import instrument_of

RATES = Path(__file__).parents[3] / "data" / "funding_2025-05.csv"
PAID = """
from tradedeck.ports.strategy import BarView, Setup, Strategy


class Paid(Strategy):
    def setup(self, setup: Setup) -> None:
        self.rate = setup.funding()
        self.least = setup.number("least", 0.00005, low=0, high=0.01)

    def on_bar(self, bar: BarView) -> None:
        if self.rate.value > self.least:
            self.target(-0.1)
        elif self.rate.value < 0:
            self.close()
"""


class Paid(Strategy):
    """The same, for Python."""

    def setup(self, setup: Setup) -> None:
        self.rate = setup.funding()
        self.least = setup.number("least", 0.00005, low=0, high=0.01)

    def on_bar(self, bar: BarView) -> None:
        if self.rate.value > self.least:
            self.target(-0.1)
        elif self.rate.value < 0:
            self.close()


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A strategy for funding over the recorded perpetual."""
    monkeypatch.setenv("TRADEDECK_DATA", str(tmp_path / "markets"))
    file = tmp_path / "paid.py"
    file.write_text(PAID)
    data = tmp_path / "BTCUSDT_1h.parquet"
    shutil.copy(PERPETUAL_FILE, data)
    return ["--strategy", f"{file}:Paid", "--data", str(data), "--account", "linear"]


@pytest.fixture
def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    """The JSON that a command prints."""

    def run(command: str, *more: str) -> dict[str, Any]:
        quick = ["--json", "--no-truth"] if command == "backtest" else []
        assert main([command, *words, *quick, *more]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_rates_of_a_file_are_charged_and_shown(said: Any) -> None:
    told = said("backtest", "--funding", str(RATES))
    series = load_bars(PERPETUAL_FILE, "BTCUSDT")
    rates = rates_at(series, load_funding(RATES, "BTCUSDT"))
    made = backtest(Paid, series, instrument_of("BTCUSDT"), funding=rates, settings=Settings(account=Account.LINEAR))
    assert made.funding < 0
    assert (told["tier"], told["fills"], told["funding"]) == (
        "compiled",
        len(made.fills),
        str(made.funding.normalize()),
    )
    assert float(told["profit"]) == float(made.profit)


def test_what_is_missing_is_told(said: Any) -> None:
    # The bars go on for 14 hours after the last rate.
    [note] = said("backtest", "--funding", str(RATES))["notes"]
    assert note == (
        "funding of BTCUSDT: 1 rate missing between 2025-06-03 00:00 and 2025-06-03 14:00 UTC; none is charged there"
    )


def test_stored_rates_are_found_by_the_markets_name(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    taken = ["data", "import", str(RATES), "--kind", "funding", "--venue", "binance", "--symbol", "BTCUSDT"]
    assert main(taken) == 0
    capsys.readouterr()
    from_file = said("backtest", "--funding", str(RATES))
    for name in ("stored", "BTCUSDT=stored", "binance/BTCUSDT", "BTCUSDT=BTCUSDT"):
        assert said("backtest", "--funding", name)["funding"] == from_file["funding"]


def test_a_second_market_has_rates_where_they_are_given_by_its_name(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    perpetual = tmp_path / "perpetual.parquet"
    shutil.copy(PERPETUAL_FILE, perpetual)
    spot = words[words.index("--data") + 1]
    pair = ["--strategy", "funding-capture", "--data", str(perpetual), "--symbol", "BTCPERP-USDT", "--data", spot]
    steps = ["--tick", "0.1", "--lot", "0.001", "--account", "linear", "--json", "--no-truth"]

    def paid(*funding: str) -> float:
        assert main(["backtest", *pair, *steps, *funding]) == 0
        return float(json.loads(capsys.readouterr().out)["funding"])

    rates = str(tmp_path / "btc.csv")
    Path(rates).write_text("\n".join(line for line in RATES.read_text().splitlines() if "ETHUSDT" not in line))
    assert paid("--funding", rates) == pytest.approx(-4.5114, abs=1e-4)
    # Hedged in a perpetual of the same rates, nothing is earned.
    assert paid("--funding", rates, "--funding", f"BTCUSDT={rates}") == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("given", "message"), [
    (["--funding", "stored"], "no funding rates of BTCUSDT are stored; take them in"),
    (["--funding", str(PERPETUAL_FILE)], "holds no funding rates"),
    ([], "this run brings no funding rates of BTCUSDT; add them with --funding"),
])  # fmt: skip
def test_without_rates_it_says_what_to_do(
    words: list[str], capsys: pytest.CaptureFixture[str], given: list[str], message: str
) -> None:
    assert main(["backtest", *words, *given]) == 1
    assert message in capsys.readouterr().err


def test_rates_of_another_symbol_and_a_spot_account_are_noted(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "rates.csv"
    alone.write_text("\n".join(line for line in RATES.read_text().splitlines() if "ETHUSDT" not in line))
    more = ["--symbol", "PERP", "--tick", "0.1", "--lot", "0.001", "--account", "spot", "--funding", str(alone)]
    assert main(["backtest", *words, *more, "--json", "--no-truth"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert float(told["funding"]) == 0
    assert any(note == "PERP has the funding rates of BTCUSDT" for note in told["notes"])
    assert any("a spot account pays no funding" in note for note in told["notes"])


def test_a_report_with_funding_comes_out_again_and_names_the_rates(
    said: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said("backtest", "--funding", str(RATES), "--report", str(tmp_path / "out"))
    marks = json.loads((tmp_path / "out" / "report.json").read_text())["fingerprint"]
    assert len(marks["funding of BTCUSDT"]) == 64
    assert f"--funding={RATES}" in marks["command"]
    assert main(["report", str(tmp_path / "out"), "--verify"]) == 0
    assert "byte for byte" in capsys.readouterr().err


def test_only_rates_that_were_due_in_the_run_make_its_fingerprint(said: Any, tmp_path: Path) -> None:
    def mark(before: str, after: str) -> str:
        file, out = tmp_path / "rates.csv", tmp_path / after
        assert before in RATES.read_text()
        file.write_text(RATES.read_text().replace(before, after))
        said("backtest", "--funding", str(file), "--from", "2025-05-05", "--report", str(out))
        return json.loads((out / "report.json").read_text())["fingerprint"]["funding of BTCUSDT"]

    same = mark("0.00003519", "0.00003519")
    # That rate of the first of May was due before the first bar.
    assert mark("BTCUSDT,1746057600000,0.00003519", "BTCUSDT,1746057600000,0.9") == same
    assert mark("BTCUSDT,1747267200000,", "BTCUSDT,1747267200000,0") == same
    assert mark("BTCUSDT,1747267200000,", "BTCUSDT,1747267200000,1") != same


def test_a_search_is_charged_the_rates(said: Any) -> None:
    told = said("optimize", "--funding", str(RATES), "--param", "least=0.00002,0.00005", "--objective", "profit")
    series = load_bars(PERPETUAL_FILE, "BTCUSDT")
    rates = rates_at(series, load_funding(RATES, "BTCUSDT"))
    profits = [
        float(backtest(
            Paid, series, instrument_of("BTCUSDT"), params={"least": least}, funding=rates,
            settings=Settings(account=Account.LINEAR),
        ).profit)
        for least in ("0.00002", "0.00005")
    ]  # fmt: skip
    assert told["best"]["profit"] == pytest.approx(max(profits))


def test_walking_forward_gives_every_window_its_own_rates(said: Any) -> None:
    told = said(
        "walkforward", "--funding", str(RATES), "--param", "least=0.00002,0.00005", "--train", "300", "--test", "100"
    )
    series = load_bars(PERPETUAL_FILE, "BTCUSDT")
    test = series.slice(300, 400)
    rates = rates_at(test, load_funding(RATES, "BTCUSDT"))
    assert np.isfinite(rates).sum() in (12, 13)
    out = {
        backtest(
            Paid, test, instrument_of("BTCUSDT"), params={"least": least}, funding=rates,
            settings=Settings(account=Account.LINEAR),
        ).profit / 1_000_000
        for least in ("0.00002", "0.00005")
    }  # fmt: skip
    assert any(told["windows"][0]["out_return"] == pytest.approx(float(one)) for one in out)


def test_a_study_is_not_resumed_under_other_rates(
    said: Any, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = ["--study", str(tmp_path / "study.log"), "--param", "least=0.00002,0.00005"]
    said("optimize", *study, "--funding", str(RATES))
    assert main(["optimize", *words, *study, "--funding", f"BTCUSDT={RATES}", "--leverage", "2"]) == 1
    assert "a study with another assumptions" in capsys.readouterr().err
