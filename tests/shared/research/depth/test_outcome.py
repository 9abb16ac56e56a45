"""A replay of a book, told as any other run."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from shared.research.depth.recorded import USDM
from shared.sim.depth.books import MS, Row, instrument, market

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.strategy import BookView, FillView, Setup, Strategy
from tradedeck.research.depth import DepthSettings, drawn_delays, replay_depth
from tradedeck.research.depth.outcome import bars_of, run_depth
from tradedeck.research.figures import measure
from tradedeck.research.reporting.contents import report_of, to_json
from tradedeck.research.result import Kind, Run, State
from tradedeck.research.trades import round_trips
from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, SELLER_TOOK

SECOND = 1_000 * MS
ROWS: list[Row] = [
    (BID, 0, 100, 5), (ASK, 0, 102, 5), (BUYER_TOOK, 500, 102, 1), (SELLER_TOOK, 900, 100, 1),
    (BID, 2_100, 104, 5), (ASK, 2_100, 106, 5), (BUYER_TOOK, 2_500, 106, 2), (SELLER_TOOK, 3_200, 104, 1),
]  # fmt: skip


class Patient(Strategy):
    """Buys two at once and one at a stop, sells one when it has them, and leaves one order in the book."""

    begun = False

    def setup(self, setup: Setup) -> None:
        self.size = setup.number("size", 2, low=1, high=9)

    def on_book(self, book: BookView) -> None:
        if not self.begun and book.bid < book.ask:
            self.begun = True
            self.buy(self.size)
            self.cancel(self.buy(1, price=90))
            self.buy(1, price=91)
            self.buy(9, price=101, tif="ioc")
            self.note("begun", price=book.ask)

    def on_fill(self, fill: FillView) -> None:
        if fill.side > 0:
            self.sell(1, stop=101)


def ran(assumed: DepthSettings | None = None) -> Run:
    return run_depth(Patient, market(*ROWS), instrument(), {}, assumed or DepthSettings(), SECOND)


def test_bars_are_the_tapes_and_stand_still_while_nothing_trades() -> None:
    bars = bars_of(market(*ROWS), instrument(), SECOND)
    assert bars.open_ns.tolist() == [0, SECOND, 2 * SECOND, 3 * SECOND]
    assert bars.open.tolist() == [102, 100, 106, 104]
    assert bars.high.tolist() == [102, 100, 106, 104]
    assert bars.low.tolist() == [100, 100, 106, 104]
    assert bars.close.tolist() == [100, 100, 106, 104]
    assert bars.volume.tolist() == [2, 0, 2, 1]


def test_without_a_tape_bars_are_the_middle() -> None:
    bars = bars_of(market(*ROWS[:2], *ROWS[4:6]), instrument(), SECOND)
    assert bars.close.tolist() == [101, 101, 105]
    assert bars.volume.tolist() == [0, 0, 0]


def test_a_recording_without_two_sides_has_no_bars() -> None:
    with pytest.raises(RefusedError, match="never has both"):
        bars_of(market((BID, 0, 100, 5)), instrument(), SECOND)


def test_orders_and_fills_have_their_bars_and_ends() -> None:
    run = ran()
    assert [Kind(kind).name for kind in run.orders["kind"]] == ["MARKET", "LIMIT", "LIMIT", "LIMIT", "STOP"]
    assert [State(state).name for state in run.orders["state"]] == [
        "FILLED", "CANCELED", "WORKING", "EXPIRED", "FILLED",
    ]  # fmt: skip
    assert run.orders["ended"].tolist() == [0, 0, -1, 0, 0]
    assert run.fills[["bar", "sign", "price", "lots"]].tolist() == [(0, 1, 102, 2), (0, -1, 100, 1)]
    assert [(note.bar, note.text, note.price) for note in run.notes] == [(0, "begun", 102)]
    assert run.params == {"size": "2"}


def test_the_curve_ends_at_the_exact_profit() -> None:
    run = ran(DepthSettings(taker=Decimal("0.01"), cash=Decimal(1_000)))
    assert run.fees == Decimal("3.04")
    assert run.profit == -204 + 100 + 104 - Decimal("3.04")
    assert run.equity[-1] == pytest.approx(float(1_000 + run.profit))
    assert run.equity[0] == pytest.approx(1_000 - 204 + 100 - 3.04 + 100)


def test_a_recorded_run_has_figures_trades_and_a_report_that_says_what_was_assumed() -> None:
    class Quoting(Strategy):
        def on_book(self, book: BookView) -> None:
            if book.bid < book.ask and len(self.desk.working) < 2:
                self.buy(0.001, price=book.bid)
                self.sell(0.001, price=book.ask)

    series = USDM.series()
    settings = DepthSettings(to_venue_ns=drawn_delays(MS, 0.3, seed=1))
    run = run_depth(Quoting, series, USDM.instrument, {}, settings, SECOND)
    exact = replay_depth(Quoting, series, USDM.instrument, {}, settings)
    assert (run.profit, run.fees, len(run.fills)) == (exact.profit, exact.fees, len(exact.fills))
    trades = round_trips(run)
    assert sum(trade.profit for trade in trades) == run.profit
    assert measure(run, trades).trades == sum(not trade.is_open for trade in trades) > 2
    assert np.all(np.diff(run.fills["bar"]) >= 0)
    told = report_of(run)["settings"]
    assert told["queue"] == "risk-averse"
    assert told["recording"] == series.digest()
    assert told["to_venue_ns"].startswith("10000 drawn, median")
    assert "volume_share" not in told
    assert to_json(report_of(run)) == to_json(
        report_of(run_depth(Quoting, series, USDM.instrument, {}, settings, SECOND))
    )
