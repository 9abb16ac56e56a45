"""Fills come in pages, and a page reaches only so far: nothing may be left out between them."""

from collections.abc import Sequence
from typing import Any

import pytest

from tradedeck.providers.binance import connection
from tradedeck.providers.binance.connection import all_pages, pages_since

WINDOW_MS = 100


class Venue:
    """Answers as the venue does: a start reaches `WINDOW_MS` far, no start gives the newest."""

    def __init__(self, times: Sequence[int]) -> None:
        self.rows: list[Any] = [{"id": number, "time": time} for number, time in enumerate(times, 1)]
        self.asked: list[dict[str, int]] = []

    async def page(self, **asked: int) -> list[Any]:
        self.asked.append(asked)
        most, rows = connection.MAX_ROWS, self.rows
        if "fromId" in asked:
            return [row for row in rows if row["id"] >= asked["fromId"]][:most]
        if "startTime" in asked:
            start = asked["startTime"]
            return [row for row in rows if start <= row["time"] < start + WINDOW_MS][:most]
        return rows[-most:]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_ROWS", 3)


@pytest.mark.parametrize(
    "times",
    [
        [],
        [10],
        [10, 20, 30],
        [10, 20, 30, 40, 50, 60, 70],
        [10, 250],
        [250],
        [950, 960, 970, 980],
        [10, 10, 10, 10, 10],
    ],
)
@pytest.mark.parametrize("since", [0, 10, 15])
async def test_every_fill_since_then_comes_once_and_in_order(times: list[int], since: int) -> None:
    venue = Venue(times)
    found = await pages_since(venue.page, since, WINDOW_MS)
    assert [row["id"] for row in found] == [row["id"] for row in venue.rows if row["time"] >= since]


async def test_all_pages_of_one_order() -> None:
    venue = Venue(range(7))
    assert [row["id"] for row in await all_pages(venue.page, first={"fromId": 0})] == [1, 2, 3, 4, 5, 6, 7]
    assert [asked["fromId"] for asked in venue.asked] == [0, 4, 7]
