"""Hosting sessions without a screen: start them, keep their strategies as planned, answer the socket, end in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import Step
from tradedeck.execution.commands.control import listening
from tradedeck.execution.commands.home import STORE_FILE, Keys, account_of
from tradedeck.execution.commands.plan import Plan
from tradedeck.execution.commands.state import line_of, note_line, state_of
from tradedeck.execution.commands.venues import kind_of, open_provider
from tradedeck.execution.compose import live, paper
from tradedeck.execution.session import Session
from tradedeck.execution.terms import OnStop
from tradedeck.store import Account, Store, StoreWorker

log = logging.getLogger(__name__)

READY_S = 5.0
"""How long one wait for a venue lasts before it is waited for again."""
LINE_S = 1.0
"""How often the line on a terminal is written anew."""
KILL_S = 1.0
"""How long a kill is waited for; it goes on behind that."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """One session, what it is to do, and where it trades."""

    name: str
    plan: Plan
    session: Session


class Host:
    """Several sessions in one process over one device file. Make it on a running loop."""

    def __init__(self, folder: Path, say: Callable[[str], None] = print) -> None:
        self._folder = folder
        self._say = say
        self._store = Store(folder / STORE_FILE)
        self._worker = StoreWorker(self._store)
        self._tasks: list[asyncio.Task[None]] = []
        self.hosted: dict[str, Hosted] = {}
        self.stopping = asyncio.Event()

    def add(self, plan: Plan, keys: Callable[[], Keys]) -> None:
        """Make the session of `plan`. On paper no key is needed.

        Raises:
            NotFoundError, RefusedError: there is no such account or key.
            ConflictError: it is hosted already.
        """
        account = account_of(self._store, plan.account)
        name = account.name if plan.mode == "live" else f"{account.name}:paper"
        if name in self.hosted:
            raise ConflictError(f"{name} is in two plans; one session trades an account", code="live.twice")
        key, secret = ("", "") if plan.mode == "paper" else _revealed(keys(), account)
        make = partial(live, policy=plan.policy) if plan.mode == "live" else paper
        session = make(
            open_provider(account, key, secret),
            self._worker,
            account=account.name,
            device_id=self._store.device_id(),
            symbols=plan.followed(kind_of(account.venue).symbol),
            strategies=plan.kinds,
        )
        session.subscribe(partial(self._show_notes, name))
        self.hosted[name] = Hosted(name, plan, session)

    async def run(self) -> int:
        """Trade until told to stop; 1 when a session failed.

        Raises:
            TradedeckError: a session could not be started.
        """
        async with listening(self._folder, self._handle):
            try:
                for one in self.hosted.values():
                    await one.session.start()
                    self._tasks.append(asyncio.create_task(self._settle(one), name=f"settle {one.name}"))
                self._tasks.append(asyncio.create_task(self._write_line(), name="line"))
                await self.stopping.wait()
            finally:
                await self._end()
        return int(any(one.session.failure for one in self.hosted.values()))

    async def close(self) -> None:
        """Close the device's file."""
        await self._worker.close()

    # What the sessions do

    async def _settle(self, one: Hosted) -> None:
        """Wait for the venue as long as it takes, then run what the plan says."""
        while not one.session.ready:
            try:
                await one.session.wait_ready(READY_S)
            except UnavailableError as error:
                self._say(f"{one.name}: {error.message}")
                if one.session.failure:
                    self._end_when_all_failed()
                    return
        if one.plan.strategies is not None:
            await self._match(one)
        self._say(f"ready {one.name}")

    async def _match(self, one: Hosted) -> None:
        """Stop strategies the plan does not have, start those that do not run yet."""
        wanted = list(one.plan.strategies or ())
        for strategy_id, runner in list(one.session.engine.runners.items()):
            same = next((want for want in wanted if want.is_run_by(runner.start)), None)
            if same is not None:
                wanted.remove(same)
                continue
            await one.session.stop_strategy(strategy_id)
        for want in wanted:
            try:
                await one.session.start_strategy(
                    want.name, want.symbol, want.params, timeframe_ns=want.timeframe_ns, capital=want.capital
                )
            except TradedeckError as error:
                self._say(f"{one.name}: {want.name} not started: {error.message}")

    def _end_when_all_failed(self) -> None:
        if all(one.session.failure for one in self.hosted.values()):
            self.stopping.set()

    def _show_notes(self, name: str, step: Step) -> None:
        where = f"{name}: " if len(self.hosted) > 1 else ""
        for note in step.notes:
            self._say(f"{where}{note_line(note)}")

    async def _write_line(self) -> None:
        """On a terminal, one line that is always up to date."""
        while True:
            await asyncio.sleep(LINE_S)
            self._end_when_all_failed()
            if sys.stderr.isatty():
                lines = [line_of(state_of(one.name, one.session)) for one in self.hosted.values()]
                print("\r\x1b[K" + "  ".join(lines), end="", file=sys.stderr, flush=True)

    async def _end(self) -> None:
        """End every session: cancel where the plan says so, keep what is known, close."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self.hosted.values():
            if one.plan.policy.on_stop is OnStop.CANCEL:
                await one.session.shut_down()
            else:
                # Strategies and their orders go on at the next start.
                await one.session.stop()
            self._say(_last_words(one))

    # What the socket asks

    async def _handle(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["do"]:
            case "status":
                return {"sessions": [state_of(one.name, one.session) for one in self.hosted.values()]}
            case "stop":
                self.stopping.set()
                return {"said": "stopping"}
            case "kill":
                return {"said": await self._kill(request)}
            case "resume":
                return {"said": await self._resume(request)}
            case "accept":
                return {"said": await self._accept(request)}
            case _:
                raise RefusedError("the session knows no such request; are both of one version?", code="live.request")

    async def _kill(self, request: Mapping[str, str]) -> list[str]:
        """Stop new risk in a scope and cancel its orders; every session at once, none waits for another."""
        reason = request.get("reason") or "killed from the command line"
        chosen = self._chosen(request)
        return list(await asyncio.gather(*(kill(one, scope, reason) for one, scope in chosen)))

    async def _resume(self, request: Mapping[str, str]) -> list[str]:
        said: list[str] = []
        for one, scope in self._chosen(request):
            await one.session.resume(**scope)
            said.append(f"{one.name}: takes orders again")
        return said

    async def _accept(self, request: Mapping[str, str]) -> list[str]:
        said: list[str] = []
        for one, _ in self._chosen({"account": request.get("account", "")}):
            await one.session.accept_drift()
            said.append(f"{one.name}: what the venue holds beyond our fills is somebody else's from now on")
        return said

    def _chosen(self, request: Mapping[str, str]) -> Sequence[tuple[Hosted, Mapping[str, str]]]:
        """The sessions that a request is about, each with the scope within it."""
        account, strategy, symbol = (request.get(name, "") for name in ("account", "strategy", "symbol"))
        hosted = [one for one in self.hosted.values() if account in ("", one.name)]
        if not hosted:
            raise NotFoundError(
                f"no session of {account} runs; there are {', '.join(self.hosted)}", code="live.account"
            )
        if not strategy:
            return [(one, {"symbol": symbol}) for one in hosted]
        found = [
            (one, {"source": strategy_id})
            for one in hosted
            for strategy_id, start in one.session.engine.started.items()
            if strategy_id == strategy or (start.name == strategy and strategy_id in one.session.engine.runners)
        ]
        if not found:
            known = ", ".join(name for one in hosted for name in one.session.engine.runners) or "none"
            raise NotFoundError(f"no strategy {strategy} runs; there are: {known}", code="live.strategy")
        return found


async def kill(one: Hosted, scope: Mapping[str, str], reason: str) -> str:
    """Halt a scope of one session; what came of it within KILL_S."""
    what = " ".join([one.name, *(part for part in scope.values() if part)])
    halting = asyncio.create_task(one.session.halt(reason, **scope))
    done, _ = await asyncio.wait([halting], timeout=KILL_S)
    if not done:
        return f"{what}: halted; the cancels are on their way"
    error = halting.exception()
    if error is not None:
        return f"{what}: NOT KEPT: {error}"
    return f"{what}: halted, {len(one.session.engine.open_orders)} orders still to be confirmed as canceled"


def _revealed(keys: Keys, account: Account) -> tuple[str, str]:
    key, secret = keys.get(account.name)
    return key, secret.reveal()


def _last_words(one: Hosted) -> str:
    state = state_of(one.name, one.session)
    left = len(state["orders"])
    orders = f"{left} orders stay open at the venue" if left and one.plan.mode == "live" else "no order is open"
    return f"{one.name} stopped: {orders}, {state['fills']} fills, profit {state['profit'] or 0}"


async def host(folder: Path, plans: Sequence[Plan], keys: Callable[[], Keys], say: Callable[[str], None]) -> int:
    """Run every plan until Ctrl-C, SIGTERM or `live stop`."""
    made = Host(folder, say)
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and loops beside the main thread
            asyncio.get_running_loop().add_signal_handler(number, made.stopping.set)
    try:
        for plan in plans:
            made.add(plan, keys)
        return await made.run()
    finally:
        await made.close()
