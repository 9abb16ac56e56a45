"""The sandbox's own paths: books, accounts, clock; and bad wishes answered in one sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest


async def test_books_add_up_to_the_last_digit(api: Any) -> None:
    await api.buy("in", quantity="0.3")
    await api.admin("advance", {"events": 13})
    await api.buy("out", side="SELL", quantity="0.1")
    book = await api.get("/sandbox/v1/books")
    bought, sold = book["fill_list"]
    prices = [Decimal(bought["price"]), Decimal(sold["price"])]
    last = Decimal(book["last"])
    assert (book["orders"], book["fills"]) == (2, 2)
    assert Decimal(book["notional"]) == prices[0] * Decimal("0.3") + prices[1] * Decimal("0.1")
    assert Decimal(book["fees"]) == Decimal(book["notional"]) * Decimal("0.001")
    assert Decimal(book["realised"]) == (prices[1] - prices[0]) * Decimal("0.1")
    assert Decimal(book["unrealised"]) == (last - prices[0]) * Decimal("0.2")


async def test_state_says_where_the_market_is(api: Any) -> None:
    before = await api.get("/sandbox/v1/state")
    advanced = await api.admin("advance", {"events": 5})
    after = await api.get("/sandbox/v1/state")
    assert (before["market_events"], before["bars"], before["finished"]) == (0, 0, False)
    assert (after["market_events"], after["bars"]) == (5, 1)
    assert advanced["time_ns"] == after["time_ns"] > before["time_ns"]
    assert set(after["user_events"]) == set()


async def test_accounts_are_added_once(api: Any) -> None:
    wish = {"key": "k", "secret": "s", "balances": {"USDT": "5.5"}}
    assert await api.admin("accounts", wish) == {"key": "k"}
    status, account = await api.call("GET", "/api/v3/account", key="k", query=api.sign({}, "s"))
    assert status == 200
    assert account["balances"] == [{"asset": "USDT", "free": "5.50000000", "locked": "0.00000000"}]
    assert "exists already" in (await api.admin("accounts", wish))["error"]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("advance", {"events": "many"}, "events must be a whole number"),
        ("advance", {"events": 0}, "events must be 1 to"),
        ("accounts", {"key": "only"}, "an account needs a key and a secret"),
        ("accounts", {"key": "k", "secret": "s", "balances": {"USDT": "NaN"}}, "not a finite number"),
    ],
)
async def test_bad_wishes_are_refused_in_one_sentence(api: Any, path: str, body: Any, sentence: str) -> None:
    assert sentence in (await api.admin(path, body))["error"]


async def test_an_account_that_is_not_there_is_told(api: Any) -> None:
    assert (await api.get("/sandbox/v1/books", account="nobody"))["error"] == "there is no account nobody"
