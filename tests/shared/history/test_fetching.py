"""Downloads against the exchange on loopback: what is there is not asked for again, and a cut costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import CorruptError, NotFoundError, RefusedError, UnavailableError
from tradedeck.history import bundled_week
from tradedeck.history.catalogue import Catalogue, Key
from tradedeck.history.fetching import PAGE_ROWS, Patience, fetch, missing_ranges
from tradedeck.history.frames import joined
from tradedeck.history.importing import Wanted, import_files
from tradedeck.history.load import load_bars, load_trades
from tradedeck.history.venues import CcxtPages, open_pages
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running

KEY = Key("bars", "binance", "BTCUSDT", "1m")
TICKS = Key("trades", "binance", "BTCUSDT", "tick")
WEEK = load_bars(bundled_week())
START = int(WEEK.open_ns[0])
BARS = 2_500
END = START + BARS * MINUTE_NS
QUICK = Patience(tries=3, first_s=0.001)


@pytest.fixture
async def box() -> AsyncIterator[RunningSandbox]:
    async with running(SandboxSettings(data=bundled_week(), speed=None, skip=BARS)) as box:
        yield box


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "markets")


def kept(catalogue: Catalogue, key: Key = KEY) -> list[int]:
    return ((catalogue.times(key) - START) // MINUTE_NS).tolist()


class Breaking:
    """The venue's pages; before one of them the sandbox is told to fail."""

    def __init__(self, pages: CcxtPages, url: str, fault: dict[str, Any], *, before: int) -> None:
        self.pages, self.url, self.fault, self.before = pages, url, fault, before

    async def bars(self, timeframe: str, since_ms: int, limit: int) -> Sequence[Sequence[Any]]:
        self.before -= 1
        if self.before == 0:
            await arm(self.url, [self.fault])
        return await self.pages.bars(timeframe, since_ms, limit)

    async def trades(self, since_ms: int, limit: int) -> Sequence[tuple[int, str, float, float, int]]:
        return await self.pages.trades(since_ms, limit)


async def arm(url: str, faults: list[dict[str, Any]]) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{url}/sandbox/v1/faults", json={"faults": faults}) as reply:
        assert reply.status < 300, await reply.text()


async def test_bars_are_those_of_the_venue_in_so_many_pages(box: RunningSandbox, catalogue: Catalogue) -> None:
    async with open_pages("binance", "BTCUSDT", url=box.url) as pages:
        done = await fetch(catalogue, pages, KEY, START, END, patience=QUICK)
    assert (done.rows, done.requests, done.repeated) == (BARS, 3, 0)
    assert load_bars("BTCUSDT", catalogue=catalogue).digest() == WEEK.slice(0, BARS).digest()


async def test_a_second_download_asks_only_for_what_is_missing(box: RunningSandbox, catalogue: Catalogue) -> None:
    async with open_pages("binance", "BTC/USDT", url=box.url) as pages:
        await fetch(catalogue, pages, KEY, START + 100 * MINUTE_NS, START + 200 * MINUTE_NS, patience=QUICK)
        assert (await fetch(catalogue, pages, KEY, START, START + 300 * MINUTE_NS, patience=QUICK)).rows == 200
        assert (await fetch(catalogue, pages, KEY, START, START + 300 * MINUTE_NS, patience=QUICK)).requests == 0
    assert kept(catalogue) == list(range(300))


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "error_500"])
async def test_a_page_that_fails_in_the_middle_is_asked_for_again(
    box: RunningSandbox, catalogue: Catalogue, kind: str
) -> None:
    async with open_pages("binance", "BTCUSDT", url=box.url) as pages:
        # The library below asks once more by itself when a connection breaks; twice reaches us.
        breaking = Breaking(pages, box.url, {"path": "/api/v3/klines", "kind": kind, "times": 2}, before=2)
        done = await fetch(catalogue, breaking, KEY, START, END, patience=QUICK)
    assert done.rows == BARS
    assert done.repeated >= 1
    assert kept(catalogue) == list(range(BARS))


async def test_a_venue_that_goes_away_leaves_what_came_and_the_next_run_goes_on(
    box: RunningSandbox, catalogue: Catalogue
) -> None:
    async with open_pages("binance", "BTCUSDT", url=box.url) as pages:
        breaking = Breaking(pages, box.url, {"path": "/api/v3/klines", "kind": "cut_before", "times": 50}, before=2)
        with pytest.raises(UnavailableError, match=r"asked 3 times and did not answer.*goes on from here"):
            await fetch(catalogue, breaking, KEY, START, END, patience=QUICK)
        assert kept(catalogue) == list(range(PAGE_ROWS))
        await arm(box.url, [])
        done = await fetch(catalogue, pages, KEY, START, END, patience=QUICK)
    assert (done.rows, done.requests) == (BARS - PAGE_ROWS, 2)
    assert kept(catalogue) == list(range(BARS))


async def test_cancelling_keeps_what_came(box: RunningSandbox, catalogue: Catalogue) -> None:
    async with open_pages("binance", "BTCUSDT", url=box.url) as pages:
        task: list[asyncio.Task[Any]] = []

        def cancel(_at_ns: int, _end_ns: int, rows: int) -> None:
            if rows == 2 * PAGE_ROWS:
                task[0].cancel()

        task.append(asyncio.create_task(fetch(catalogue, pages, KEY, START, END, patience=QUICK, progress=cancel)))
        with pytest.raises(asyncio.CancelledError):
            await task[0]
    assert kept(catalogue) == list(range(2 * PAGE_ROWS))


async def test_trades_come_with_ids_and_go_on_from_the_last(box: RunningSandbox, catalogue: Catalogue) -> None:
    made = list(box.sandbox.market.trades)
    start_ns, half, end_ns = made[0].time_ns, made[len(made) // 2].time_ns, made[-1].time_ns + MINUTE_NS
    async with open_pages("binance", "BTCUSDT", url=box.url) as pages:
        first = await fetch(catalogue, pages, TICKS, start_ns, half, patience=QUICK)
        second = await fetch(catalogue, pages, TICKS, start_ns, end_ns, patience=QUICK)
    assert (first.rows > 0, second.rows > 0) == (True, True)
    assert first.rows + second.rows == len(made) > 500
    assert joined(catalogue.frames(TICKS))["id"].tolist() == [int(trade.trade_id) for trade in made]
    loaded = load_trades("BTCUSDT", catalogue=catalogue)
    assert loaded.price.tolist() == [float(trade.price) for trade in made]
    assert loaded.side.tolist() == [trade.aggressor.sign for trade in made]


async def test_what_the_venue_does_not_have_is_said(box: RunningSandbox, catalogue: Catalogue) -> None:
    with pytest.raises(NotFoundError, match="no venue 'nowhere'"):
        async with open_pages("nowhere", "BTCUSDT"):
            pass
    with pytest.raises(NotFoundError, match="binance has no market 'DOGEUSDT'"):
        async with open_pages("binance", "DOGEUSDT", url=box.url):
            pass
    async with open_pages("binance", "BTCUSDT", url=box.url) as pages:
        assert pages.symbol == "BTCUSDT"
        with pytest.raises(RefusedError, match="has no bars of 7m"):
            await fetch(catalogue, pages, Key("bars", "binance", "BTCUSDT", "7m"), START, END, patience=QUICK)
        with pytest.raises(RefusedError, match="start must be before the end"):
            await fetch(catalogue, pages, KEY, END, START, patience=QUICK)


async def test_a_venue_that_is_not_there_is_told_apart(catalogue: Catalogue) -> None:
    with pytest.raises(UnavailableError, match="can't be reached"):
        async with open_pages("binance", "BTCUSDT", url="http://127.0.0.1:9"):
            pass


class Quiet:
    """Trades an hour and more apart, and many in one millisecond; a bar that makes no sense."""

    def __init__(self, rows: list[tuple[int, str, float, float, int]]) -> None:
        self.rows = rows

    async def bars(self, timeframe: str, since_ms: int, limit: int) -> Sequence[Sequence[Any]]:
        return [[since_ms, 1.0, 0.5, 2.0, 1.0, 1.0]]

    async def trades(self, since_ms: int, limit: int) -> Sequence[tuple[int, str, float, float, int]]:
        found = [row for row in self.rows if since_ms <= row[0] < since_ms + 3_600_000]
        return found[:limit]


async def test_quiet_hours_and_ids_of_text_do_not_end_a_download(catalogue: Catalogue) -> None:
    rows = [(hour * 9_000_000, f"x{hour}", 1.0, 1.0, 1) for hour in range(1, 5)]
    done = await fetch(catalogue, Quiet(rows), TICKS, 0, 50_000_000 * 10**6, patience=QUICK)
    assert done.rows == 4
    assert (catalogue.times(TICKS) // 10**6).tolist() == [row[0] for row in rows]


async def test_a_bar_that_makes_no_sense_is_not_kept(catalogue: Catalogue) -> None:
    with pytest.raises(CorruptError, match=r"binance sent a row at 2024-03-04T00:00:00.*contradict"):
        await fetch(catalogue, Quiet([]), KEY, START, END, patience=QUICK)
    assert catalogue.keys() == []


def test_a_long_hole_is_asked_for_again_and_a_short_one_is_not(catalogue: Catalogue, tmp_path: Path) -> None:
    minutes = [0, 1, 3, PAGE_ROWS + 10]
    path = tmp_path / "BTCUSDT.csv"
    rows = "".join(f"{START + minute * MINUTE_NS},1,1,1,1,1\n" for minute in minutes)
    path.write_text("ts,open,high,low,close,volume\n" + rows, encoding="utf-8")
    import_files(catalogue, [path], Wanted("binance", timeframe="1m"))
    ranges = missing_ranges(catalogue, KEY, START, START + 2 * PAGE_ROWS * MINUTE_NS)
    assert [((low - START) // MINUTE_NS, (high - START) // MINUTE_NS) for low, high in ranges] == [
        (4, PAGE_ROWS + 10),
        (PAGE_ROWS + 11, 2 * PAGE_ROWS),
    ]
