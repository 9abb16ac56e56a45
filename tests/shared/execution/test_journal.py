"""The session's journal: what may wait for the disk, and what becomes of it when the disk says no."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tradedeck.domain.errors import ConflictError
from tradedeck.domain.events import Note, PlaceOrder, Step
from tradedeck.domain.order import OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.execution import journal
from tradedeck.execution.journal import StepJournal
from tradedeck.store import Store, StoreWorker
from tradedeck.wire.codec import Origin

NEWS = Trade("BTCUSDT", "1", Decimal(100), Decimal(1), Side.BUY, 5)
WISH = PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), 7)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[StoreWorker]:
    made = StoreWorker(Store(tmp_path / "device.db"))
    yield made
    await made.close()


@pytest.fixture
def kept(worker: StoreWorker) -> StepJournal:
    return StepJournal(worker, "live", Origin("sandbox", "main", "live"), {})


async def on_disk(worker: StoreWorker) -> list[int]:
    return await worker.call(lambda store: [step.seq for step in store.steps("live")])


async def test_news_that_led_to_nothing_waits_for_the_next_step_that_can_not(
    worker: StoreWorker, kept: StepJournal
) -> None:
    await kept.append(Step(1, NEWS))
    assert await on_disk(worker) == []
    await kept.append(Step(2, WISH))
    assert await on_disk(worker) == [1, 2]


async def test_news_that_led_to_a_note_is_on_disk_at_once(worker: StoreWorker, kept: StepJournal) -> None:
    await kept.append(Step(1, NEWS, notes=(Note(5, "stopped"),)))
    assert await on_disk(worker) == [1]


async def test_news_does_not_wait_longer_than_a_moment(
    worker: StoreWorker, kept: StepJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LATEST_S", 0.0)
    await kept.append(Step(1, NEWS))
    while not await on_disk(worker):
        pass
    assert await on_disk(worker) == [1]


async def test_only_so_many_steps_wait(worker: StoreWorker, kept: StepJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_WAITING_STEPS", 3)
    for seq in (1, 2, 3):
        await kept.append(Step(seq, NEWS))
    assert await on_disk(worker) == [1, 2, 3]


async def test_what_waits_at_the_end_is_kept(worker: StoreWorker, kept: StepJournal) -> None:
    await kept.append(Step(1, NEWS))
    await kept.close()
    assert await on_disk(worker) == [1]


async def test_a_step_that_could_not_be_kept_is_not_kept_later(worker: StoreWorker, kept: StepJournal) -> None:
    await worker.call(lambda store: store.append("live", Step(1, WISH), []))
    with pytest.raises(ConflictError):
        await kept.append(Step(1, WISH))
    await kept.close()
    assert await on_disk(worker) == [1]
