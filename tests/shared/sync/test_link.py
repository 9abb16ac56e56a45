"""Both doors carry bytes there and back, and the cloud's no as an error of ours."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tradedeck.domain.errors import ConflictError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.sync import GrpcLink, HttpLink, Link, open_link


async def http_answer(request: web.Request) -> web.Response:
    body = await request.read()
    match body:
        case b"conflict":
            return web.json_response({"kind": "conflict", "code": "seq.gap", "detail": "lines are missing"}, status=409)
        case b"odd":
            return web.json_response({"kind": "weather", "detail": "rain"}, status=500)
        case b"broken":
            return web.Response(text="<html>", status=502)
        case _:
            said = f"{request.path} {request.headers.get('authorization', '-')} ".encode()
            return web.Response(body=said + body)


class Doors(grpc.GenericRpcHandler):
    """Answers every method as the HTTP side does."""

    def service(self, handler_call_details: Any) -> Any:
        async def answer(body: bytes, context: Any) -> bytes:
            if body == b"conflict":
                context.set_trailing_metadata((("x-code", "seq.gap"),))
                await context.abort(grpc.StatusCode.ABORTED, "lines are missing")
            if body == b"odd":
                await context.abort(grpc.StatusCode.INTERNAL, "rain")
            if body == b"nobody":
                await context.abort(grpc.StatusCode.UNAUTHENTICATED, "")
            said = dict(context.invocation_metadata()).get("authorization", "-")
            return f"{handler_call_details.method} {said} ".encode() + body

        make: Any = grpc.unary_unary_rpc_method_handler
        return make(answer)


@pytest.fixture
async def http_door() -> AsyncIterator[Link]:
    app = web.Application()
    app.router.add_post("/rpc/{area}/{method}", http_answer)
    async with TestServer(app) as server:
        link = open_link(str(server.make_url("/")))
        yield link
        await link.close()


@pytest.fixture
async def grpc_door() -> AsyncIterator[Link]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Doors()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    link = open_link(f"127.0.0.1:{port}")
    yield link
    await link.close()
    await server.stop(0)


async def test_the_http_door_carries_body_and_token(http_door: Link) -> None:
    assert isinstance(http_door, HttpLink)
    assert await http_door.call("orders", "Pull", b"x") == b"/rpc/orders/Pull - x"
    assert await http_door.call("orders", "Pull", b"x", "t") == b"/rpc/orders/Pull Bearer t x"


async def test_the_grpc_door_carries_body_and_token(grpc_door: Link) -> None:
    assert isinstance(grpc_door, GrpcLink)
    path = b"/tradedeck.wire.orders.v1.OrdersService/Pull"
    assert await grpc_door.call("orders", "Pull", b"x") == path + b" - x"
    assert await grpc_door.call("orders", "Pull", b"x", "t") == path + b" Bearer t x"


async def test_a_no_keeps_its_kind_its_code_and_its_sentence(http_door: Link, grpc_door: Link) -> None:
    for link in (http_door, grpc_door):
        with pytest.raises(ConflictError, match="lines are missing") as refused:
            await link.call("orders", "PushFacts", b"conflict")
        assert refused.value.code == "seq.gap"
        with pytest.raises(UnavailableError):
            await link.call("orders", "PushFacts", b"odd")


async def test_an_answer_that_is_no_problem_means_unavailable(http_door: Link) -> None:
    with pytest.raises(UnavailableError, match="everything is kept here"):
        await http_door.call("orders", "Pull", b"broken")


async def test_a_no_without_words_still_has_a_sentence(grpc_door: Link) -> None:
    with pytest.raises(UnauthenticatedError, match="the cloud said no"):
        await grpc_door.call("orders", "Pull", b"nobody")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "127.0.0.1:1"])
async def test_nobody_there_means_unavailable_and_not_refused(address: str) -> None:
    link = open_link(address)
    with pytest.raises(UnavailableError, match="can't be reached") as away:
        await link.call("orders", "Pull", b"x")
    assert not isinstance(away.value, RefusedError)
    await link.close()
    await open_link("http://127.0.0.1:1").close()
