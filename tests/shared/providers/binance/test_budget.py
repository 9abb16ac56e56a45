"""The venue's limits are kept here, before it has to say so."""

from itertools import count

import pytest

from tradedeck.kit.clock import SystemClock
from tradedeck.providers.binance import budget as budgets
from tradedeck.providers.binance.budget import MAX_BUDGETS, RateBudget
from tradedeck.providers.binance.outcomes import Outcome, VenueError

_numbers = count()


@pytest.fixture
def base() -> str:
    """An address that nobody else counts for."""
    return f"http://venue-{next(_numbers)}"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A clock at the first second of a minute; move it by changing the only number."""
    now_ns = [6_000 * 10**9]

    def read(_: SystemClock) -> int:
        return now_ns[0]

    monkeypatch.setattr(SystemClock, "now_ns", read)
    return now_ns


async def refused(budget: RateBudget, weight: int, *, urgent: bool, orders: int = 0) -> VenueError:
    with pytest.raises(VenueError) as caught:
        await budget.take(weight, urgent=urgent, orders=orders)
    assert caught.value.outcome is Outcome.TOO_MANY
    return caught.value


async def test_connections_of_one_address_share_its_weight_and_those_of_one_key_its_orders(
    base: str, clock: list[int]
) -> None:
    limits = {"weight 60s": 100, "orders 10s": 2}
    first, same, other = (RateBudget(base, key, limits) for key in ("a", "a", "b"))
    await first.take(40, urgent=True, orders=1)
    await other.take(40, urgent=True, orders=1)
    assert [(one.name, one.used, one.limit) for one in same.budgets()] == [
        ("weight 60s", 80, 100),
        ("orders 10s", 1, 2),
    ]
    assert [one.used for one in other.budgets()] == [80, 1]


async def test_questions_leave_room_for_orders(base: str, clock: list[int]) -> None:
    budget = RateBudget(base, "k", {"weight 60s": 100})
    await budget.take(80, urgent=False)
    assert (await refused(budget, 1, urgent=False)).retry_after_s == 60
    await budget.take(20, urgent=True)
    assert "nothing was sent" in (await refused(budget, 1, urgent=True)).reason


async def test_orders_have_a_limit_of_their_own_and_a_new_window_is_empty(base: str, clock: list[int]) -> None:
    budget = RateBudget(base, "k", {"orders 10s": 1})
    await budget.take(1, urgent=True, orders=1)
    await refused(budget, 1, urgent=True, orders=1)
    await budget.take(1, urgent=True)
    clock[0] += 10 * 10**9
    await budget.take(1, urgent=True, orders=1)


async def test_the_venues_own_count_is_believed(base: str, clock: list[int]) -> None:
    budget = RateBudget(base, "k", {})
    budget.learn([
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 100},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 10},
    ])  # fmt: skip
    budget.hear(200, {"X-MBX-USED-WEIGHT-1M": "90", "X-MBX-ORDER-COUNT-10S": "7", "X-MBX-ORDER-COUNT-1D": "3"})
    budget.hear(200, {"x-mbx-used-weight-1m": "50", "X-MBX-ORDER-COUNT-10S": "4"})
    told = {one.name: (one.used, one.limit, one.window_s) for one in budget.budgets()}
    assert told["weight 60s"] == (90, 100, 60), "an answer that came late is older"
    assert told["orders 10s"] == (4, 10, 10), "orders that traded are given back"
    assert told["orders 86400s"] == (3, 0, 86_400)
    await refused(budget, 1, urgent=False)


@pytest.mark.parametrize(("status", "headers", "seconds"), [(429, {"Retry-After": "7"}, 7), (418, {}, 60)])
async def test_a_ban_binds_everybody_until_it_ends(
    base: str, clock: list[int], status: int, headers: dict[str, str], seconds: int
) -> None:
    one, other = RateBudget(base, "a", {}), RateBudget(base, "b", {})
    assert one.hear(status, headers) == seconds
    assert (await refused(other, 1, urgent=True)).retry_after_s == seconds
    assert other.budgets() == []
    clock[0] += seconds * 10**9
    await other.take(1, urgent=True)


async def test_a_short_wait_is_waited(base: str, monkeypatch: pytest.MonkeyPatch, clock: list[int]) -> None:
    budget = RateBudget(base, "k", {"weight 60s": 10})
    clock[0] += 57 * 10**9
    await budget.take(8, urgent=False)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += round(seconds * 10**9)

    monkeypatch.setattr(budgets.asyncio, "sleep", sleep)
    await budget.take(8, urgent=False)
    assert waits == [3]


async def test_limits_are_learned_from_the_venue(base: str, clock: list[int]) -> None:
    budget = RateBudget(base, "k", {"weight 60s": 10, "orders 86400s": 5})
    budget.learn([])
    assert [one.limit for one in budget.budgets()] == [10, 5], "a venue that tells nothing changes nothing"
    budget.learn(
        [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
        ]
    )
    told = [("weight 60s", 6000), ("orders 10s", 50), ("orders 86400s", 0)]
    assert [(one.name, one.limit) for one in budget.budgets()] == told, "what is not told does not bind"


async def test_a_guess_never_keeps_from_asking_for_the_limit(base: str, clock: list[int]) -> None:
    # Another program at this address has used more than the guess allows, and less than the venue does.
    budget = RateBudget(base, "k", {"weight 60s": 100})
    budget.hear(200, {"X-MBX-USED-WEIGHT-1M": "500"})
    await budget.take(20, urgent=False)
    budget.learn([{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 400}])
    budget.hear(200, {"X-MBX-USED-WEIGHT-1M": "520"})
    await refused(budget, 1, urgent=True)


async def test_counts_of_many_addresses_do_not_pile_up(base: str) -> None:
    for number in range(MAX_BUDGETS):
        RateBudget(f"{base}-{number}", "", {})
    assert len(budgets._counts) == MAX_BUDGETS  # pyright: ignore[reportPrivateUsage]
