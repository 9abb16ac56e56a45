"""Users and sessions, as programs see them."""

from __future__ import annotations

from typing import Any

import aiohttp
import psycopg

from tests.cloud.driving import PASSWORD, RunningCloud, User, client


async def post(http: aiohttp.ClientSession, path: str, **given: str) -> tuple[int, dict[str, Any]]:
    async with http.post(path, json=given) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_user_logs_in_and_is_known(cloud: RunningCloud, user: User) -> None:
    status, body = await post(user.http, "/v1/login", email=user.email.upper(), password=PASSWORD)
    assert status == 200
    user.session = body["session"]
    assert (await user.get("/v1/me"))["user"]["email"] == user.email


async def test_a_repeated_sign_up_is_one_account_and_needs_the_password(cloud: RunningCloud, user: User) -> None:
    again = {"email": user.email, "request_id": f"sign-up-{user.email}"}
    status, body = await post(user.http, "/v1/signup", password=PASSWORD, **again)
    assert (status, body["user"]["user_id"]) == (200, user.user_id)
    status, body = await post(user.http, "/v1/signup", password="a guess of theirs", **again)
    assert (status, body["code"]) == (409, "accounts.email")


async def test_an_email_has_one_account(user: User) -> None:
    status, body = await post(user.http, "/v1/signup", email=user.email, password=PASSWORD, request_id="another")
    assert (status, body["kind"]) == (409, "conflict")
    assert "log in instead" in body["detail"]


async def test_a_wrong_password_and_an_unknown_user_look_the_same(user: User) -> None:
    wrong = await post(user.http, "/v1/login", email=user.email, password="not the password")
    unknown = await post(user.http, "/v1/login", email="nobody@example.com", password="not the password")
    assert wrong == unknown
    assert wrong[0] == 401
    assert wrong[1]["code"] == "accounts.password"


async def test_what_is_no_email_or_password_is_refused(cloud: RunningCloud) -> None:
    async with client(cloud) as http:
        assert (await post(http, "/v1/signup", email="nobody", password=PASSWORD))[1]["code"] == "accounts.email_form"
        short = await post(http, "/v1/signup", email="a@example.com", password="short")
    assert (short[0], short[1]["code"]) == (422, "accounts.password_length")


async def test_a_refresh_token_used_twice_ends_the_whole_log_in(user: User) -> None:
    first = user.session["refresh_token"]
    status, body = await post(user.http, "/v1/refresh", refresh_token=first)
    assert status == 200
    second = body["session"]["refresh_token"]
    status, body = await post(user.http, "/v1/refresh", refresh_token=first)
    assert (status, body["code"]) == (401, "accounts.refresh_reused")
    status, body = await post(user.http, "/v1/refresh", refresh_token=second)
    assert (status, body["code"]) == (401, "accounts.refresh")


async def test_after_logging_out_the_session_can_not_be_renewed(user: User) -> None:
    token = user.session["refresh_token"]
    async with user.http.post("/v1/logout", json={"refresh_token": token}, headers=user.headers) as answer:
        assert answer.status == 200
    assert (await post(user.http, "/v1/refresh", refresh_token=token))[0] == 401


async def test_guessing_passwords_is_slowed_down_for_one_address_only(cloud: RunningCloud, user: User) -> None:
    answers = [await post(user.http, "/v1/login", email=user.email, password=f"guess number {n}") for n in range(11)]
    assert answers[0][0] == 401
    assert answers[-1][0] == 429
    assert "try again in" in answers[-1][1]["detail"]
    async with client(cloud) as elsewhere:
        assert (await post(elsewhere, "/v1/login", email=user.email, password=PASSWORD))[0] == 200


async def test_the_password_is_kept_as_an_argon2_hash_and_tokens_as_digests(cloud: RunningCloud, user: User) -> None:
    async with await psycopg.AsyncConnection.connect(cloud.dsn) as connection:
        row = await (
            await connection.execute("SELECT password_hash FROM accounts.users WHERE user_id = %s", (user.user_id,))
        ).fetchone()
        assert row is not None
        assert row[0].startswith("$argon2id$")
        kept = await (
            await connection.execute(
                "SELECT token_hash FROM accounts.refresh_tokens WHERE user_id = %s", (user.user_id,)
            )
        ).fetchall()
    assert kept
    assert user.session["refresh_token"] not in {token for (token,) in kept}
