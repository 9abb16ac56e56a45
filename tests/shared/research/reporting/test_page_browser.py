"""A person opens a report in a real browser: it draws, answers, sorts, and says what Python says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from shared.research.reporting.test_markets import run as both_markets
from shared.research.reporting.test_why import DAY, Patient
from shared.research.runs import BTC, mean, run_of, sma_cross, week

from demo.browser import chromium
from tradedeck.research.montecarlo import bootstrapped_trades
from tradedeck.research.reporting import Check, Extras, Heat, page_of, report_of, why, write_report
from tradedeck.research.reporting.lines import lines_of
from tradedeck.research.run import backtest
from tradedeck.research.settings import Settings
from tradedeck.research.trades import round_trips

pytestmark = pytest.mark.browser

UNPACKED = """async () => {
  const report = JSON.parse(new TextDecoder().decode(await inflate($("report").textContent.trim())));
  const columns = await columnsOf(report.chart);
  const why = new Why(report, columns);
  return report.run.bars ? Array.from(columns.close, (_, bar) => why.tell(bar)) : [];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1440, "height": 900})
    problems: list[str] = []
    asked: list[str] = []
    made.on("pageerror", lambda problem: problems.append(str(problem)))
    made.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    made.on("request", lambda request: asked.append(request.url))
    yield made
    made.close()
    assert problems == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def opened(page: Page, folder: Path, run: Any, extras: Extras | None = None) -> None:
    page.goto(write_report(run, folder, extras=extras).page.as_uri())
    page.wait_for_selector("body[data-ready=yes]")


def whole_week() -> tuple[Any, Extras]:
    run = sma_cross(week())
    profits = np.array([float(trade.profit) for trade in round_trips(run)])
    return run, Extras(
        lines={"sma 20": mean(week().close, 20)},
        heat=Heat("Sharpe", "fast", "slow", ("10", "20"), ("50",), ((0.5, float("nan")),)),
        checks=(Check("cut short, nothing earlier changes", True), Check("the ledger adds up", False, "by a cent")),
        outlooks=(bootstrapped_trades(profits, 1e6, np.random.default_rng(0), 100),),
    )


def ink(page: Page, canvas: str) -> int:
    """How many different colours a picture has: an empty one has a single one."""
    return page.eval_on_selector(
        canvas,
        "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size",
    )


def test_everything_is_drawn(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, *whole_week())
    for canvas in ("#growth-plot", "#price-plot", "#mae", "#mfe", "#luck canvas"):
        assert ink(page, canvas) > 5, canvas
    expect(page.locator("#cards .card")).to_have_count(7)
    expect(page.locator("#checks li")).to_have_count(2)
    expect(page.locator("#luck")).to_contain_text("Parameters around it")


def test_the_page_explains_every_bar_as_python_does(page: Page, tmp_path: Path) -> None:
    run = backtest(Patient, DAY, BTC, settings=Settings())
    opened(page, tmp_path, run, Extras(lines=lines_of(run, Patient)))
    told = page.evaluate(UNPACKED)
    assert len(told) == len(DAY)
    for bar, found in enumerate(told):
        ours = why(run, bar)
        assert found["verdict"] == ours.verdict
        parts = ("asked", "refused", "working", "filled", "ended", "notes")
        plain = {name: tuple(text.replace(",", "") for text in found[name]) for name in parts}
        assert plain == {name: getattr(ours, name) for name in parts}


def test_a_click_or_an_arrow_asks_about_a_bar(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, *whole_week())
    expect(page.locator("#why")).to_contain_text("Why did it trade here")
    page.locator("#price-plot").click(position={"x": 300, "y": 200})
    first = page.locator("#why h3").inner_text()
    assert first.startswith("Bar ")
    page.keyboard.press("ArrowRight")
    assert page.locator("#why h3").inner_text() == f"Bar {int(first.split()[1]) + 1}"


def test_a_trade_opens_on_the_chart(page: Page, tmp_path: Path) -> None:
    run, extras = whole_week()
    opened(page, tmp_path, run, extras)
    page.locator("#table tbody tr").nth(2).press("Enter")
    third = round_trips(run)[2]
    expect(page.locator("#why h3")).to_have_text(f"Bar {third.entry_bar}")
    expect(page.locator("#why .verdict")).to_have_text("It traded: 1 fill in this bar.")


def test_trades_are_sorted_and_filtered(page: Page, tmp_path: Path) -> None:
    run, extras = whole_week()
    opened(page, tmp_path, run, extras)
    trades = round_trips(run)
    page.get_by_role("button", name="profit USDT").click()
    best = max(trades, key=lambda trade: trade.profit)
    expect(page.locator("#table tbody tr").first.locator("td").first).to_have_text(str(best.number))
    page.get_by_label("Result", exact=True).select_option("losers")
    losers = sum(trade.profit < 0 for trade in trades)
    expect(page.locator("#table tbody tr")).to_have_count(losers)
    page.get_by_label("Filter trades").fill("2024-03-05")
    assert 0 < page.locator("#table tbody tr").count() < losers


def test_dark_and_light_by_a_button(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, *whole_week())
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.locator("#theme").click()
    assert page.evaluate(ground) != before


def test_a_phone_needs_no_sideways_scrolling(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, tmp_path, *whole_week())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("bars", [1, 3, 60])
def test_a_run_that_never_traded_says_so(page: Page, tmp_path: Path, bars: int) -> None:
    opened(page, tmp_path, run_of(week().slice(0, bars), [], Settings()))
    expect(page.locator("#table")).to_contain_text("It never traded")
    expect(page.locator("#cards")).not_to_contain_text("NaN")


def test_a_run_without_bars_says_so(page: Page, tmp_path: Path) -> None:
    empty = run_of(week().slice(0, 1), [], Settings())
    run = replace(
        empty,
        series=week().slice(0, 0),
        equity=np.empty(0),
    )
    (tmp_path / "empty.html").write_text(page_of(run, report_of(run)))
    page.goto((tmp_path / "empty.html").as_uri())
    page.wait_for_selector("body[data-ready=yes]")
    expect(page.locator("main")).to_contain_text("There are no bars")


def test_a_page_of_several_markets_tells_which_is_which(page: Page, tmp_path: Path) -> None:
    run = both_markets()
    opened(page, tmp_path, run)
    expect(page.locator("#table th", has_text="market")).to_have_count(1)
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("NOTE")
    expect(page.locator("#costs")).to_contain_text("NOTE")
    told = page.evaluate(UNPACKED)
    for bar in range(len(run.series)):
        said = why(run, bar)
        for name in ("asked", "refused", "working", "filled", "ended"):
            assert told[bar][name] == list(getattr(said, name)), (bar, name)
