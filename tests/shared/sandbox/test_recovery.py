"""What was acknowledged survives: kills, full disks, restarts; and the same steps lead to the same books."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tradedeck.domain.errors import CorruptError, RefusedError
from tradedeck.history import bundled_trades, bundled_week
from tradedeck.sandbox.server import SandboxSettings, build, running

START = "import sys; from tradedeck.cli import main; sys.exit(main(sys.argv[1:]))"
WAIT_S = 20.0


@asynccontextmanager
async def process(
    *arguments: str, limit: Callable[[], None] | None = None
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`tradedeck sandbox` as a process of its own."""
    running_process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        START,
        "sandbox",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=limit,
    )
    try:
        yield running_process
    finally:
        if running_process.returncode is None:
            running_process.kill()
        await running_process.communicate()


async def url_of(sandbox: asyncio.subprocess.Process) -> str:
    assert sandbox.stdout is not None
    line = await asyncio.wait_for(sandbox.stdout.readline(), WAIT_S)
    assert line.startswith(b"ready "), line
    return json.loads(line.removeprefix(b"ready "))["url"]


async def books(url: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/sandbox/v1/books") as reply:
        return await reply.json()


def with_url(api: Any, url: str) -> Any:
    return replace(api, url=url)


async def test_a_killed_sandbox_has_lost_nothing_it_acknowledged(api: Any, tmp_path: Path) -> None:
    options = ("--port", "0", "--speed", "20000", "--skip", "30", "--state", str(tmp_path / "state.db"))
    acknowledged: dict[str, int] = {}
    last_ns, kept = 0, None
    for life in range(3):
        async with process(*options) as sandbox:
            there = with_url(api, await url_of(sandbox))
            state = await there.get("/sandbox/v1/state")
            assert state["time_ns"] >= last_ns, "time went back"
            now = await books(there.url)
            known = {order["client_order_id"]: int(order["venue_order_id"]) for order in now["order_list"]}
            assert acknowledged.items() <= known.items()
            if kept is not None:
                before = [fill["trade_id"] for fill in kept["fill_list"]]
                assert [fill["trade_id"] for fill in now["fill_list"]][: len(before)] == before
            for number in range(8):
                name = f"o-{life}-{number}"
                place = there.buy if number % 2 else there.rest_at
                status, order = await place(name, *(() if number % 2 else ("40000",)))
                assert status == 200
                acknowledged[name] = order["orderId"]
            kept = await books(there.url)
            last_ns = (await there.get("/sandbox/v1/state"))["time_ns"]
            sandbox.send_signal(signal.SIGKILL)
            await sandbox.wait()
    assert len(acknowledged) == 24


async def test_resting_orders_balances_and_ids_go_on_after_a_restart(api: Any, tmp_path: Path) -> None:
    settings = SandboxSettings(data=bundled_week(), speed=None, skip=30, state=str(tmp_path / "state.db"))
    async with running(settings) as box:
        first = with_url(api, box.url)
        await first.admin("advance", {"events": 7})
        await first.buy("bought")
        last = box.sandbox.exchange.books["BTCUSDT"].last
        await first.rest_at("reached", str(last))
        await first.rest_at("waits", "40000")
        before = await books(box.url)
        _, account = await first.signed("GET", "account")
        position, now_ns = box.sandbox.tape.position, box.sandbox.exchange.now_ns
    async with running(settings) as box:
        second = with_url(api, box.url)
        assert await books(box.url) == before
        assert (await second.signed("GET", "account"))[1] == account
        assert (box.sandbox.tape.position, box.sandbox.exchange.now_ns) == (position, now_ns)
        assert (await second.get("/api/v3/klines", symbol="BTCUSDT", interval="1m"))[-1][0] == 1709512200000
        while not (await second.admin("advance", {"events": 1}))["fills"]["sandbox-key"] > 1:
            pass
        _, order = await second.signed("GET", "order", symbol="BTCUSDT", origClientOrderId="reached")
        assert order["status"] == "FILLED"
        _, canceled = await second.signed("DELETE", "order", symbol="BTCUSDT", origClientOrderId="waits")
        assert canceled["status"] == "CANCELED"
        _, newest = await second.buy("new")
        assert newest["orderId"] == 4
        assert newest["fills"][0]["tradeId"] == 3


async def test_a_triggered_stop_limit_stays_triggered(api: Any, tmp_path: Path) -> None:
    settings = SandboxSettings(data=bundled_week(), speed=None, skip=30, state=str(tmp_path / "state.db"))
    async with running(settings) as box:
        first = with_url(api, box.url)
        last = box.sandbox.exchange.books["BTCUSDT"].last
        assert last is not None
        await first.buy(
            "stop",
            type="STOP_LOSS_LIMIT",
            side="SELL",
            timeInForce="GTC",
            stopPrice=str(last - Decimal("0.01")),
            price="90000",
        )
        while not box.sandbox.exchange.books["BTCUSDT"].working[0].triggered:
            await first.admin("advance", {"events": 1})
    async with running(settings) as box:
        assert box.sandbox.exchange.books["BTCUSDT"].working[0].triggered


async def test_the_same_steps_lead_to_the_same_books(api: Any) -> None:
    results: list[Any] = []
    for _ in range(2):
        settings = SandboxSettings(data=bundled_trades(), speed=None, skip=1)
        async with running(settings) as box:
            there = with_url(api, box.url)
            for number in range(10):
                await there.admin("advance", {"events": 37})
                await there.buy(f"m-{number}", side="SELL" if number % 3 else "BUY")
                last = box.sandbox.exchange.books["BTCUSDT"].last
                await there.rest_at(f"l-{number}", str(last))
            assert box.sandbox.market_events == 370
            results.append(await books(box.url))
    assert results[0] == results[1]
    assert results[0]["fills"] > 10


async def test_full_speed_waits_for_somebody_who_listens(api: Any) -> None:
    settings = SandboxSettings(data=bundled_week(), speed=0.0, skip=30, bars=200)
    async with running(settings) as box, aiohttp.ClientSession() as http:
        await asyncio.sleep(0.1)
        assert box.sandbox.market_events == 0
        async with http.ws_connect(f"{box.url}/ws/btcusdt@kline_1m") as socket:
            closed = 0
            async with asyncio.timeout(WAIT_S):
                while closed < 200:
                    closed += json.loads(await socket.receive_str())["k"]["x"]
        assert box.pump.finished
        assert box.sandbox.bars == 200


async def test_the_market_pauses_and_goes_on(api: Any) -> None:
    settings = SandboxSettings(data=bundled_week(), speed=60_000.0, paused=True)
    async with running(settings) as box:
        there = with_url(api, box.url)
        await asyncio.sleep(0.1)
        assert box.sandbox.market_events == 0
        _, refused = await there.buy("too-early")
        assert (refused["code"], refused["msg"]) == (-1013, "Market is closed.")
        await there.admin("resume", {})
        async with asyncio.timeout(WAIT_S):
            while box.sandbox.market_events < 20:
                await asyncio.sleep(0.01)
        await there.admin("pause", {})
        seen = box.sandbox.market_events
        await asyncio.sleep(0.1)
        assert box.sandbox.market_events == seen
        assert "moves by itself" in (await there.admin("advance", {"events": 1}))["error"]


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))


async def test_a_full_disk_ends_it_in_one_sentence_and_keeps_every_acknowledged_order(api: Any, tmp_path: Path) -> None:
    options = ("--port", "0", "--speed", "step", "--skip", "30", "--state", str(tmp_path / "state.db"))
    acknowledged: list[str] = []
    async with process(*options, limit=small_files) as sandbox:
        there = with_url(api, await url_of(sandbox))
        for number in range(500):
            try:
                status, _ = await there.buy(f"o-{number}", quantity="0.0001")
            except aiohttp.ClientError:
                break
            if status != 200:
                assert status == 503
                break
            acknowledged.append(f"o-{number}")
        _, stderr = await asyncio.wait_for(sandbox.communicate(), WAIT_S)
        assert sandbox.returncode == 1
    assert 0 < len(acknowledged) < 500
    assert stderr.decode().count("\n") == 1
    assert "disk" in stderr.decode()
    async with process(*options) as sandbox:
        now = await books(await url_of(sandbox))
        assert {o["client_order_id"] for o in now["order_list"]} >= set(acknowledged)
        assert now["orders"] == now["fills"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--data", "nothing.csv"), "check the path"),
        (("--symbol", "DOGE"), "no listing for DOGE"),
        (("--speed", "fast"), "must be a number above zero, max or step"),
        (("--speed", "-1"), "must be a number above zero, max or step"),
        (("--port", "99999"), "choose another with --port"),
    ],
)
async def test_bad_arguments_end_in_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    async with process(*arguments) as sandbox:
        _, stderr = await asyncio.wait_for(sandbox.communicate(), WAIT_S)
    assert sandbox.returncode == 1
    assert sentence in stderr.decode()
    assert stderr.decode().count("\n") == 1


async def test_a_taken_port_and_a_damaged_file_end_in_one_sentence(api: Any, tmp_path: Path) -> None:
    taken = api.url.rsplit(":", 1)[1]
    damaged = tmp_path / "bars.csv.gz"
    damaged.write_bytes(bundled_week().read_bytes()[:1000])
    for arguments, sentence in (
        (("--port", taken), "taken"),
        (("--data", str(damaged), "--port", "0"), "cut short"),
    ):
        async with process(*arguments) as sandbox:
            _, stderr = await asyncio.wait_for(sandbox.communicate(), WAIT_S)
        assert sandbox.returncode == 1
        assert sentence in stderr.decode()
        assert stderr.decode().count("\n") == 1


async def test_an_interrupt_ends_it_cleanly() -> None:
    async with process("--port", "0") as sandbox:
        await url_of(sandbox)
        sandbox.send_signal(signal.SIGINT)
        _, stderr = await asyncio.wait_for(sandbox.communicate(), WAIT_S)
        assert (sandbox.returncode, stderr) == (0, b"")


def test_a_state_file_of_other_data_or_of_no_sandbox_is_refused(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    build(SandboxSettings(data=bundled_week(), state=state)).close()
    with pytest.raises(RefusedError, match="belongs to BTCUSDT_1m"):
        build(SandboxSettings(data=bundled_trades(), state=state))
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"not a database at all" * 100)
    with pytest.raises(CorruptError, match="start afresh"):
        build(SandboxSettings(data=bundled_week(), state=str(junk)))
