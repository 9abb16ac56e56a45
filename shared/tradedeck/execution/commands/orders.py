"""`tradedeck orders`: the orders of this device, and the life of one of them in words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.domain.money import text
from tradedeck.engine import Engine, LimitGate, replay
from tradedeck.execution.commands.home import add_data_argument, opened, print_json
from tradedeck.execution.commands.plan import kind_named
from tradedeck.execution.commands.story import Story, asked, ending, tell, when
from tradedeck.execution.compose import live_prefix, paper_prefix
from tradedeck.execution.journal import load_instruments
from tradedeck.store import Store
from tradedeck.strategies import BUNDLED


def command(commands: Any) -> None:
    """Add `orders` to the command line."""
    parser = commands.add_parser("orders", help="the orders of this device, from its journal")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    explain = actions.add_parser("explain", help="an order's life in words")
    explain.add_argument("id", help="our id of it, such as td1a2b3c-17")
    explain.set_defaults(run=_explain)
    listed = actions.add_parser("list", help="the newest orders")
    listed.add_argument("--last", type=int, default=20, help="how many (20)")
    listed.set_defaults(run=_list)
    for one in (explain, listed):
        add_data_argument(one)
        one.add_argument("--session", default="", help="as the journal names it, such as live:binance:main")
        one.add_argument("--json", action="store_true", help="one JSON value on standard output")
        one.add_argument(
            "--strategy", action="append", default=[], metavar="FILE.py:CLASS",
            help="a strategy of your own that ran; the journal is replayed with it",
        )  # fmt: skip


def _explain(arguments: argparse.Namespace) -> int:
    with opened(arguments.data) as store:
        session, story = _find(store, arguments)
    order = story.order
    assert order is not None
    if arguments.json:
        fills = [{key: str(value) for key, value in asdict(fill).items()} for fill in story.fills]
        print_json({
            "id": order.client_order_id, "session": session, "state": order.state, "reason": order.reason,
            "life": story.lines, "fills": fills, "ending": ending(order, story.fills),
        })  # fmt: skip
        return 0
    print(f"{order.client_order_id} in {session}")
    print("\n".join(f"  {line}" for line in story.lines))
    print(f"  {ending(order, story.fills)}")
    return 0


def _find(store: Store, arguments: argparse.Namespace) -> tuple[str, Story]:
    """The one session that knows the order, and its story.

    Raises:
        NotFoundError: none does.
        RefusedError: several do, for each account counts its orders by itself.
    """
    told = {session: tell(engine, store.steps(session), arguments.id) for session, engine in _engines(store, arguments)}
    known = {session: story for session, story in told.items() if story.order is not None}
    if not known:
        raise NotFoundError(
            f"no journal here knows the order {arguments.id}; if a strategy of your own sent it, name its file with"
            " --strategy",
            code="orders.unknown",
        )
    if len(known) > 1:
        raise RefusedError(
            f"several sessions have an order {arguments.id}; choose with --session: {', '.join(known)}",
            code="orders.which",
        )
    return next(iter(known.items()))


def _list(arguments: argparse.Namespace) -> int:
    rows: list[dict[str, Any]] = []
    with opened(arguments.data) as store:
        for session, engine in _engines(store, arguments):
            replay(engine, ((step.before, step.event) for step in store.steps(session)))
            rows += [
                {
                    "id": order.client_order_id, "session": session, "time": when(order.created_ns),
                    "order": asked(order), "state": order.state.value, "filled": text(order.filled),
                    "source": order.source, "time_ns": order.created_ns,
                }
                for order in engine.orders.values()
            ]  # fmt: skip
    newest = sorted(rows, key=lambda row: row["time_ns"])[-max(arguments.last, 1) :]
    if arguments.json:
        print_json(newest)
        return 0
    for row in newest:
        print(
            f"{row['time']}  {row['id']:<14}{row['state']:<18}{row['order']}, {row['filled']} filled, {row['source']}"
        )
    if not newest:
        print("no orders yet")
    return 0


def _engines(store: Store, arguments: argparse.Namespace) -> Iterator[tuple[str, Engine]]:
    """A fresh engine for each session of the journal that was asked for."""
    kinds = {**BUNDLED, **dict(kind_named(text) for text in arguments.strategy)}
    for session in store.sessions():
        if arguments.session in ("", session):
            yield session, fresh_engine(store, session, kinds)


def fresh_engine(store: Store, session: str, kinds: Any) -> Engine:
    """An engine as the session made it, before the first step of its journal."""
    mode, venue, _ = session.split(":", 2)
    prefix = live_prefix if mode == "live" else paper_prefix
    instruments = load_instruments(store, venue)
    return Engine(instruments, id_prefix=prefix(store.device_id()), strategies=kinds, risk=LimitGate())
