"""Limits that a device keeps hold in every session that starts after."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.shared.execution.device import Device
from tests.shared.execution.venues import ScriptedVenue
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import SetLimits
from tradedeck.domain.limits import NO_LIMITS, Limits, limits_from, written
from tradedeck.domain.order import OrderType, Side
from tradedeck.execution.limits import limits_of, put_limits
from tradedeck.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "device.db")


def test_what_is_written_is_read_back_and_the_rest_stays_as_it_comes(store: Store) -> None:
    assert limits_of(store, "main") == {}
    put_limits(store, "main", "account", {"max_open_orders": "7"})
    put_limits(store, "main", "account", {"max_daily_loss": "None"})
    assert limits_of(store, "main") == {"account": Limits(max_open_orders=7, max_daily_loss=None)}
    put_limits(store, "main", "account", {"max_daily_loss": "default"})
    assert limits_of(store, "main") == {"account": Limits(max_open_orders=7)}
    assert limits_of(store, "other") == {}
    store.close()


def test_a_users_limits_are_those_of_every_account_and_a_strategy_starts_without_any(store: Store) -> None:
    put_limits(store, "main", "user", {"max_order_size": "2"})
    put_limits(store, "main", "grid", {"max_leverage": "1.5"})
    assert limits_of(store, "other")["user"].max_order_size == 2
    assert limits_from({"max_leverage": "1.5"}, NO_LIMITS) == limits_of(store, "main")["grid"]
    store.close()


@pytest.mark.parametrize(
    ("scope", "name", "amount", "words"),
    [
        ("account", "max_ordr_size", "1", "there is no limit max_ordr_size; there are max_order_size"),
        ("account", "max_ordr_size", "default", "there is no limit max_ordr_size"),
        ("account", "max_order_size", "much", "max_order_size: 'much' is not a number.*or write none"),
        ("account", "max_order_size", "NaN", "max_order_size: .*not a finite number"),
        ("account", "max_daily_loss", "-1", "max_daily_loss is -1; it can't be below zero"),
        ("account", "max_open_orders", "1.5", "max_open_orders is 1.5; write a whole number from 0 to 10000"),
        ("account", "duplicate_window_ms", "60001", "a whole number from 0 to 60000"),
        (" ", "max_open_orders", "1", "name the scope"),
    ],
)
def test_nonsense_is_refused_in_words_and_nothing_is_kept(
    store: Store, scope: str, name: str, amount: str, words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        put_limits(store, "main", scope, {"max_order_notional": "1", name: amount})
    assert limits_of(store, "main") == {}
    store.close()


@pytest.mark.parametrize("limits", [Limits(), NO_LIMITS, Limits(max_leverage=Decimal("2.50"), equity=Decimal(10))])
def test_every_limit_can_be_written_out_and_read(limits: Limits) -> None:
    assert limits_from(written(limits), NO_LIMITS) == limits


async def test_a_session_starts_under_the_limits_that_are_kept(device: Device, venue: ScriptedVenue) -> None:
    store = Store(device.path)
    put_limits(store, "main", "account", {"max_order_size": "0.5"})
    store.close()
    session = await device.running(venue)
    with pytest.raises(RefusedError, match="over the limit of"):
        await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), price=Decimal(90))
    await device.stop()
    again = await device.running(ScriptedVenue([device.btc]))
    assert again.engine.risk.limits_of("account").max_order_size == Decimal("0.5")
    await device.stop()
    store = Store(device.path)
    told = [step.event for step in store.steps("live:binance:main") if isinstance(step.event, SetLimits)]
    assert len(told) == 1, "the journal tells it once"
    store.close()
