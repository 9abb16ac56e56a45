"""The cloud is killed again and again while two devices push: nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from decimal import Decimal

import aiohttp
import pytest

from tests.cloud.driving import (
    START_NS,
    RunningCloud,
    User,
    fill_line,
    folder,
    mark_line,
    new_user,
    order_line,
    start_cloud,
)
from tradedeck.domain.position import position_of
from tradedeck.wire.codec import fill_of
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact, FillFact

pytestmark = pytest.mark.chaos
KILLS = max(3, int(os.environ.get("TRADEDECK_KILLS", "50")) // 10)
LINES = 240
CATCH_UP_S = 60


def outbox(device: str, seed: int) -> list[DeviceFact]:
    """An order and its fill, in turn."""
    rng = random.Random(seed)
    lines: list[DeviceFact] = []
    for n in range(1, LINES, 2):
        order_id, side = f"{device}-{n}", rng.choice(["buy", "sell"])
        price, size = f"{rng.uniform(50000, 70000):.2f}", f"{rng.uniform(0.001, 0.1):.5f}"
        done = {"side": side, "price": price, "size": size, "filled": size, "state": "filled"}
        lines.append(order_line(n, order_id, **done))
        fee, at = f"{rng.uniform(0, 5):.6f}", START_NS + n
        told = {"client_order_id": order_id, "side": side, "price": price, "size": size, "fee": fee, "time_ns": at}
        lines.append(fill_line(n + 1, f"{seed}{n:05}", **told))
    return lines


async def push_all(user: User, device: str, lines: Sequence[DeviceFact], cloud_is_up: asyncio.Event) -> None:
    """As a device does: from the last line that was confirmed, again after every break."""
    kept = 0
    while kept < len(lines):
        await cloud_is_up.wait()
        try:
            status, answer = await user.push(lines[kept : kept + 4], device_id=device)
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)
            continue
        if status == 200:
            kept = answer
        else:
            assert status == 503, answer
            await asyncio.sleep(0.05)


async def kill_again_and_again(cloud: RunningCloud, cloud_is_up: asyncio.Event) -> RunningCloud:
    rng = random.Random(KILLS)
    ports = ("--http-port", str(cloud.ready["http"]), "--grpc-port", str(cloud.ready["grpc"]))
    for _ in range(KILLS):
        await asyncio.sleep(rng.uniform(0.02, 0.5))
        await asyncio.to_thread(cloud.kill)
        cloud_is_up.clear()
        cloud = await asyncio.to_thread(start_cloud, cloud.data, *ports)
        cloud_is_up.set()
    return cloud


async def test_nothing_is_lost_or_doubled_when_the_cloud_is_killed() -> None:
    desktop, phone = outbox("desktop", 1), outbox("phone", 2)
    with folder() as home:
        cloud = start_cloud(home / "cloud")
        try:
            async with new_user(cloud) as user:
                up = asyncio.Event()
                up.set()
                pushing = asyncio.gather(push_all(user, "d", desktop, up), push_all(user, "p", phone, up))
                cloud = await kill_again_and_again(cloud, up)
                await pushing
                assert await user.push([mark_line(LINES + 1, "61000.5")], device_id="d") == (200, LINES + 1)
                await agrees(user, [line.fill for line in (*desktop, *phone) if line.HasField("fill")])
        finally:
            assert cloud.stop() == 0


async def agrees(user: User, told: Sequence[FillFact]) -> None:
    fills = [fill_of(fact) for fact in told]
    expected = position_of("BTCUSDT", fills, base="BTC", quote="USDT")
    async with asyncio.timeout(CATCH_UP_S):
        while True:
            portfolio = await user.get("/v1/portfolio")
            if portfolio["fills"] >= len(fills) and portfolio["positions"][0]["mark"] == "61000.5":
                break
            await asyncio.sleep(0.1)
    (position,) = portfolio["positions"]
    assert position["fills"] == len(fills)
    assert Decimal(position["realised"]) == expected.realised
    assert Decimal(position["unrealised"]) == expected.unrealised(Decimal("61000.5"))
    assert Decimal(position["fees"]) == expected.fees
    assert Decimal(position["notional"]) == expected.notional
    assert len((await user.get("/v1/orders", page_size="500"))["orders"]) == LINES
    kept = (await user.get("/v1/fills", page_size="500"))["fills"]
    assert len({fill["trade_id"] for fill in kept}) == len(kept) == LINES
