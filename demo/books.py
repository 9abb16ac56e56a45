"""The same figures from three independent places: the venue's books, the devices' journals, the cloud's database."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tradedeck.domain.events import MANUAL
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import text
from tradedeck.domain.order import Order
from tradedeck.engine import Engine, replay
from tradedeck.execution.compose import live_prefix
from tradedeck.execution.journal import load_instruments
from tradedeck.ledger import Totals, totals_of
from tradedeck.store import Store
from tradedeck.strategies import BUNDLED

Block = dict[str, int | str]
FIELDS = ("orders", "fills", "notional", "fees", "realised", "unrealised")


class Journals:
    """What devices have kept: orders and fills replayed from their journals, and the last prices they saw."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.orders: list[Order] = []
        self.fills: list[Fill] = []
        self.by_device: dict[str, list[Order]] = {}
        self._instruments: dict[str, Instrument] = {}
        self._marks: dict[str, tuple[Decimal, int]] = {}
        for path in files:
            self._read(path)

    def totals(self) -> Totals:
        """The figures of all devices together."""
        marks = {symbol: price for symbol, (price, _) in self._marks.items()}
        return totals_of(self.orders, self.fills, marks, self._instruments)

    def manual_orders(self, device: str) -> int:
        """Orders placed by hand on a device that the venue accepted."""
        return sum(1 for o in self.by_device[device] if o.source == MANUAL and o.venue_order_id)

    def strategy_fills(self) -> int:
        """Fills of orders that a strategy asked for."""
        sources = {order.client_order_id: order.source for order in self.orders}
        return sum(1 for fill in self.fills if sources[fill.client_order_id] != MANUAL)

    def _read(self, path: Path) -> None:
        store = Store(path)
        orders = self.by_device.setdefault(path.parent.name, [])
        for session in store.sessions():
            mode, venue, _ = session.split(":", 2)
            if mode != "live":
                continue
            instruments = load_instruments(store, venue)
            self._instruments.update({i.symbol: i for i in instruments})
            engine = Engine(instruments, id_prefix=live_prefix(store.device_id()), strategies=BUNDLED)
            replay(engine, ((step.before, step.event) for step in store.steps(session)))
            orders += engine.orders.values()
            self.fills += engine.fills
        self.orders += orders
        for symbol, mark in store.marks().items():
            if symbol not in self._marks or mark[1] > self._marks[symbol][1]:
                self._marks[symbol] = mark
        store.close()


def venue_block(url: str) -> Block:
    """The venue's own books of the demo's account."""
    books = get_json(f"{url}/sandbox/v1/books")
    return {field: books[field] for field in FIELDS}


def cloud_block(dsn: str, user_email: str) -> Block:
    """What the cloud's PostgreSQL holds for the user, live trading only."""
    with psycopg.Connection[dict[str, Any]].connect(dsn, row_factory=dict_row) as connection:
        user = _one(connection, "SELECT user_id FROM accounts.users WHERE email = %s", [user_email])
        values = [user["user_id"]]
        orders = _one(
            connection,
            "SELECT count(*) AS n FROM orders.orders WHERE user_id = %s AND mode = 'live' AND venue_order_id <> ''",
            values,
        )
        fills = _one(
            connection,
            "SELECT count(*) AS n, coalesce(sum(price * size), 0) AS notional, coalesce(sum(fee), 0) AS fees"
            " FROM orders.fills WHERE user_id = %s AND mode = 'live'",
            values,
        )
        profit = _one(
            connection,
            "SELECT coalesce(sum(realised), 0) AS realised, coalesce(sum(unrealised), 0) AS unrealised"
            " FROM portfolio.positions WHERE user_id = %s AND mode = 'live'",
            values,
        )
    return {
        "orders": orders["n"],
        "fills": fills["n"],
        "notional": text(fills["notional"]),
        "fees": text(fills["fees"]),
        "realised": text(profit["realised"]),
        "unrealised": text(profit["unrealised"]),
    }


def get_json(url: str) -> Any:
    """What a loopback URL answers."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def post_json(url: str, body: object) -> Any:
    """Post JSON to a loopback URL; what it answers."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _one(connection: psycopg.Connection[dict[str, Any]], query: Any, values: Sequence[object]) -> dict[str, Any]:
    row = connection.execute(query, values).fetchone()
    assert row is not None, query
    return row
