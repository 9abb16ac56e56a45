"""A device and the cloud in step: nothing lost, nothing twice, whatever the line does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.shared.sync.cloud import FAR_NS, FakeCloud
from tests.shared.sync.test_replica import FILL, ORDER, ORIGIN
from tradedeck.domain.errors import RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.domain.events import Resume, Step
from tradedeck.domain.instrument import Instrument
from tradedeck.store import Store, StoreWorker
from tradedeck.sync import SyncClient, Tokens
from tradedeck.wire.codec import facts_of

OTHER = Tokens("b@example.org", "x", FAR_NS, "y")


class Now:
    """A clock that a test sets."""

    time_ns = 0

    def now_ns(self) -> int:
        return self.time_ns


@pytest.fixture
async def worker(tmp_path: Path, btc: Instrument) -> AsyncIterator[StoreWorker]:
    store = Store(tmp_path / "device.db")
    step = Step(1, Resume(5), orders=(ORDER,) * 4, fills=(FILL,))
    store.add_facts(facts_of(step, ORIGIN, {"BTCUSDT": btc}))
    made = StoreWorker(store)
    yield made
    await made.close()


async def signed_in(cloud: FakeCloud, worker: StoreWorker, clock: Now | None = None) -> SyncClient:
    client = SyncClient(cloud.api(), worker, "desktop", clock or Now())
    client.use(await cloud.api().log_in("a@example.org", "long enough", "desktop"))
    return client


async def test_everything_goes_up_once_and_the_picture_comes_down(worker: StoreWorker) -> None:
    cloud = FakeCloud()
    client = await signed_in(cloud, worker)
    heard: list[str] = []
    client.subscribe(lambda: heard.append(client.state.state))
    await client.once()
    await client.once()
    assert [line.seq for line in cloud.lines] == [1, 2, 3, 4, 5]
    assert await worker.call(Store.outbox_size) == 0
    assert client.replica.orders["td1-1"][0].revision == ORDER.revision
    assert list(client.replica.fills.values()) == [(FILL, ORIGIN)]
    assert client.replica.positions[0].mark is None
    assert client.state.state == "up_to_date"
    assert heard == ["up_to_date"]


async def test_a_push_taken_in_part_goes_on_where_the_cloud_is(worker: StoreWorker) -> None:
    cloud = FakeCloud(takes=2)
    await (await signed_in(cloud, worker)).once()
    assert [line.seq for line in cloud.lines] == [1, 2, 3, 4, 5]


async def test_a_cloud_that_takes_nothing_is_not_asked_for_ever(worker: StoreWorker) -> None:
    client = await signed_in(FakeCloud(takes=0), worker)
    with pytest.raises(UnavailableError, match="did not take"):
        await asyncio.wait_for(client.once(), timeout=5)
    assert await worker.call(Store.outbox_size) == 5


async def test_an_answer_lost_after_the_push_costs_nothing(worker: StoreWorker) -> None:
    cloud = FakeCloud()
    client = await signed_in(cloud, worker)
    lines = await worker.call(lambda store: store.outbox(3))
    await cloud.api().push(cloud.token, "d", "desktop", lines)
    await client.once()
    assert [line.seq for line in cloud.lines] == [1, 2, 3, 4, 5]


async def test_tokens_are_renewed_before_they_end_and_kept(worker: StoreWorker) -> None:
    cloud = FakeCloud(expires_ns=100 * 10**9)
    clock = Now()
    client = await signed_in(cloud, worker, clock)
    kept: list[Tokens] = []
    client.on_tokens = kept.append
    clock.time_ns = 60 * 10**9
    await client.once()
    assert cloud.renewed == 0
    clock.time_ns = 71 * 10**9
    await client.once()
    assert (cloud.renewed, kept) == (1, [client.tokens])


async def test_another_user_starts_with_an_empty_picture(worker: StoreWorker) -> None:
    client = await signed_in(FakeCloud(), worker)
    await client.once()
    client.use(client.tokens)
    assert client.replica.orders
    client.use(Tokens("b@example.org", "x", FAR_NS, "y"))
    assert not client.replica.orders
    client.use(None)
    assert client.state.state == "signed_out"
    with pytest.raises(UnauthenticatedError, match="log in first"):
        await client.once()


async def test_the_line_may_go_and_come_and_a_dead_session_signs_out(
    worker: StoreWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PERIOD_S", "FIRST_PAUSE_S", "LONGEST_PAUSE_S"):
        monkeypatch.setattr(f"tradedeck.sync.client.{name}", 0.005)
    cloud = FakeCloud()
    client = await signed_in(cloud, worker)
    tokens = client.tokens
    client.use(None)
    states: list[tuple[str, str]] = []
    moved = asyncio.Event()

    def hear() -> None:
        states.append((client.state.state, client.state.detail))
        moved.set()

    end = client.subscribe(hear)
    running = asyncio.create_task(client.run())
    await asyncio.sleep(0.02)
    cloud.trouble = [UnavailableError("away"), RefusedError("odd"), ValueError("garbled")]
    client.use(tokens)

    async def reaches(state: str) -> None:
        async with asyncio.timeout(5):
            while client.state.state != state:
                moved.clear()
                await moved.wait()

    await reaches("up_to_date")
    assert "garbled" in states[-2][1]
    assert [state for state, _ in states] == ["connecting", "offline", "offline", "offline", "up_to_date"]
    cloud.trouble = [UnauthenticatedError("the session is over")]
    await reaches("signed_out")
    assert states[-1] == ("signed_out", "the session is over")
    end()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_session_that_ended_leaves_its_picture_to_nobody_else(
    worker: StoreWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradedeck.sync.client.PERIOD_S", 0.005)
    cloud = FakeCloud()
    client = await signed_in(cloud, worker)
    await client.once()
    cloud.trouble = [UnauthenticatedError("the session is over")]
    running = asyncio.create_task(client.run())
    while client.state.state != "signed_out":
        await asyncio.sleep(0.001)
    running.cancel()
    assert client.replica.orders
    client.use(OTHER)
    assert not client.replica.orders


@pytest.mark.parametrize("during", ["Pull", "Refresh"])
async def test_who_logs_in_during_a_call_gets_nothing_of_the_one_before(worker: StoreWorker, during: str) -> None:
    class Switching(FakeCloud):
        async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
            if method == during:
                client.use(OTHER)
            return await super().call(area, method, body, token)

    client = await signed_in(Switching(expires_ns=0 if during == "Refresh" else FAR_NS), worker)
    with contextlib.suppress(UnavailableError):
        await client.once()
    assert client.tokens == OTHER
    assert not client.replica.orders
    assert client.state.state == "connecting"


async def test_accounts_are_made_and_left() -> None:
    cloud = FakeCloud()
    tokens = await cloud.api().sign_up("a@example.org", "long enough", "r1")
    assert (tokens.email, tokens.access, tokens.refresh) == ("a@example.org", "access-0", "refresh-0")
    await cloud.api().log_out(tokens)
    assert cloud.calls == ["accounts.SignUp", "accounts.Logout"]


async def test_an_answer_without_a_session_is_no_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeCloud, "token", "")
    with pytest.raises(UnauthenticatedError, match="no session"):
        await FakeCloud().api().log_in("a@example.org", "long enough", "desktop")


async def test_a_journal_is_never_sent_as_somebody_elses(worker: StoreWorker) -> None:
    cloud = FakeCloud()
    client = await signed_in(cloud, worker)
    await client.once()
    await worker.call(lambda store: store.add_facts([b""]))
    client.use(OTHER)
    with pytest.raises(UnauthenticatedError, match=r"belongs to a@example\.org"):
        await client.once()
    assert await worker.call(Store.outbox_size) == 1
