"""The device's file keeps steps and outbox lines together, in order, and survives what the world does."""

from decimal import Decimal
from pathlib import Path

import pytest

from tradedeck.domain.errors import ConflictError, CorruptError
from tradedeck.domain.events import PlaceOrder, StartStrategy, Step
from tradedeck.domain.order import OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.store import Account, Store
from tradedeck.store.file import row_of

WISH = PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.010"), 7, price=Decimal("100.5"))
NEWS = Trade("BTCUSDT", "1", Decimal("100.10"), Decimal(2), Side.SELL, 5)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "device.db")


def test_steps_come_back_as_they_were_kept(store: Store) -> None:
    start = StartStrategy("s1", "sma-cross", "BTCUSDT", 60, 9, {"fast": "5"})
    store.append("live", Step(1, WISH, before=(NEWS,)), [b"order"])
    store.append("live", Step(2, start), [])
    store.append("paper", Step(1, start), [])
    kept = list(store.steps("live"))
    assert [step.event for step in kept] == [WISH, start]
    assert kept[0].before == (NEWS,)
    assert store.sessions() == ["live", "paper"]


def test_a_step_and_its_outbox_lines_are_kept_both_or_neither(store: Store) -> None:
    store.append("live", Step(1, WISH), [b"first"])
    with pytest.raises(ConflictError, match="in use by another program"):
        store.append("live", Step(1, WISH), [b"twice"])
    assert [line.body for line in store.outbox(10)] == [b"first"]


def test_outbox_numbers_have_no_holes_even_after_a_refused_step(store: Store) -> None:
    store.append("live", Step(1, WISH), [b"1", b"2"])
    with pytest.raises(ConflictError):
        store.append("live", Step(1, WISH), [b"lost"])
    store.confirm(2)
    store.add_facts([b"3"])
    assert [(line.seq, line.body) for line in store.outbox(10)] == [(3, b"3")]


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    first = Store(tmp_path / "device.db")
    device = first.device_id()
    first.append("live", Step(1, WISH), [b"x"])
    first.put_mark("BTCUSDT", Decimal("100.10"), 5)
    first.put_setting("theme", "light")
    first.close()
    again = Store(tmp_path / "device.db")
    assert again.device_id() == device
    assert again.setting("theme") == "light"
    assert again.marks() == {"BTCUSDT": (Decimal("100.1"), 5)}
    assert len(list(again.steps("live"))) == 1


def test_a_missing_step_is_called_corrupt(store: Store) -> None:
    store.append("live", Step(1, WISH), [])
    store.append("live", Step(3, WISH), [])
    with pytest.raises(CorruptError, match="lacks step 2"):
        list(store.steps("live"))


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "device.db"
    path.write_bytes(b"this is not a database, it only looks long enough to be one" * 50)
    with pytest.raises(CorruptError, match="restore it from a copy"):
        Store(path)


def test_accounts_are_kept_replaced_and_forgotten(store: Store) -> None:
    store.put_account(Account("main", "binance"))
    store.put_account(Account("box", "sandbox", "http://127.0.0.1:8700"))
    store.put_account(Account("main", "delta-india"))
    assert store.accounts() == [Account("box", "sandbox", "http://127.0.0.1:8700"), Account("main", "delta-india")]
    store.remove_account("main")
    store.remove_account("none")
    assert [account.name for account in store.accounts()] == ["box"]


def test_a_file_of_the_first_version_learns_accounts_and_keeps_its_steps(tmp_path: Path) -> None:
    old = Store(tmp_path / "device.db")
    old.append("live", Step(1, WISH), [b"x"])
    old._db.execute("DROP TABLE accounts")
    old._db.execute("PRAGMA user_version = 1")
    old.close()
    again = Store(tmp_path / "device.db")
    assert (again.accounts(), [step.event for step in again.steps("live")]) == ([], [WISH])
    assert again.damage() == ""


def test_steps_kept_together_are_all_there_or_none(store: Store) -> None:
    store.append_all([row_of("live", Step(1, WISH)), row_of("live", Step(2, WISH))], [b"1"])
    with pytest.raises(ConflictError):
        store.append_all([row_of("live", Step(3, WISH)), row_of("live", Step(2, WISH))], [b"lost"])
    assert [step.seq for step in store.steps("live")] == [1, 2]
    assert [line.body for line in store.outbox(10)] == [b"1"]
