"""gRPC, REST, raw protobuf and websocket lead to the same services under the same rules."""

from __future__ import annotations

import asyncio
import io
from typing import Any, cast

import aiohttp
import grpc
import grpc.aio
import pytest

from tests.cloud.driving import PASSWORD, RunningCloud, User, client, new_user, order_line
from tradedeck.domain.errors import NotFoundError, RateLimitedError, UnauthenticatedError
from tradedeck.sync.link import GrpcLink
from tradedeck.wire.accounts.v1.accounts_service_pb2 import LoginRequest, LoginResponse, MeResponse
from tradedeck.wire.live.v1.live_service_pb2 import WatchResponse
from tradedeck.wire.orders.v1.orders_service_pb2 import (
    ListOrdersRequest,
    ListOrdersResponse,
    PushFactsRequest,
    PushFactsResponse,
)


async def test_grpc_reaches_the_same_book_as_rest(cloud: RunningCloud, user: User) -> None:
    link = GrpcLink(cloud.grpc)
    request = LoginRequest(email=user.email, password=PASSWORD, device_name="desktop").SerializeToString()
    token = LoginResponse.FromString(await link.call("accounts", "Login", request)).session.access_token
    assert MeResponse.FromString(await link.call("accounts", "Me", b"", token)).user.user_id == user.user_id
    push = PushFactsRequest(device_id="d", device_kind="desktop", facts=[order_line(1, "a-1")]).SerializeToString()
    answer = await link.call("orders", "PushFacts", push, token)
    assert PushFactsResponse.FromString(answer).last_seq == 1
    listed = await link.call("orders", "ListOrders", ListOrdersRequest().SerializeToString(), token)
    (order,) = ListOrdersResponse.FromString(listed).orders
    assert order.client_order_id == (await user.get("/v1/orders"))["orders"][0]["client_order_id"]
    await link.close()


async def test_grpc_without_a_session_is_unauthenticated(cloud: RunningCloud) -> None:
    link = GrpcLink(cloud.grpc)
    with pytest.raises(UnauthenticatedError, match="log in"):
        await link.call("orders", "ListOrders", b"")
    with pytest.raises(UnauthenticatedError, match="log in"):
        await link.call("orders", "ListOrders", b"", "forged")
    await link.close()


async def test_a_method_that_is_none_is_not_found(cloud: RunningCloud, user: User) -> None:
    link = GrpcLink(cloud.grpc)
    with pytest.raises(NotFoundError):
        await link.call("orders", "DropEverything", b"", user.session["access_token"])
    await link.close()
    async with user.http.post("/rpc/orders/DropEverything", data=b"", headers=user.headers) as answer:
        assert answer.status == 404


async def test_bytes_that_are_no_message_are_refused(user: User) -> None:
    async with user.http.post("/rpc/orders/PushFacts", data=b"\xff\xff\xff", headers=user.headers) as answer:
        assert answer.status == 422
        assert (await answer.json(content_type=None))["code"] == "call.request"


async def test_a_body_that_is_too_large_is_not_read(cloud: RunningCloud, user: User) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", cloud.ready["http"])
    writer.write(
        b"POST /rpc/orders/PushFacts HTTP/1.1\r\nhost: x\r\ncontent-length: 5242880\r\n"
        b"authorization: " + user.headers["authorization"].encode() + b"\r\n\r\n"
    )
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()


async def test_a_body_that_the_door_lets_in_reaches_its_service(user: User) -> None:
    async with user.http.post("/rpc/orders/PushFacts", data=io.BytesIO(bytes(3 << 20)), headers=user.headers) as answer:
        assert answer.status == 422
        assert (await answer.json(content_type=None))["code"] == "call.request"


async def test_a_problem_tells_programs_and_people(user: User) -> None:
    async with user.http.get("/v1/orders", params={"colour": "red"}, headers=user.headers) as answer:
        assert answer.status == 422
        assert answer.content_type == "application/problem+json"
        problem = await answer.json(content_type=None)
    assert problem["type"] == "urn:tradedeck:gateway.request"
    assert (problem["status"], problem["retryable"], problem["kind"]) == (422, False, "refused")
    assert "colour" in problem["detail"]


async def test_a_push_is_heard_by_grpc_and_websocket(cloud: RunningCloud, user: User) -> None:
    channel = grpc.aio.insecure_channel(cloud.grpc)
    watch = cast(Any, channel).unary_stream("/tradedeck.wire.live.v1.LiveService/Watch")
    metadata = (("authorization", user.headers["authorization"]),)
    stream = watch(b"", metadata=metadata, timeout=20)
    async with user.http.ws_connect("/v1/live", headers=user.headers) as socket:
        await stream.initial_metadata()
        await user.push([order_line(1, "a-1")])
        assert await socket.receive_str(timeout=10) == "orders"
        assert WatchResponse.FromString(await stream.read()).changed == "orders"
    stream.cancel()
    await channel.close()


async def test_hints_of_others_are_not_heard(cloud: RunningCloud, user: User) -> None:
    async with user.http.ws_connect("/v1/live", headers=user.headers) as socket:
        async with new_user(cloud, "eve") as eve:
            await eve.push([order_line(1, "e-1")])
        await user.push([order_line(1, "a-1")])
        assert await socket.receive_str(timeout=10) == "orders"
        with pytest.raises(asyncio.TimeoutError):
            await socket.receive_str(timeout=0.3)


async def test_watching_without_a_session_is_refused(cloud: RunningCloud) -> None:
    async with client(cloud) as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect("/v1/live")
    channel = grpc.aio.insecure_channel(cloud.grpc)
    stream = cast(Any, channel).unary_stream("/tradedeck.wire.live.v1.LiveService/Watch")(b"", timeout=10)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    await channel.close()


async def test_one_user_too_many_calls_does_not_slow_another(cloud: RunningCloud, user: User) -> None:
    async with new_user(cloud, "hasty") as hasty:

        async def ask() -> tuple[int, str]:
            async with hasty.http.get("/v1/me", headers=hasty.headers) as answer:
                return answer.status, answer.headers.get("retry-after", "")

        answers = await asyncio.gather(*(ask() for _ in range(400)))
        assert {status for status, _ in answers} == {200, 429}
        assert all(int(after) >= 1 for status, after in answers if status == 429)
        link = GrpcLink(cloud.grpc)
        token = hasty.session["access_token"]
        calls = (link.call("accounts", "Me", b"", token) for _ in range(400))
        refusals = [a for a in await asyncio.gather(*calls, return_exceptions=True) if isinstance(a, Exception)]
        assert {type(refusal) for refusal in refusals} == {RateLimitedError}
        await link.close()
        assert (await user.get("/v1/me"))["user"]["user_id"] == user.user_id


async def test_health_readiness_metrics_and_description(cloud: RunningCloud, user: User) -> None:
    await user.push([order_line(1, "a-1")])
    async with user.http.get("/healthz") as answer:
        assert await answer.json() == {"status": "alive"}
    async with user.http.get("/readyz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"database": True, "bus": True, "cache": True}
    async with user.http.get("/metrics") as answer:
        text = await answer.text()
    assert 'tradedeck_calls_total{method="PushFacts",outcome="ok",service="orders"}' in text
    assert user.email not in text
    async with user.http.get("/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    assert {"/v1/login", "/v1/orders", "/v1/portfolio", "/v1/facts"} <= set(paths)
    assert not any(path.startswith(("/login", "/overview")) for path in paths)


async def test_no_secret_is_logged(cloud: RunningCloud, user: User) -> None:
    log = (cloud.data.parent / f"{cloud.data.name}.log").read_text()
    for secret in (PASSWORD, user.session["access_token"], user.session["refresh_token"], cloud.dsn.split(":")[2][:20]):
        assert secret not in log
