"""What devices push arrives once, in order, and is seen by its owner alone."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from google.protobuf.json_format import ParseDict

from tests.cloud.driving import RunningCloud, User, client, fill_line, new_user, order_line
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact, OrderFact


async def test_lines_sent_twice_are_kept_once(user: User) -> None:
    lines = [order_line(1, "a-1"), fill_line(2, "t1", client_order_id="a-1"), order_line(3, "a-2")]
    assert await user.push(lines[:2]) == (200, 2)
    assert await user.push(lines) == (200, 3)
    assert await user.push(lines) == (200, 3)
    orders = (await user.get("/v1/orders"))["orders"]
    assert sorted(order["client_order_id"] for order in orders) == ["a-1", "a-2"]
    assert len((await user.get("/v1/fills"))["fills"]) == 1


async def test_a_gap_is_refused_and_names_the_missing_line(user: User) -> None:
    await user.push([order_line(1, "a-1")])
    status, problem = await user.push([order_line(3, "a-3")])
    assert (status, problem["code"]) == (409, "orders.gap")
    assert "line 2 is missing" in problem["detail"]


async def test_lines_out_of_order_are_refused_whole(user: User) -> None:
    status, problem = await user.push([order_line(2, "a-2"), order_line(1, "a-1")])
    assert (status, problem["code"]) == (422, "orders.order")
    assert (await user.get("/v1/orders"))["orders"] == []


async def test_one_unreadable_line_leaves_nothing_of_its_push(user: User) -> None:
    good, bad = order_line(1, "a-1"), order_line(2, "a-2", size="NaN")
    assert (await user.push([good, bad]))[0] == 422
    assert (await user.get("/v1/orders"))["orders"] == []
    assert await user.push([good]) == (200, 1)


@pytest.mark.parametrize(
    "changes", [{"size": "1e99999999"}, {"side": "hold"}, {"state": "wished"}, {"source": "a\x00b"}, {"price": "x"}]
)
async def test_what_can_not_be_kept_is_refused_in_one_sentence(user: User, changes: dict[str, str]) -> None:
    status, problem = await user.push([order_line(1, "a-1", **changes)])
    assert status == 422
    assert problem["detail"]
    assert await user.push([order_line(1, "a-1")]) == (200, 1)


async def test_whatever_a_device_could_write_down_is_taken(user: User) -> None:
    huge, tiny = "1" + 60 * "0", "0." + 59 * "0" + "1"
    line = order_line(1, "a-1", size=huge, price=tiny, state="refused")
    assert await user.push([line, order_line(2, "a-2")]) == (200, 2)
    kept = (await user.get("/v1/orders", client_order_id="a-1"))["orders"]
    assert [(order["size"], order["price"]) for order in kept] == [(huge, tiny)]


async def test_what_could_hold_up_the_facts_of_others_is_refused(user: User) -> None:
    status, problem = await user.push([fill_line(1, "t1", account="a" * 70_000)])
    assert (status, problem["code"]) == (422, "orders.line_length")
    status, problem = await user.push([fill_line(1, "t1")], "d" * 65)
    assert (status, problem["code"]) == (422, "orders.device")


async def test_a_line_of_no_known_kind_is_refused(user: User) -> None:
    status, problem = await user.push([DeviceFact(seq=1, time_ns=1)])
    assert (status, problem["code"]) == (422, "orders.kind")


async def test_the_highest_revision_wins_whoever_comes_last(user: User) -> None:
    await user.push([order_line(1, "a-1", revision=3, state="filled", filled="0.5")])
    await user.push([order_line(2, "a-1", revision=2, state="partially_filled", filled="0.1")])
    (order,) = (await user.get("/v1/orders"))["orders"]
    assert (order["state"], order["filled"]) == ("filled", "0.5")


async def test_eight_pushes_of_the_same_lines_at_once_count_once(user: User) -> None:
    lines = [order_line(n, f"a-{n}") for n in range(1, 21)]
    answers = await asyncio.gather(*(user.push(lines) for _ in range(8)))
    assert answers == [(200, 20)] * 8
    assert len((await user.get("/v1/orders"))["orders"]) == 20


async def test_two_devices_count_their_lines_apart(user: User) -> None:
    assert await user.push([order_line(1, "a-1")]) == (200, 1)
    assert await user.push([order_line(1, "b-1")], device_id="phone") == (200, 1)
    assert len((await user.get("/v1/orders"))["orders"]) == 2


async def test_a_replica_pulls_everything_in_whole_steps(user: User) -> None:
    for n in range(1, 8):
        await user.push([order_line(2 * n - 1, f"a-{n}"), fill_line(2 * n, f"t{n}", client_order_id=f"a-{n}")])
    cursor, orders, fills, more = "0", set[str](), set[str](), True
    while more:
        step = await user.get("/v1/changes", cursor=cursor, limit="3")
        orders |= {order["client_order_id"] for order in step["orders"]}
        fills |= {fill["client_order_id"] for fill in step["fills"]}
        # Both lines of a push belong to one version of the book: never one without the other.
        assert orders == fills
        cursor, more = step["cursor"], step["more"]
    assert len(orders) == 7
    nothing = await user.get("/v1/changes", cursor=cursor)
    assert (nothing["cursor"], nothing["orders"], nothing["fills"], nothing["more"]) == (cursor, [], [], False)


async def test_pages_join_into_the_whole_list_newest_first(user: User) -> None:
    await user.push([order_line(n, f"a-{n:02}") for n in range(1, 26)])
    seen, token = list[str](), ""
    while True:
        page = await user.get("/v1/orders", page_size="10", page_token=token)
        seen += [order["client_order_id"] for order in page["orders"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == [f"a-{n:02}" for n in range(25, 0, -1)]


async def test_lists_are_filtered(user: User) -> None:
    await user.push(
        [
            order_line(1, "a-1", symbol="ETHUSDT", state="canceled"),
            order_line(2, "a-2", mode="paper", source="sma-1"),
            order_line(3, "a-3"),
        ]
    )

    async def ids(**query: str) -> list[str]:
        return [order["client_order_id"] for order in (await user.get("/v1/orders", **query))["orders"]]

    assert await ids(symbol="ETHUSDT") == ["a-1"]
    assert await ids(state="canceled") == ["a-1"]
    assert await ids(mode="paper") == ["a-2"]
    assert await ids(source="sma-1") == ["a-2"]
    assert await ids(client_order_id="a-3") == ["a-3"]


async def test_a_made_up_page_token_is_refused(user: User) -> None:
    async with user.http.get("/v1/orders", params={"page_token": "zzz"}, headers=user.headers) as answer:
        assert answer.status == 422
        assert "first page" in (await answer.json(content_type=None))["detail"]


async def test_nobody_sees_what_belongs_to_another(cloud: RunningCloud, user: User) -> None:
    await user.push([order_line(1, "a-1"), fill_line(2, "t1")])
    async with new_user(cloud, "eve") as eve:
        assert (await eve.get("/v1/orders"))["orders"] == []
        assert (await eve.get("/v1/orders", client_order_id="a-1"))["orders"] == []
        assert (await eve.get("/v1/fills"))["fills"] == []
        assert (await eve.get("/v1/changes"))["orders"] == []
        # The same device name and order id under another user is another book.
        assert await eve.push([order_line(1, "a-1", size="9")], device_id=user.device_id) == (200, 1)
    (mine,) = (await user.get("/v1/orders"))["orders"]
    assert mine["size"] == "0.5"


async def test_the_database_itself_hides_rows_of_others(cloud: RunningCloud, user: User) -> None:
    await user.push([order_line(1, "a-1"), fill_line(2, "t1")])
    async with await psycopg.AsyncConnection.connect(cloud.dsn) as connection:
        await connection.execute("SET ROLE tradedeck_orders")
        await connection.execute("SET search_path TO orders")
        for who, expected in (("somebody else", 0), ("", 0), (user.user_id, 1)):
            await connection.execute("SELECT set_config('app.user_id', %s, false)", (who,))
            for count in ("SELECT count(*) FROM orders", "SELECT count(*) FROM fills", "SELECT count(*) FROM devices"):
                row = await (await connection.execute(count)).fetchone()
                assert row == (expected,), (who, count)
        changed = await connection.execute("UPDATE orders SET size = 1 WHERE user_id <> %s", (user.user_id,))
        assert changed.rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("SELECT 1 FROM accounts.users")


async def test_every_table_with_a_user_has_forced_row_security(cloud: RunningCloud) -> None:
    """Accounts finds out who somebody is: its tables can't be guarded by who that is."""
    async with await psycopg.AsyncConnection.connect(cloud.dsn) as connection:
        rows = await (
            await connection.execute(
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND c.relkind = 'r'"
                " WHERE n.nspname IN ('orders', 'portfolio')"
                " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
            )
        ).fetchall()
    assert rows == []


async def test_without_a_session_nothing_is_told(cloud: RunningCloud) -> None:
    async with client(cloud) as http:
        for path in ("/v1/orders", "/v1/fills", "/v1/portfolio", "/v1/equity", "/v1/me", "/v1/changes"):
            async with http.get(path) as answer:
                assert answer.status == 401, path
                assert answer.content_type == "application/problem+json"
            async with http.get(path, headers={"authorization": "Bearer forged.token.here"}) as answer:
                assert answer.status == 401, path


async def test_a_fact_says_the_same_when_it_comes_back(user: User) -> None:
    line = order_line(1, "a-1", stop_price="59999.5", type="stop_limit", post_only=True, reason="because")
    await user.push([line])
    (told,) = (await user.get("/v1/orders"))["orders"]
    assert ParseDict(told, OrderFact()) == line.order
