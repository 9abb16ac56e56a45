"""Positions and profit are exact, whatever order facts come in."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.cloud.driving import START_NS, RunningCloud, User, fill_line, mark_line, new_user
from tradedeck.domain.position import position_of
from tradedeck.wire.codec import fill_of
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact

WAIT_S = 15.0
POLL_S = 0.05


async def portfolio_with(user: User, fills: int, **query: str) -> dict[str, Any]:
    """The portfolio, once it has counted so many fills."""
    async with asyncio.timeout(WAIT_S):
        while (told := await user.get("/v1/portfolio", **query))["fills"] != fills:
            await asyncio.sleep(POLL_S)
    return told


async def marked_at(user: User, price: str) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        while True:
            told = await user.get("/v1/portfolio")
            if told["positions"] and told["positions"][0]["mark"] == price:
                return told
            await asyncio.sleep(POLL_S)


async def test_a_round_trip_pays_its_fees(user: User) -> None:
    await user.push(
        [
            fill_line(1, "1", price="60000", size="0.1", fee="6"),
            fill_line(2, "2", price="61000", size="0.1", fee="6.1", side="sell"),
        ]
    )
    told = await portfolio_with(user, 2)
    assert (told["realised"], told["fees"], told["notional"], told["unrealised"]) == ("100", "12.1", "12100", "0")
    assert told["positions"][0]["size"] == "0"


async def test_first_in_is_first_out(user: User) -> None:
    await user.push(
        [
            fill_line(1, "1", price="100", size="1", fee="0"),
            fill_line(2, "2", price="200", size="1", fee="0"),
            fill_line(3, "3", price="300", size="1.5", side="sell", fee="0"),
            mark_line(4, "250"),
        ]
    )
    told = await marked_at(user, "250")
    # (300-100)*1 + (300-200)*0.5 closed; (250-200)*0.5 open.
    assert (told["realised"], told["unrealised"]) == ("250", "25")
    assert (told["positions"][0]["size"], told["positions"][0]["cost"]) == ("0.5", "100")


async def test_fills_that_come_late_count_where_they_belong(user: User) -> None:
    """Two devices push the same account's fills in an order of their own: the sum must not know."""
    rng = random.Random(7)
    fills = [
        fill_line(
            0, str(n), side=rng.choice(["buy", "sell"]), price=f"{rng.uniform(50000, 70000):.2f}",
            size=f"{rng.uniform(0.001, 0.4):.5f}", fee=f"{rng.uniform(0, 9):.8f}", time_ns=START_NS + n // 3,
        )
        for n in range(1, 61)
    ]  # fmt: skip
    expected = position_of("BTCUSDT", [fill_of(line.fill) for line in fills], base="BTC", quote="USDT")
    rng.shuffle(fills)
    await asyncio.gather(
        user.push(numbered(fills[:30])),
        user.push(numbered(fills[30:]), device_id="phone"),
    )
    await user.push([mark_line(31, "61234.56")])
    await portfolio_with(user, 60)
    told = await marked_at(user, "61234.56")
    (position,) = told["positions"]
    assert Decimal(position["realised"]) == expected.realised
    assert Decimal(position["fees"]) == expected.fees
    assert Decimal(position["notional"]) == expected.notional
    assert Decimal(position["size"]) == expected.size
    assert Decimal(position["unrealised"]) == expected.unrealised(Decimal("61234.56"))


def numbered(lines: Sequence[DeviceFact]) -> list[DeviceFact]:
    again: list[DeviceFact] = []
    for seq, line in enumerate(lines, 1):
        copy = DeviceFact()
        copy.CopyFrom(line)
        copy.seq = seq
        again.append(copy)
    return again


async def test_the_same_trade_told_by_two_devices_counts_once(user: User) -> None:
    await user.push([fill_line(1, "1", size="0.1")])
    await user.push([fill_line(1, "1", size="0.1"), fill_line(2, "2", size="0.2")], device_id="phone")
    told = await portfolio_with(user, 2)
    assert told["positions"][0]["size"] == "0.3"


async def test_an_old_mark_does_not_replace_a_newer_one(user: User) -> None:
    await user.push([fill_line(1, "1"), mark_line(2, "100", START_NS + 9), mark_line(3, "90", START_NS + 8)])
    await user.push([fill_line(4, "2")])
    told = await portfolio_with(user, 2)
    assert told["positions"][0]["mark"] == "100"


async def test_a_fee_in_the_base_asset_is_worth_its_price(user: User) -> None:
    await user.push([fill_line(1, "1", price="60000", fee="0.0001", fee_asset="BTC")])
    assert (await portfolio_with(user, 1))["fees"] == "6"


async def test_live_and_paper_are_never_added_up(user: User) -> None:
    await user.push([fill_line(1, "1", size="1"), fill_line(2, "2", size="2", mode="paper")])
    await portfolio_with(user, 2)
    assert [p["size"] for p in (await user.get("/v1/portfolio", mode="live"))["positions"]] == ["1"]
    assert [p["size"] for p in (await user.get("/v1/portfolio", mode="paper"))["positions"]] == ["2"]


async def test_the_curve_holds_the_profit_of_each_minute(user: User) -> None:
    minute = 60_000_000_000
    await user.push(
        [
            fill_line(1, "1", price="100", size="1", fee="1", time_ns=START_NS + 1),
            mark_line(2, "110", START_NS + 2),
            mark_line(3, "120", START_NS + minute),
            mark_line(4, "105", START_NS + 2 * minute),
        ]
    )
    await marked_at(user, "105")
    points = (await user.get("/v1/equity"))["points"]
    assert [(int(point["time_ns"]) - START_NS, point["profit"]) for point in points] == [
        (2, "9"), (minute, "19"), (2 * minute, "4"),
    ]  # fmt: skip


async def test_a_portfolio_is_its_owners_alone(cloud: RunningCloud, user: User) -> None:
    await user.push([fill_line(1, "1"), mark_line(2, "5")])
    await portfolio_with(user, 1)
    async with new_user(cloud, "eve") as eve:
        assert (await eve.get("/v1/portfolio"))["positions"] == []
        assert (await eve.get("/v1/equity"))["points"] == []


async def test_a_fill_whose_fee_is_in_a_third_asset_counts_without_the_fee(user: User) -> None:
    bnb = {"fee": "1", "fee_asset": "BNB", "size": "0.1"}
    await user.push([fill_line(1, "2", **bnb), fill_line(2, "3"), fill_line(3, "1", time_ns=START_NS, **bnb)])
    told = await portfolio_with(user, 3)
    assert (told["fees"], told["positions"][0]["size"]) == ("6", "0.3")
    assert {fill["fee_asset"] for fill in (await user.get("/v1/fills"))["fills"]} == {"BNB", "USDT"}


async def test_a_fact_nobody_can_take_does_not_stop_those_behind_it(user: User) -> None:
    """A name too long for an index of portfolio, which orders has no such index for."""
    await user.push([fill_line(1, "1", account=random.Random(7).randbytes(5000).hex()), fill_line(2, "2")])
    told = await portfolio_with(user, 1)
    assert told["fees"] == "6"
    assert len((await user.get("/v1/fills"))["fills"]) == 2
