"""The console without a browser: who gets in, what pages say, what files hold."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.cloud.driving import PASSWORD, RunningCloud, User, client, fill_line, mark_line, order_line
from tests.cloud.test_portfolio import portfolio_with


@asynccontextmanager
async def browser(cloud: RunningCloud) -> AsyncGenerator[aiohttp.ClientSession]:
    """A client that keeps cookies and follows nothing by itself."""
    async with client(cloud) as http:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(
            cloud.url, connector=http.connector, connector_owner=False, cookie_jar=jar
        ) as b:
            yield b


async def text_of(http: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with http.get(path, allow_redirects=False) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def form_token(http: aiohttp.ClientSession, path: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', await text_of(http, path))
    assert found is not None
    return found.group(1)


async def log_in(http: aiohttp.ClientSession, user: User, after: str = "", password: str = PASSWORD) -> tuple[int, str]:
    given = {"email": user.email, "password": password, "next": after, "form_token": await form_token(http, "/login")}
    async with http.post("/login", data=given, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", "") or await answer.text()


async def test_log_in_leads_to_the_page_that_was_wanted(cloud: RunningCloud, user: User) -> None:
    async with browser(cloud) as http:
        async with http.get("/orders?state=filled", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["location"]) == (303, "/login?next=/orders%3Fstate%3Dfilled")
        assert await log_in(http, user, "/orders?state=filled") == (303, "/orders?state=filled")
        assert user.email in await text_of(http, "/orders?state=filled")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
async def test_log_in_never_leads_to_another_site(cloud: RunningCloud, user: User, elsewhere: str) -> None:
    async with browser(cloud) as http:
        assert await log_in(http, user, elsewhere) == (303, "/overview")


async def test_a_wrong_password_says_what_to_do(cloud: RunningCloud, user: User) -> None:
    async with browser(cloud) as http:
        status, page = await log_in(http, user, password="not this one")
        assert status == 401
        assert "check both" in page
        assert "not this one" not in page


async def test_sign_up_logs_in_and_log_out_ends_the_session(cloud: RunningCloud, user: User) -> None:
    async with browser(cloud) as http:
        given = {"email": f"new-{user.email}", "password": PASSWORD, "form_token": await form_token(http, "/signup")}
        async with http.post("/signup", data=given, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["location"]) == (303, "/overview")
        assert "No live trades yet" in await text_of(http, "/overview")
        kept = {cookie.key: cookie.value for cookie in http.cookie_jar}
        leaving = {"form_token": await form_token(http, "/overview")}
        async with http.post("/logout", data=leaving, allow_redirects=False) as answer:
            assert answer.status == 303
        await text_of(http, "/overview", 303)
        async with http.post("/v1/refresh", json={"refresh_token": kept["td_refresh"]}) as answer:
            assert answer.status == 401


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cloud: RunningCloud, user: User) -> None:
    async with browser(cloud) as http:
        await log_in(http, user)
        cookies = list(http.cookie_jar)
        assert {cookie.key for cookie in cookies} == {"td_access", "td_refresh", "td_form"}
        for cookie in cookies:
            assert cookie["httponly"] is True
            assert cookie["samesite"] == "strict"
        async with http.get("/overview") as answer:
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
            assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\bstyle=", await answer.text())


async def test_forms_of_other_sites_are_refused(cloud: RunningCloud, user: User) -> None:
    async with browser(cloud) as http:
        token = await form_token(http, "/login")
        given = {"email": user.email, "password": PASSWORD}
        for fields, headers in (
            (given, {}),
            ({**given, "form_token": "guessed"}, {}),
            ({**given, "form_token": token}, {"origin": "https://evil.example"}),
        ):
            async with http.post("/login", data=fields, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 422
                assert "load the page again" in await answer.text()
        async with http.post("/login", data={**given, "form_token": "x" * 9000}, allow_redirects=False) as answer:
            assert answer.status == 422


async def test_a_page_of_another_site_gets_no_hints(cloud: RunningCloud, user: User) -> None:
    async with browser(cloud) as http:
        await log_in(http, user)
        async with http.ws_connect("/ws/live", headers={"origin": "https://evil.example"}) as socket:
            await socket.receive()
            assert socket.close_code == 4401
        async with http.ws_connect("/ws/live", headers={"origin": cloud.url}) as socket:
            await user.push([order_line(1, "a-1")])
            assert await socket.receive_str(timeout=10) in ("orders", "portfolio")


async def test_a_session_that_ran_out_is_renewed_once_for_all_requests(cloud: RunningCloud, user: User) -> None:

    async with browser(cloud) as http:
        await log_in(http, user)
        http.cookie_jar.clear(lambda cookie: cookie.key == "td_access")
        pages = await asyncio.gather(*(text_of(http, "/orders") for _ in range(5)))
        assert all(user.email in page for page in pages)
        assert "td_access" in {cookie.key for cookie in http.cookie_jar}
        assert user.email in await text_of(http, "/fills")


async def test_part_of_a_page_without_a_session_sends_the_whole_page_away(cloud: RunningCloud) -> None:
    async with browser(cloud) as http, http.get("/orders", headers={"hx-request": "true"}) as answer:
        assert (answer.status, answer.headers["hx-redirect"]) == (401, "/login")


async def test_figures_are_exact_and_the_files_hold_every_row(cloud: RunningCloud, user: User) -> None:
    fills = [fill_line(n, f"{n}", price="60000.5", size="0.00123", fee="0.07380061") for n in range(1, 621)]
    await user.push(fills)
    await user.push([mark_line(621, "60001.25")])
    await portfolio_with(user, 620)
    async with browser(cloud) as http:
        await log_in(http, user)
        page = await text_of(http, "/overview")
        assert 'title="45.7563782"' in page  # 620 * 0.07380061
        assert "60,000.50" in page
        rows = list(csv.DictReader(io.StringIO(await text_of(http, "/fills.csv"))))
        assert len(rows) == 620
        assert {(row["price"], row["size"], row["fee"]) for row in rows} == {("60000.5", "0.00123", "0.07380061")}
        listed = await text_of(http, "/fills")
        assert listed.count("<tr tabindex") == 100
        older = re.search(r'id="older" href="([^"]+)"', listed)
        assert older is not None
        assert "Newest" in await text_of(http, older.group(1).replace("&amp;", "&"))


async def test_lists_are_filtered_and_sorted_by_the_address(cloud: RunningCloud, user: User) -> None:
    await user.push(
        [
            order_line(1, "a-1", price="3", symbol="ETHUSDT"),
            order_line(2, "a-2", price="10", symbol="ETHUSDT", state="canceled"),
            order_line(3, "a-3", price="", type="market"),
        ]
    )

    async def ids(query: str) -> list[str]:
        return re.findall(r'data-key="([^"]+)"', await text_of(http, f"/orders{query}"))

    async with browser(cloud) as http:
        await log_in(http, user)
        assert await ids("") == ["a-3", "a-2", "a-1"]
        assert await ids("?symbol=ethusdt&state=canceled") == ["a-2"]
        assert await ids("?sort=price") == ["a-1", "a-2", "a-3"]
        assert await ids("?sort=price&dir=down") == ["a-2", "a-1", "a-3"]
        assert await ids("?mode=paper") == []
        assert "No orders match" in await text_of(http, "/orders?mode=paper")
        assert "there is no mode" in (await text_of(http, "/orders?mode=dream", 422)).lower()


async def test_one_order_is_shown_with_its_fills_and_nobody_elses(cloud: RunningCloud, user: User) -> None:
    await user.push([order_line(1, "a-1"), fill_line(2, "t-77", client_order_id="a-1", price="60000.25")])
    async with browser(cloud) as http:
        await log_in(http, user)
        part = await text_of(http, "/orders/a-1")
        assert "60000.25" in part
        assert "<html" not in part
        await text_of(http, "/orders/b-1", 404)


async def test_what_a_device_writes_can_not_become_markup_or_a_formula(cloud: RunningCloud, user: User) -> None:
    nasty = "<script>alert(1)</script>"
    await user.push([order_line(1, "=cmd|' /C calc'!A0", reason=nasty, source=nasty, state="rejected")])
    async with browser(cloud) as http:
        await log_in(http, user)
        page = await text_of(http, "/orders")
        assert nasty not in page
        assert "&lt;script&gt;" in page
        (row,) = csv.DictReader(io.StringIO(await text_of(http, "/orders.csv")))
        assert row["client_order_id"].startswith("'=")
        assert row["size"] == "0.5"


async def test_assets_come_from_here(cloud: RunningCloud) -> None:
    async with client(cloud) as http:
        for path in (
            "tokens.css", "console.css", "console.js", "equity.js", "theme.js", "mark.svg", "vendor/htmx.min.js",
            "vendor/lightweight-charts.js", "fonts/Inter-Regular.otf",
        ):  # fmt: skip
            async with http.get(f"/static/{path}") as answer:
                assert answer.status == 200, path
                assert len(await answer.read()) > 100
        assert "--up" in await text_of(http, "/static/tokens.css")
