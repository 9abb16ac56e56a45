"""`tradedeck cloud up` when things are not as they should be: one sentence, a non-zero exit, nothing half-written."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.cloud.driving import (
    PASSWORD,
    RunningCloud,
    User,
    cloud_command,
    environment,
    folder,
    new_user,
    order_line,
    running_cloud,
    start_cloud,
)
from tradedeck_cloud.kit.embedded.postgres import Postgres

FAILED_S = 60
ANY_PORTS = ("--http-port", "0", "--grpc-port", "0")
SERVERS = ("postgres", "nats", "valkey")


@pytest.fixture
def home() -> Iterator[Path]:
    with folder() as made:
        yield made


@pytest.fixture(scope="module")
def once_used() -> Iterator[Path]:
    """A folder in which a cloud has run and stopped."""
    with folder() as made:
        with running_cloud(made / "cloud"):
            pass
        yield made / "cloud"


@pytest.fixture
def used(home: Path, once_used: Path) -> Path:
    """A copy of one, to be damaged."""
    subprocess.run(["cp", "-a", str(once_used), str(home / "cloud")], check=True)
    return home / "cloud"


def failed(data: Path, *flags: str) -> str:
    """The one sentence with which it ended."""
    done = subprocess.run(
        cloud_command(data, *flags), capture_output=True, text=True, timeout=FAILED_S, check=False, env=environment()
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if line.startswith("tradedeck cloud: ")]
    assert len(said) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return said[0]


def pid_of(cloud: RunningCloud, server: str) -> int:
    return json.loads((cloud.data / f"{server}.process").read_text())["pid"]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ended(pids: list[int], within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, pids))


@pytest.mark.parametrize("flag", ["--http-port", "--grpc-port"])
def test_a_taken_port_names_the_flag_to_change(home: Path, flag: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = ({"--http-port", "--grpc-port"} - {flag}).pop()
        said = failed(home / "cloud", flag, port, other, "0")
    assert f"port {port} is taken" in said
    assert flag in said
    # What had started is stopped again, and the next start finds nothing in its way.
    if flag == "--grpc-port":
        with running_cloud(home / "cloud"):
            pass


def test_a_folder_is_used_by_one_cloud_at_a_time(home: Path) -> None:
    with running_cloud(home / "cloud"):
        assert "another cloud is using" in failed(home / "cloud", *ANY_PORTS)


def test_a_service_that_does_not_exist_is_named(home: Path) -> None:
    assert "no service billling" in failed(home / "cloud", *ANY_PORTS, "--services", "orders,billling")
    assert not (home / "cloud").exists()


def test_a_folder_that_can_not_be_made_says_why(home: Path) -> None:
    (home / "file").write_text("in the way")
    assert "can't be used" in failed(home / "file" / "cloud", *ANY_PORTS)


def test_a_database_that_is_away_is_said_plainly(home: Path) -> None:
    said = failed(home / "cloud", *ANY_PORTS, "--postgres", "postgresql://nobody:secret-word@127.0.0.1:1/none")
    assert "the database does not answer" in said
    assert "secret-word" not in said


def test_a_corrupt_database_is_not_touched(used: Path) -> None:
    data = used / "postgres" / "data"
    control = data / "global" / "pg_control"
    control.write_bytes(b"\0" * len(control.read_bytes()))
    before = sorted(str(path) for path in (data / "base").rglob("*"))
    said = failed(used, *ANY_PORTS)
    assert "postgres did not start" in said
    assert "postgres.log" in said
    assert sorted(str(path) for path in (data / "base").rglob("*")) == before


def test_a_damaged_signing_key_says_what_to_do(used: Path) -> None:
    (used / "tokens.pem").write_text("scratched")
    assert "remove it, everybody must log in again" in failed(used, *ANY_PORTS)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tiny disk needs root")
def test_a_full_disk_leaves_nothing_half_written(home: Path) -> None:
    disk = home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "none", str(disk)], check=True)
    try:
        said = failed(disk / "cloud", *ANY_PORTS)
        assert "nearly full" in said
        assert "free at least 200 MiB" in said
        assert not (disk / "cloud" / "postgres").exists() or not (disk / "cloud" / "postgres" / "data").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_servers_are_private_and_never_run_as_root(home: Path) -> None:
    with running_cloud(home / "cloud") as cloud:
        data = home / "cloud" / "postgres" / "data"
        assert data.stat().st_mode & 0o077 == 0
        for secret in ("dsn", "postgres.password", "tokens.pem", "nats.conf", "valkey.conf"):
            assert (home / "cloud" / secret).stat().st_mode & 0o077 == 0, secret
        owner = Path(f"/proc/{pid_of(cloud, 'postgres')}").stat().st_uid
        assert owner != 0
        with psycopg.connect(cloud.dsn) as connection:
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
            assert connection.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(cloud.dsn.replace(cloud.dsn.split(":")[2].split("@")[0], "a-guess"))


def test_servers_end_with_a_killed_cloud_and_a_second_start_is_quick(home: Path) -> None:
    cloud = start_cloud(home / "cloud")
    pids = [pid_of(cloud, server) for server in SERVERS]
    assert all(map(alive, pids))
    cloud.kill()
    assert ended(pids)
    started = time.monotonic()
    with running_cloud(home / "cloud") as again:
        assert time.monotonic() - started < 15
        pids = [pid_of(again, server) for server in SERVERS]
    assert ended(pids, 0.5)


def test_a_server_that_outlived_its_cloud_is_found_and_ended(used: Path) -> None:
    """As on a system that does not end children with their parent: the note names the process and its start."""
    stray = subprocess.Popen(["sleep", "300"])
    started = Path(f"/proc/{stray.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    (used / "valkey.process").write_text(json.dumps({"pid": stray.pid, "started": started}))
    innocent = subprocess.Popen(["sleep", "300"])
    (used / "nats.process").write_text(json.dumps({"pid": innocent.pid, "started": "1"}))
    (used / "postgres.process").write_text("torn")
    try:
        with running_cloud(used):
            assert stray.wait(5) == -signal.SIGTERM
            assert innocent.poll() is None
    finally:
        for process in (stray, innocent):
            process.kill()
            process.wait()


def test_a_lock_file_left_by_another_boot_does_not_stop_the_database(used: Path) -> None:
    lock = used / "postgres" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n0\n5432\n\n127.0.0.1\n")
    with running_cloud(used):
        pass


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_dies_comes_back_and_nothing_is_lost(home: Path, server: str) -> None:
    with running_cloud(home / "cloud") as cloud:
        asyncio.run(_push_around(cloud, pid_of(cloud, server)))


async def _push_around(cloud: RunningCloud, pid: int) -> None:
    async with new_user(cloud) as user:
        assert await user.push([order_line(1, "a-1")]) == (200, 1)
        os.kill(pid, signal.SIGKILL)
        status, problem = await user.push([order_line(2, "a-2")])
        assert (status, problem) == (200, 2) or (status, problem["retryable"]) == (503, True)
        await _recovered(user)
        assert len((await user.get("/v1/orders"))["orders"]) == 2
        async with user.http.post("/v1/login", json={"email": user.email, "password": PASSWORD}) as answer:
            assert answer.status == 200


async def _recovered(user: User) -> None:
    async with asyncio.timeout(30):
        while (await user.push([order_line(2, "a-2")])) != (200, 2):
            await asyncio.sleep(0.2)
        while not await _ready(user):
            await asyncio.sleep(0.2)


async def _ready(user: User) -> bool:
    async with user.http.get("/readyz") as answer:
        return answer.status == 200


async def test_while_the_database_is_cut_calls_say_so_and_then_go_on(home: Path) -> None:
    (home / "database").mkdir()
    database = Postgres(home / "database")
    dsn = await database.start()
    try:
        with running_cloud(home / "cloud", *ANY_PORTS, "--postgres", dsn) as cloud:
            async with new_user(cloud) as user:
                assert await user.push([order_line(1, "a-1")]) == (200, 1)
                await database.stop()
                status, problem = await user.push([order_line(2, "a-2")])
                assert (status, problem["kind"], problem["retryable"]) == (503, "unavailable", True)
                assert "try again" in problem["detail"]
                assert not await _ready(user)
                async with user.http.get("/healthz") as answer:
                    assert answer.status == 200
                assert await database.start() == dsn
                await _recovered(user)
                assert len((await user.get("/v1/orders"))["orders"]) == 2
    finally:
        await database.stop()
