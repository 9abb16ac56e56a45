"""A session without a screen trades as planned, tells its state, and is stopped or killed from another program."""

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared.execution.commands.conftest import SECRET, Box, Shell
from tradedeck.cli import main

GRID = """
account = "main"
mode = "live"
symbols = ["BTCUSDT"]
[[strategy]]
name = "grid"
symbol = "BTCUSDT"
[strategy.params]
rungs = 3
step = 0.02
size = 0.001
"""


class Running:
    """`tradedeck live run` on a thread of its own."""

    def __init__(self, shell: Shell, *words: str) -> None:
        self.code = -1
        self._shell = shell
        self._thread = threading.Thread(target=self._run, args=(["live", "run", *words, "--data", str(shell.data)],))
        self._thread.start()

    def _run(self, words: list[str]) -> None:
        self.code = main(words)

    def until(self, true: Callable[[dict[str, Any]], bool], *, within_s: float = 60.0) -> dict[str, Any]:
        """Wait until the first session is so."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if self._shell.run("live", "status", "--json") == 0:
                state = json.loads(self._shell.out[self._shell.out.index("[\n") :])[0]
                if true(state):
                    return state
            time.sleep(0.1)
        raise AssertionError(f"never so: {self._shell.out} {self._shell.err}")

    def end(self) -> int:
        """Stop it in order; its exit code."""
        if self._thread.is_alive():
            self._shell.run("live", "stop")
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.code


@pytest.fixture
def account(shell: Shell, box: Box) -> str:
    """An account of the test's own, named main; its key."""
    key = own_key(box)
    code = shell.run("accounts", "add", "main", "--venue", "sandbox", "--url", box.url, typed=f"{key}\n{SECRET}\n")
    assert code == 0, shell.err
    return key


def own_key(box: Box) -> str:
    """A new account at the venue; its key."""
    key = f"key-{uuid.uuid4()}"
    body = json.dumps({"key": key, "secret": SECRET}).encode()
    request = urllib.request.Request(f"{box.url}/sandbox/v1/accounts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()
    return key


@pytest.fixture
def run(shell: Shell) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*words: str) -> Running:
        started.append(Running(shell, *words))
        return started[-1]

    yield start
    for one in started:
        one.end()


def working(box: Box, key: str) -> int:
    """How many orders of an account work at the venue."""
    with urllib.request.urlopen(f"{box.url}/sandbox/v1/books?account={key}") as answer:
        books = json.load(answer)
    return sum(1 for order in books["order_list"] if order["state"] in ("accepted", "partially_filled"))


def ids(state: dict[str, Any]) -> list[str]:
    """The strategies that run."""
    return [one["id"] for one in state["strategies"]]


def rest(state: dict[str, Any]) -> bool:
    """Whether the whole ladder works at the venue."""
    return [order["state"] for order in state["orders"]] == ["accepted"] * 3


def test_a_planned_strategy_trades_until_it_is_killed_and_goes_on_no_more(
    shell: Shell, account: str, box: Box, run: Callable[..., Running], tmp_path: Path
) -> None:
    (tmp_path / "plan.toml").write_text(GRID)
    running = run(str(tmp_path / "plan.toml"))
    state = running.until(rest)
    assert (state["mode"], state["strategies"][0]["name"], state["halted"]) == ("live", "grid", "")
    assert state["orders"][0]["source"] == state["strategies"][0]["id"]
    assert working(box, account) == 3
    assert shell.run("live", "kill", "--reason", "enough") == 0
    state = running.until(lambda state: state["halted"] == "enough" and not state["orders"])
    assert state["strategies"] == []
    assert working(box, account) == 0
    assert running.end() == 0
    again = run("--account", "main", "--symbol", "BTCUSDT")
    assert again.until(lambda state: state["ready"])["halted"] == "enough"
    assert shell.run("live", "resume") == 0
    assert again.until(lambda state: not state["halted"])["ready"]


@pytest.mark.usefixtures("account")
def test_the_plan_is_what_runs_after_a_restart(shell: Shell, run: Callable[..., Running]) -> None:
    sma = ("--symbol", "BTCUSDT", "--strategy", "sma-cross")
    first = ids(run("--paper", *sma).until(lambda state: bool(state["strategies"])))
    assert shell.run("live", "stop") == 0
    same = run("--paper", *sma)
    assert ids(same.until(lambda state: state["ready"])) == first
    same.end()
    goes_on = run("--paper", "--symbol", "BTCUSDT")
    assert ids(goes_on.until(lambda state: state["ready"])) == first
    goes_on.end()
    other = run("--paper", *sma, "--param", "fast=7")
    state = other.until(lambda state: [one["params"] for one in state["strategies"]] == [{"fast": "7"}])
    assert state["name"] == "main:paper"


@pytest.mark.usefixtures("account")
def test_one_strategy_or_one_symbol_is_killed_and_the_rest_goes_on(shell: Shell, run: Callable[..., Running]) -> None:
    words = ("--symbol", "BTCUSDT", "--strategy", "sma-cross", "--strategy", "rsi-reversion", "--strategy", "dca")
    running = run("--paper", *words)
    running.until(lambda state: len(state["strategies"]) == 3)
    assert shell.run("live", "kill", "--strategy", "dca") == 0
    left = running.until(lambda state: len(state["strategies"]) == 2)["strategies"]
    assert [one["name"] for one in left] == ["sma-cross", "rsi-reversion"]
    assert shell.run("live", "kill", "--strategy", left[0]["id"]) == 0
    running.until(lambda state: [one["name"] for one in state["strategies"]] == ["rsi-reversion"])
    assert shell.run("live", "kill", "--symbol", "BTCUSDT", "--account", "main:paper") == 0
    running.until(lambda state: state["strategies"] == [])
    assert shell.run("live", "kill", "--strategy", "nothing") == 1
    assert "no strategy nothing runs" in shell.err
    assert shell.run("live", "kill", "--account", "other") == 1
    assert "there are main:paper" in shell.err
    assert shell.run("live", "kill", "--strategy", "a", "--symbol", "b") == 1
    assert shell.run("live", "status") == 0
    assert "main:paper | paper" in shell.out


def test_open_orders_are_canceled_at_the_end_where_the_plan_says_so(
    account: str, box: Box, run: Callable[..., Running], tmp_path: Path
) -> None:
    (tmp_path / "plan.toml").write_text(GRID.replace('"live"', '"live"\nat_exit = "cancel"'))
    running = run(str(tmp_path / "plan.toml"))
    running.until(rest)
    assert running.end() == 0
    assert working(box, account) == 0


@pytest.mark.usefixtures("account")
def test_what_can_not_run_is_refused_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("live", "status") == 1
    assert "no session runs" in shell.err
    assert shell.run("live", "run", "--account", "nobody") == 1
    assert "there is no account nobody" in shell.err
    (tmp_path / "plan.toml").write_text(GRID)
    assert shell.run("live", "run", str(tmp_path / "plan.toml"), str(tmp_path / "plan.toml")) == 1
    assert "main is in two plans" in shell.err
    assert shell.run("live", "run", str(tmp_path / "plan.toml"), "--strategy", "dca") == 1
    assert "give plans or options" in shell.err
    assert not (shell.data / "live.sock").exists()


def states(shell: Shell) -> dict[str, dict[str, Any]]:
    """Every session that runs, by name."""
    shell.run("live", "status", "--json")
    return {state["name"]: state for state in json.loads(shell.out[shell.out.index("[\n") :])}


def test_one_kill_switch_is_for_all_sessions_of_a_process_or_for_one(
    shell: Shell, account: str, box: Box, run: Callable[..., Running], tmp_path: Path
) -> None:
    other = own_key(box)
    words = ("accounts", "add", "other", "--venue", "sandbox", "--url", box.url)
    assert shell.run(*words, typed=f"{other}\n{SECRET}\n") == 0
    (tmp_path / "main.toml").write_text(GRID)
    (tmp_path / "other.toml").write_text(GRID.replace('"main"', '"other"'))
    running = run(str(tmp_path / "main.toml"), str(tmp_path / "other.toml"))
    running.until(lambda _: all(rest(state) for state in states(shell).values()))
    assert shell.run("live", "kill", "--account", "other") == 0
    running.until(lambda _: not states(shell)["other"]["orders"])
    assert (working(box, account), working(box, other)) == (3, 0)
    assert shell.run("live", "kill", "--reason", "all of it") == 0
    assert shell.out.count("halted") == 2
    running.until(lambda _: not any(state["orders"] for state in states(shell).values()))
    assert (working(box, account), working(box, other)) == (0, 0)


@pytest.mark.usefixtures("account")
def test_ctrl_c_ends_it_in_order(shell: Shell, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tradedeck.cli", "live", "run", "--symbol", "BTCUSDT", "--data", str(shell.data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    lines = list[str]()
    while "ready main\n" not in lines:
        lines.append(process.stdout.readline())
        assert lines[-1], "it ended too early"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert "main stopped: no order is open" in out
    assert not (shell.data / "live.sock").exists()
