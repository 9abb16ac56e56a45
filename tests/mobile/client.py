"""Flet's client without a screen: the app's real session, components, router and events, in this process.

Messages are packed as on the wire, because packing is what remembers the state that later changes are
compared with. Uses the inside of Flet 1.0.5, whose version is pinned.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, cast

import flet as ft

# Flet's inside has no types.
msgpack: Any = import_module("msgpack")
_context: Any = import_module("flet.controls.context")
_protocol: Any = import_module("flet.messaging.protocol")
_session: Any = import_module("flet.messaging.session")
_hub: Any = import_module("flet.pubsub.pubsub_hub")
_connection: Any = import_module("flet.messaging.connection")

WAIT_S = 8.0


class Client(_connection.Connection):
    """A phone of 412 x 915 points; `crashes` has every crash of the session."""

    def __init__(self) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self.loop = asyncio.get_running_loop()
        self.executor = ThreadPoolExecutor(2)
        self.pubsubhub = _hub.PubSubHub(loop=self.loop, executor=self.executor)
        self.page_url = "http://test"
        self.crashes: list[Any] = []
        self.session: Any = None
        self.page: Any = None
        self._answers: set[asyncio.Task[None]] = set()

    async def start(self, main: Callable[[Any], Awaitable[None]]) -> None:
        self.session = _session.Session(self)
        self.page = self.session.page
        _context._context_page.set(self.page)
        self.session.apply_page_patch({"route": "/", "width": 412, "height": 915, "web": False})
        self._pack(self.session.get_page_patch())
        await main(self.page)
        await self.session.after_event(self.page)

    def close(self) -> None:
        self.executor.shutdown()

    # The wire

    def send_message(self, message: Any) -> None:
        self._pack([message.action, message.body])
        if message.action == _protocol.MessageAction.INVOKE_METHOD:
            task = asyncio.ensure_future(self._answer(message.body))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        elif message.action == _protocol.MessageAction.SESSION_CRASHED:
            self.crashes.append(message.body)

    async def _answer(self, call: Any) -> None:
        if call.name == "push_route":
            route = call.args["route"]
            self.page.route = route
            await self.session.dispatch_event(self.page._i, "route_change", {"route": route})
        self.session.handle_invoke_method_results(call.control_id, call.call_id, None, None)

    @staticmethod
    def _pack(message: Any) -> None:
        msgpack.packb(message, default=_protocol.configure_encode_object_for_msgpack(ft.BaseControl))

    # Looking

    def controls(self, kind: type[Any] = ft.BaseControl) -> list[Any]:
        return [control for control in self._walk(self.page, set()) if isinstance(control, kind)]

    def texts(self) -> list[str]:
        return [str(control.value) for control in self.controls(ft.Text)]

    def find(self, identifier: str) -> Any:
        """The control that a stable name stands for."""
        (named,) = [c for c in self.controls(ft.Semantics) if c.identifier == identifier]
        return named.content

    def has(self, identifier: str) -> bool:
        return any(c.identifier == identifier for c in self.controls(ft.Semantics))

    def text(self, identifier: str) -> str:
        return str(self.find(identifier).value)

    def field(self, label: str) -> Any:
        (found,) = [control for control in self.controls(ft.TextField) if control.label == label]
        return found

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until the screen shows it."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not happened():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"never came; on screen: {self.texts()}") from None

    # Touching

    async def tap(self, identifier: str) -> None:
        await self.until(lambda: self.has(identifier))
        await self.session.dispatch_event(self.find(identifier)._i, "click", None)

    async def type(self, label: str, words: str) -> None:
        await self.until(lambda: any(c.label == label for c in self.controls(ft.TextField)))
        control = self.field(label)
        self.session.apply_patch(control._i, {"value": words})
        await self.session.dispatch_event(control._i, "change", words)
        await self.until(lambda: self.field(label).value == words)

    def _walk(self, node: Any, seen: set[int]) -> Iterator[Any]:
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, ft.BaseControl):
            if getattr(node, "visible", True) is False:
                return
            yield node
        if isinstance(node, list | tuple):
            for item in cast("list[Any]", node):
                yield from self._walk(item, seen)
        elif dataclasses.is_dataclass(node):
            for each in dataclasses.fields(node):
                if each.metadata.get("skip") or each.name in ("_parent", "ref"):
                    continue
                with contextlib.suppress(AttributeError):
                    value = getattr(node, each.name)
                    if isinstance(value, list | tuple | ft.BaseControl) or dataclasses.is_dataclass(value):
                        yield from self._walk(value, seen)
