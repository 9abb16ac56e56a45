"""The doctor looks at everything trading stands on, and says what to do about what is wrong."""

import json
import shutil
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

import keyring
import pytest

from tests.shared.execution.commands.conftest import KEY, SECRET, Box, Shell
from tests.shared.execution.device import Device, buy
from tests.shared.execution.venues import ScriptedVenue
from tests.shared.store.test_secrets import Ring
from tradedeck.domain.instrument import Instrument
from tradedeck.execution.commands import checks
from tradedeck.execution.commands.checks import Level
from tradedeck.kit.logs import Secret
from tradedeck.ports.account import Budget
from tradedeck.store import Account, Store
from tradedeck.store.secrets import PASSPHRASE_VARIABLE

MAIN = Account("main", "sandbox")


def test_an_empty_folder_is_well(shell: Shell) -> None:
    assert shell.run("doctor") == 0
    for words in ("versions: tradedeck", "GB free", "no system keyring", "nothing has been traded", "nothing is wrong"):
        assert words in shell.out


def test_an_account_is_looked_at_and_told_to_programs(shell: Shell, box: Box) -> None:
    typed = f"{KEY}\n{SECRET}\n"
    assert shell.run("accounts", "add", "main", "--venue", "sandbox", "--url", box.url, typed=typed) == 0
    assert shell.run("doctor", "--json") == 0
    told = json.loads(shell.out)
    assert told["wrong"] == 0
    levels = {check["name"]: check["level"] for check in told["checks"]}
    assert (levels["database"], levels["clock at sandbox"], levels["main"]) == ("ok", "ok", "beware")
    assert "bind it to yours" in shell.out
    assert shell.run("doctor", "--offline") == 0
    assert "clock" not in shell.out


def test_a_venue_away_and_a_missing_key_are_wrong(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--venue", "sandbox", "--url", "http://127.0.0.1:1", "--unchecked")
    assert shell.run("accounts", "add", "main", *words, typed=f"{KEY}\n{SECRET}\n") == 0
    assert shell.run("doctor") == 1
    assert "check the connection" in shell.out
    assert "1 to be put right" in shell.out
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "not the passphrase")
    assert shell.run("doctor") == 1
    assert "the passphrase does not open" in shell.out
    assert SECRET not in shell.out


async def test_a_key_the_venue_does_not_know_is_wrong(box: Box) -> None:
    found = await checks.venue(Account("main", "sandbox", box.url), "no-such-key", Secret("no-such-secret"))
    assert [check.level for check in found] == [Level.WRONG]
    assert "no-such" not in found[0].words


async def test_an_order_of_unknown_fate_is_wrong(shell: Shell, btc: Instrument) -> None:
    store = Store(shell.data / "device.db")
    store.put_setting("device_id", "abc123")
    store.close()
    device = Device(store.path, btc)
    await buy(await device.running(ScriptedVenue([btc])))
    await device.stop()
    await device.running(ScriptedVenue([btc]))
    await device.stop()
    assert shell.run("doctor", "--offline") == 1
    assert "fate unknown: tdabc123-1; start the session" in shell.out
    session = await device.running(ScriptedVenue([btc]))
    await session.halt("enough")
    await device.stop()
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE steps SET event = '{' WHERE seq = 1")
    raw.close()
    assert shell.run("doctor", "--offline") == 1
    assert "the journal can't be replayed" in shell.out


def test_a_file_that_is_no_database_is_wrong(shell: Shell) -> None:
    shell.data.mkdir()
    (shell.data / "device.db").write_bytes(b"not a database" * 100)
    assert shell.run("doctor") == 1
    assert "restore it from a copy" in shell.out


def test_a_clock_is_judged_by_what_venues_tolerate() -> None:
    levels = [checks.clock(MAIN, skew).level for skew in (None, 999.0, -999.0, 1_001.0, -1_001.0)]
    assert levels == [Level.FINE] * 3 + [Level.WRONG] * 2


def test_budgets_are_judged_by_what_is_left() -> None:
    later = time.time_ns() + 60 * 10**9
    told = [Budget("weight", 10, 100, 60), Budget("weight", 80, 100, 60), Budget("orders", 1, 100, 10, later)]
    found = list(checks.budgets(MAIN, told))
    assert [check.level for check in found] == [Level.FINE, Level.BEWARE, Level.WRONG]
    assert "let every program wait" in found[2].words


class Usage(NamedTuple):
    """What the system tells of a disk."""

    total: int
    used: int
    free: int


def test_a_disk_nearly_full_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.disk(tmp_path / "not" / "there" / "yet").level is Level.FINE

    def nearly_full(_path: Path) -> Usage:
        return Usage(10**12, 10**12 - 10**6, 10**6)

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    assert checks.disk(tmp_path).level is Level.WRONG


def test_a_keyring_is_well() -> None:
    keyring.set_keyring(Ring())
    assert checks.keyring().level is Level.FINE
