"""What goes wrong outside ends in one sentence that says what to do, a non-zero exit, and nothing lost."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from tradedeck.domain.errors import UnavailableError
from tradedeck.domain.events import PlaceOrder, Step
from tradedeck.domain.order import OrderType, Side
from tradedeck.history import bundled_week
from tradedeck.store import Store

COMMAND_S = 60
TRACE = re.compile(r"Traceback|File \"")
KEYS = {"TRADEDECK_VENUE_KEY": "sandbox-key", "TRADEDECK_VENUE_SECRET": "sandbox-secret"}


def tradedeck(*arguments: str, path: str = "") -> tuple[int, str]:
    """Run the command to its end; exit code and last words."""
    env = {**os.environ, **KEYS, "QT_QPA_PLATFORM": "offscreen"} | ({"PYTHONPATH": path} if path else {})
    done = subprocess.run(
        [sys.executable, "-m", "tradedeck.cli", *arguments],
        capture_output=True, text=True, timeout=COMMAND_S, env=env, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.strip()


def one_sentence(told: tuple[int, str], *words: str) -> None:
    """A command failed, said so in one line with these words, and showed no stack."""
    code, said = told
    assert code == 1, said
    assert not TRACE.search(said), said
    assert len(said.splitlines()) == 1, said
    assert all(word in said for word in words), said


@contextmanager
def taken_port() -> Generator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@contextmanager
def tiny_disk(folder: Path, size: str) -> Generator[Path]:
    """A disk of its own that is soon full."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("words.csv", "open_time,open,high,low,close,volume\n1709510400000,one,2,1,1,1\n"),
        ("backwards.csv", "open_time,open,high,low,close,volume\n1709510460000,1,2,1,1,1\n1709510400000,1,2,1,1,1\n"),
        ("empty.csv", ""),
    ],
)
@pytest.mark.parametrize("command", ["sandbox", "backtest"])
def test_a_corrupt_data_file(command: str, name: str, content: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(content)
    one_sentence(tradedeck(command, "--data", str(file)), name)


def test_a_data_file_cut_in_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "cut.csv.gz"
    file.write_bytes(bundled_week().read_bytes()[:20_000])
    one_sentence(tradedeck("backtest", "--data", str(file)), "cut.csv.gz")


def test_a_taken_port(tmp_path: Path) -> None:
    with taken_port() as port:
        one_sentence(tradedeck("sandbox", "--port", str(port)), str(port), "port")
        up = ("cloud", "up", "--data", str(tmp_path / "cloud"))
        one_sentence(tradedeck(*up, "--http-port", str(port), "--grpc-port", "0"), str(port), "--http-port")
        one_sentence(tradedeck(*up, "--http-port", "0", "--grpc-port", str(port)), str(port), "--grpc-port")
        phone = ("mobile", "--web", "--data", str(tmp_path / "phone"))
        one_sentence(tradedeck(*phone, "--port", str(port)), str(port), "port")


def test_a_missing_system_library(tmp_path: Path) -> None:
    """Qt's bindings are there, but the system library below them is not: importing them fails as it does then."""
    fake = tmp_path / "PySide6"
    fake.mkdir()
    (fake / "__init__.py").write_text("")
    message = "libEGL.so.1: cannot open shared object file: No such file or directory"
    (fake / "QtWidgets.py").write_text(f"raise ImportError({message!r})\n")
    told = tradedeck("desktop", "--data", str(tmp_path / "data"), path=str(tmp_path))
    one_sentence(told, "libEGL.so.1", "apt-get install")


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    with taken_port() as port:
        dsn = f"postgresql://nobody@127.0.0.1:{port}/none?connect_timeout=2"
        told = tradedeck(
            "cloud", "up", "--data", str(tmp_path), "--postgres", dsn, "--http-port", "0", "--grpc-port", "0"
        )
        one_sentence(told, "database")


@needs_root
def test_a_full_disk_stops_the_cloud_before_it_starts(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "small", "64m") as disk:
        told = tradedeck("cloud", "up", "--data", str(disk / "cloud"), "--http-port", "0", "--grpc-port", "0")
        one_sentence(told, "disk", "free")


@needs_root
def test_a_full_disk_loses_no_step_and_keeps_no_half(tmp_path: Path) -> None:
    """The store says so in a sentence; what it took stays, and with room again it goes on."""
    with tiny_disk(tmp_path / "small", "512k") as disk:
        store = Store(disk / "device.db")
        kept, said = fill_up(store)
        assert kept > 10
        assert "full; free some space" in said
        assert [step.seq for step in store.steps("live")] == list(range(1, kept + 1))
        assert store.outbox_size() == kept
        store.close()
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        again = Store(disk / "device.db")
        assert [step.seq for step in again.steps("live")] == list(range(1, kept + 1))
        again.append("live", step_number(kept + 1), [b"x"])
        assert again.outbox_size() == kept + 1
        again.close()


def fill_up(store: Store) -> tuple[int, str]:
    """Append until the disk is full; how many steps it took, and what it said."""
    for number in range(1, 100_000):
        try:
            store.append("live", step_number(number), [b"x" * 500])
        except UnavailableError as error:
            return number - 1, error.message
    raise AssertionError("the disk never filled up")


def step_number(number: int) -> Step:
    return Step(number, PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal("0.01"), number))
