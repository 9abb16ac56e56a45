"""A report of several markets: every trade, order, fill and cost, each in its own market's steps."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.shared.research.scripted import COIN, Bar, fees, series
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.figures import costs_by_market, costs_of, measure
from tradedeck.research.fingerprint import fingerprint_of
from tradedeck.research.reporting import Extras, page_of, report_of, to_json, trades_csv, why
from tradedeck.research.reporting.lines import lines_of
from tradedeck.research.result import Run
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings
from tradedeck.research.trades import round_trips

NOTE = fees(
    "0.01", "0.02", replace(COIN, symbol="NOTE", base="N", tick=Decimal("0.5"), lot=Decimal("0.1"),
                            min_size=Decimal("0.1"))
)  # fmt: skip


def flat(price: float) -> Bar:
    return (price, price, price, price)


class Both(Strategy):
    """Buys one and sells the other short at the first bar, and closes both later."""

    bars = 0

    def setup(self, setup: Setup) -> None:
        self.other = setup.market("other", "NOTE")
        self.rate = setup.funding(self.other)
        self.mean = setup.sma(1, market=self.other)

    def on_bar(self, bar: BarView) -> None:
        self.bars += 1
        if self.bars == 1:
            self.buy(2)
            self.sell(1.5, market=self.other)
        if self.bars == 3:
            self.close()
            self.buy(2, price=4.5, market=self.other)
        if self.bars == 5:
            self.close(market=self.other)


@cache
def run() -> Run:
    main = series(*map(flat, (100, 100, 110, 120, 120, 120, 120)))
    note = series(*map(flat, (10, 10, 9, 8, 8, 7.5, 7.5)), symbol="NOTE")
    rates = np.array([np.nan, np.nan, 0.1, np.nan, np.nan, np.nan, np.nan])
    return backtest(
        Both, main, fees("0.001", "0.002"), others=[(note, NOTE)], funding=[None, rates],
        settings=Settings(account=Account.LINEAR, cash=Decimal(1000), slippage_ticks=1),
    )  # fmt: skip


def report() -> dict[str, Any]:
    return report_of(run(), Extras(lines=lines_of(run(), Both), fingerprint=fingerprint_of(run(), Both)))


def test_the_list_of_trades_has_those_of_every_market() -> None:
    rows = list(csv.DictReader(io.StringIO(trades_csv(round_trips(run())))))
    told = [
        (row["number"], row["market"], row["side"], row["size"], row["entry_price"], row["exit_price"]) for row in rows
    ]
    assert told == [("1", "COIN", "long", "2", "101", "119"), ("2", "NOTE", "short", "1.5", "9.5", "8")]
    assert [trade["market"] for trade in report()["trades"]] == ["COIN", "NOTE"]


def test_the_profits_of_all_trades_less_funding_are_the_runs() -> None:
    made = run()
    assert made.position[-1] == 0
    assert sum(trade.profit for trade in round_trips(made)) - made.funding == made.profit


def test_costs_are_told_by_market_and_add_up() -> None:
    each, total = costs_by_market(run()), costs_of(run())
    assert list(each) == ["COIN", "NOTE"]
    assert each["COIN"].fees == Decimal("0.002") * 2 * (101 + 119)
    assert each["NOTE"].fees == Decimal("0.02") * Decimal("1.5") * (Decimal("9.5") + 8)
    assert (each["COIN"].slippage, each["NOTE"].slippage) == (4, Decimal("1.5"))
    assert (each["COIN"].funding, each["NOTE"].funding) == (0, Decimal("-1.35"))
    for name in ("fees", "slippage", "funding", "borrow", "gross"):
        assert getattr(total, name) == sum(getattr(one, name) for one in each.values())
    assert total.gross - total.fees - total.slippage - total.funding == run().profit


def test_the_json_tells_the_market_of_every_order_and_fill() -> None:
    told = report()
    orders, fills = told["orders"], told["fills"]
    assert told["run"]["others"] == ["NOTE"]
    assert list(zip(orders["market"], orders["number"], orders["size"], strict=True)) == [
        (0, 1, "2"), (0, 2, "2"), (1, 1, "1.5"), (1, 2, "2"), (1, 3, "1.5"),
    ]  # fmt: skip
    assert orders["price"] == [None, None, None, "4.5", None]
    assert list(zip(fills["market"], fills["bar"], fills["price"], strict=True)) == [
        (0, 1, "101"), (1, 1, "9.5"), (0, 3, "119"), (1, 5, "8"),
    ]  # fmt: skip
    assert set(told["costs"]["markets"]) == {"COIN", "NOTE"}
    assert told["costs"]["markets"]["NOTE"]["funding"] == "-1.35"
    assert to_json(told) == to_json(report())


def test_why_tells_of_the_other_market_by_its_name() -> None:
    told = why(run(), 0)
    assert told.asked == ("#1 buy 2 market", "#1 sell 1.5 NOTE market")
    assert why(run(), 5).filled == ("#3 bought 1.5 NOTE at 8 (taker)",)
    assert why(run(), 4).working == ("#2 buy 2 NOTE limit at 4.5",)


def test_figures_count_what_was_held_and_traded_anywhere() -> None:
    made = run()
    found = measure(made, round_trips(made))
    assert found.exposure == 4 / 7
    traded = 2 * (101 + 119) + 1.5 * (9.5 + 8)
    assert found.turnover == pytest.approx(traded / float(np.mean(made.equity)))
    assert found.trades == 2


def test_lines_and_fingerprint_know_the_other_markets_data() -> None:
    lines = lines_of(run(), Both)
    assert lines["sma 1 NOTE"].tolist() == [10, 10, 9, 8, 8, 7.5, 7.5]
    assert lines["funding NOTE"][2:].tolist() == [0.1] * 5
    marks = fingerprint_of(run(), Both)
    assert {"data of NOTE", "funding of NOTE", "instrument of NOTE"} <= marks.keys()
    assert "funding of COIN" not in marks


def test_the_page_of_several_markets_is_made() -> None:
    page = page_of(run(), report())
    assert "Both on COIN" in page
    assert "byMarket" in page
