"""Any bar can be explained: what was asked, refused, working, filled, and what the lines said."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from shared.research.runs import BTC, week

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.reporting import why
from tradedeck.research.reporting.lines import lines_of
from tradedeck.research.reporting.why import ENDINGS, lines_text
from tradedeck.research.result import Run
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.research.trades import round_trips
from tradedeck.sim.kernel import layout

DAY = week().slice(0, 600)


class Patient(Strategy):
    """Bids far below, cancels, asks for more than it can pay, then buys with a bracket and notes it."""

    def setup(self, setup: Setup) -> None:
        self.average = setup.sma(50)
        self.hourly = setup.rsi(5, timeframe="1h")

    def on_bar(self, bar: BarView) -> None:
        minute = (bar.open_ns - int(DAY.open_ns[0])) // 60_000_000_000
        if minute == 400:
            self.waiting = self.buy(0.5, price=round(bar.close * 0.5, 2))
        elif minute == 420:
            self.cancel(self.waiting)
        elif minute == 450:
            self.buy(8000)
        elif minute == 500:
            self.bracket(0.1, take=bar.close * 2, loss=bar.close * 0.5)
            self.note("in it goes")


@pytest.fixture(scope="module")
def run() -> Run:
    return backtest(Patient, DAY, BTC, settings=Settings())


def test_a_quiet_bar_says_that_nothing_was_asked(run: Run) -> None:
    assert why(run, 399).verdict == "It asked for nothing here and held nothing."


def test_a_bar_before_the_lines_are_warm_says_so(run: Run) -> None:
    assert run.first_bar > 49
    assert why(run, 10).verdict == f"Its lines were still warming up; the first bar it sees is number {run.first_bar}."


def test_an_order_is_told_from_the_bar_it_was_asked_at_until_it_ends(run: Run) -> None:
    asked = why(run, 400)
    assert len(asked.asked) == 1
    assert asked.asked[0].startswith("#1 buy 0.5 limit at ")
    assert asked.verdict == "It asked in this bar, but nothing was filled in it."
    working = why(run, 410)
    assert working.working == asked.asked
    assert working.verdict == "It asked for nothing new; 1 of its orders were working and none was reached."
    ends = [why(run, bar).ended for bar in (420, 421)]
    assert [asked.asked[0] + ": canceled by the strategy"] == [line for lines in ends for line in lines]


def test_a_refusal_gives_its_reason(run: Run) -> None:
    told = [why(run, bar) for bar in (450, 451)]
    refused = [line for one in told for line in one.refused]
    assert len(refused) == 1
    assert refused[0].endswith(": not enough cash")
    assert "It wanted to trade and was refused." in {one.verdict for one in told}


def test_a_fill_is_told_with_its_price_and_what_is_held_after_it(run: Run) -> None:
    told = why(run, 501)
    assert told.verdict == "It traded: 1 fill in this bar."
    assert told.filled[0].startswith("#3 bought 0.1 at ")
    assert told.filled[0].endswith("(taker)")
    assert told.position == Decimal("0.1")
    assert told.equity == run.equity[501]
    assert len(why(run, 510).working) == 2
    assert why(run, 510).working[0].endswith("(of #3)")
    assert "held 0.1" not in why(run, 510).verdict
    assert why(run, 500).notes == ("in it goes",)


def test_lines_are_told_by_name(run: Run) -> None:
    lines = lines_of(run, Patient)
    assert set(lines) == {"sma 50", "rsi 5 1h"}
    told = why(run, 300, lines).lines
    assert told["sma 50"] == pytest.approx(float(np.mean(DAY.close[251:301])))
    assert lines_text(why(run, 3, lines).lines)["sma 50"] == "warming up"


@pytest.mark.parametrize("bar", [-1, 600])
def test_there_is_no_other_bar(run: Run, bar: int) -> None:
    with pytest.raises(RefusedError, match="bars 0 to 599"):
        why(run, bar)


def test_every_ending_of_the_kernel_has_its_words() -> None:
    words = {
        layout.BY_STRATEGY: "canceled", layout.BY_PARTNER: "partner", layout.SUCCEEDED: "successor",
        layout.TIME_OVER: "time", layout.NO_MATCH: "nothing to trade with", layout.WOULD_TAKE: "would have taken",
        layout.SIZE_ZERO: "less than one lot", layout.SIZE_BOUNDS: "size", layout.NOTIONAL_SMALL: "notional",
        layout.TOO_MANY: "too many", layout.NO_CASH: "cash", layout.NO_POSITION: "held", layout.NO_MARGIN: "margin",
        layout.NOT_REDUCING: "reduced", layout.LIQUIDATION: "liquidated", layout.PRICE_BOUNDS: "price",
    }  # fmt: skip
    assert len(ENDINGS) == len(words) + 1
    assert {reason: word for reason, word in words.items() if word not in ENDINGS[reason]} == {}


def test_a_liquidation_is_told_as_the_venues_own() -> None:
    class Greedy(Strategy):
        def on_bar(self, bar: BarView) -> None:
            if self.position == 0:
                self.buy(1.5)

    fall = week().slice(1500, 2600)
    run = backtest(Greedy, fall, BTC, settings=Settings(cash=Decimal(5000), account=Account.LINEAR, leverage=20))
    ended = [trade for trade in round_trips(run) if trade.reason == "liquidation"]
    assert ended
    assert any(line.endswith("(by the venue: the margin was gone)") for line in why(run, ended[0].exit_bar).asked)
