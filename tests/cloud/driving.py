"""A cloud in a process of its own, and users who reach it as any program would."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact, FillFact, MarkFact, OrderFact
from tradedeck.wire.orders.v1.orders_service_pb2 import PushFactsRequest, PushFactsResponse

START_S = 60
STOP_S = 30
PASSWORD = "a sentence is better"
START_NS = 1_723_075_200_000_000_000
"""2024-08-08 00:00 UTC."""
_numbers = itertools.count(1)


@dataclass
class RunningCloud:
    """A started cloud, its folder and its doors."""

    data: Path
    process: subprocess.Popen[str]
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ready['http']}"

    @property
    def grpc(self) -> str:
        return f"127.0.0.1:{self.ready['grpc']}"

    @property
    def dsn(self) -> str:
        return Path(self.ready["dsn_file"]).read_text()

    def kill(self) -> None:
        """As when the power goes for this one process."""
        self.process.send_signal(signal.SIGKILL)
        self._gone()

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self._gone()

    def _gone(self) -> int:
        code = self.process.wait(STOP_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def cloud_command(data: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "tradedeck_cloud", "up", "--data", str(data), *flags]


def environment() -> dict[str, str]:
    """With compiled modules kept in one place: a cloud is started dozens of times."""
    kept = Path(tempfile.gettempdir(), "tradedeck-test-bytecode")
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(kept)}


def start_cloud(data: Path, *flags: str) -> RunningCloud:
    """Start it and wait until it says that it is ready."""
    chosen = flags or ("--http-port", "0", "--grpc-port", "0")
    with (data.parent / f"{data.name}.log").open("a") as log:
        process = subprocess.Popen(
            cloud_command(data, *chosen), stdout=subprocess.PIPE, stderr=log, text=True, env=environment()
        )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready "):
            return RunningCloud(data, process, json.loads(line.removeprefix("ready ")))
    raise AssertionError(f"the cloud ended with {process.wait()}: {(data.parent / f'{data.name}.log').read_text()}")


@contextmanager
def running_cloud(data: Path, *flags: str) -> Generator[RunningCloud]:
    """A cloud that is gone afterwards, also when the test fails."""
    cloud = start_cloud(data, *flags)
    try:
        yield cloud
        assert cloud.stop() == 0
    finally:
        if cloud.process.poll() is None:
            cloud.kill()


@contextmanager
def folder() -> Generator[Path]:
    """A folder that the database's own user can enter too; pytest's are private to root."""
    home = Path(tempfile.mkdtemp(prefix="tradedeck-test-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class User:
    """Somebody with an account and one device."""

    http: aiohttp.ClientSession
    email: str
    session: dict[str, Any]
    user_id: str
    device_id: str = field(default_factory=lambda: f"device-{next(_numbers)}")

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.session['access_token']}"}

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        async with self.http.get(path, params=query, headers=self.headers) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body

    async def push(self, facts: Sequence[DeviceFact], device_id: str = "") -> tuple[int, Any]:
        """The status, and how far the cloud has got or the problem."""
        request = PushFactsRequest(device_id=device_id or self.device_id, device_kind="desktop", facts=facts)
        headers = {**self.headers, "content-type": "application/x-protobuf"}
        async with self.http.post("/rpc/orders/PushFacts", data=request.SerializeToString(), headers=headers) as answer:
            if answer.status != 200:
                return answer.status, await answer.json(content_type=None)
            return 200, PushFactsResponse.FromString(await answer.read()).last_seq


@asynccontextmanager
async def client(cloud: RunningCloud) -> AsyncGenerator[aiohttp.ClientSession]:
    """An HTTP client from an address of its own: log-ins are limited by address."""
    address = f"127.{random.randrange(1, 255)}.{random.randrange(255)}.{random.randrange(1, 255)}"
    connector = aiohttp.TCPConnector(local_addr=(address, 0), force_close=True)
    async with aiohttp.ClientSession(cloud.url, connector=connector) as http:
        yield http


@asynccontextmanager
async def new_user(cloud: RunningCloud, name: str = "ada") -> AsyncGenerator[User]:
    """Sign up."""
    email = f"{name}-{random.getrandbits(48):x}@example.com"
    async with client(cloud) as http:
        given = {"email": email, "password": PASSWORD, "request_id": f"sign-up-{email}"}
        async with http.post("/v1/signup", json=given) as answer:
            body = await answer.json()
            assert answer.status == 200, body
        yield User(http, email, body["session"], body["user"]["user_id"])


def order_line(seq: int, client_order_id: str, **changes: Any) -> DeviceFact:
    told: dict[str, Any] = {
        "client_order_id": client_order_id, "revision": 1, "venue": "binance", "account": "main", "symbol": "BTCUSDT",
        "side": "buy", "type": "limit", "time_in_force": "gtc", "size": "0.5", "price": "60000.01", "filled": "0",
        "state": "accepted", "venue_order_id": f"v-{client_order_id}", "source": "manual", "mode": "live",
        "created_ns": START_NS + seq, "updated_ns": START_NS + seq,
    }  # fmt: skip
    return DeviceFact(seq=seq, time_ns=START_NS + seq, order=OrderFact(**{**told, **changes}))


def fill_line(seq: int, trade_id: str, **changes: Any) -> DeviceFact:
    told: dict[str, Any] = {
        "venue": "binance", "account": "main", "symbol": "BTCUSDT", "trade_id": trade_id,
        "client_order_id": f"o-{trade_id}", "side": "buy", "price": "60000", "size": "0.1", "fee": "6",
        "fee_asset": "USDT", "maker": False, "mode": "live", "time_ns": START_NS + seq * 1_000_000_000, "base": "BTC",
        "quote": "USDT",
    }  # fmt: skip
    fact = FillFact(**{**told, **changes})
    return DeviceFact(seq=seq, time_ns=fact.time_ns, fill=fact)


def mark_line(seq: int, price: str, time_ns: int = 0) -> DeviceFact:
    at = time_ns or START_NS + seq * 1_000_000_000
    return DeviceFact(seq=seq, time_ns=at, mark=MarkFact(venue="binance", symbol="BTCUSDT", price=price, time_ns=at))
