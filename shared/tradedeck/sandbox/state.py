"""What the sandbox keeps on disk, so that a killed one forgets nothing it has acknowledged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import CorruptError, UnavailableError
from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.sandbox.tape import TapePosition
from tradedeck.sim.exchange import AccountBooks
from tradedeck.sim.wallet import Wallet

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, secret TEXT NOT NULL, wallet TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, account TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fills
    (id INTEGER PRIMARY KEY, account TEXT NOT NULL, order_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS market (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);
"""
_AMOUNTS = frozenset({"size", "price", "stop_price", "filled", "filled_quote", "fee"})


@dataclass(frozen=True, slots=True)
class MarketState:
    """Where the market is: venue time, last price (empty before the first), tape, and the data it plays."""

    now_ns: int
    last: str
    tape: TapePosition
    data: str


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """An account of an earlier run."""

    name: str
    secret: str
    books: AccountBooks
    order_of_trade: dict[str, int]


class StateFile:
    """An SQLite file; `:memory:` keeps nothing. Every `save` is one transaction."""

    def __init__(self, path: str) -> None:
        """Open or create it.

        Raises:
            CorruptError: it is not a sandbox's state file.
            UnavailableError: it can't be opened.
        """
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            raise UnavailableError(f"the state file {path} can't be opened: {error}", code="sandbox.state") from error
        except sqlite3.DatabaseError as error:
            raise CorruptError(
                f"{path} is not a sandbox state file; move it away to start afresh", code="sandbox.state"
            ) from error

    def market(self) -> MarketState | None:
        """Where the market was; None in a new file."""
        row = self._db.execute("SELECT body FROM market WHERE id = 1").fetchone()
        if row is None:
            return None
        body = _object(row[0])
        return MarketState(body["now_ns"], body["last"], TapePosition(**body["tape"]), body["data"])

    def accounts(self) -> list[SavedAccount]:
        """Every account as it was."""
        rows = self._db.execute("SELECT name, secret, wallet FROM accounts ORDER BY rowid").fetchall()
        return [self._account(name, secret, wallet) for name, secret, wallet in rows]

    def triggered(self) -> frozenset[int]:
        """Stops that had triggered and wait in the book."""
        rows = self._db.execute("SELECT id, body FROM orders").fetchall()
        return frozenset(order_id for order_id, body in rows if _object(body).get("triggered"))

    def save(
        self,
        market: MarketState,
        accounts: Iterable[tuple[str, str, AccountBooks]],
        orders: Iterable[tuple[str, Order, bool]],
        fills: Iterable[tuple[str, int, Fill]],
    ) -> None:
        """Keep what changed. When this returns, the process may die.

        Raises:
            UnavailableError: it could not be written, for example because the disk is full.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR REPLACE INTO accounts (name, secret, wallet) VALUES (?, ?, ?)",
                [(name, secret, _wallet_text(books.wallet)) for name, secret, books in accounts],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO orders (id, account, body) VALUES (?, ?, ?)",
                [(int(o.venue_order_id), name, _text(o, triggered=t)) for name, o, t in orders],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO fills (id, account, order_id, body) VALUES (?, ?, ?, ?)",
                [(int(fill.trade_id), name, order_id, _text(fill)) for name, order_id, fill in fills],
            )
            body = json.dumps(asdict(market))
            self._db.execute("INSERT OR REPLACE INTO market (id, body) VALUES (1, ?)", (body,))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise UnavailableError(
                f"the state file {self._path} can't be written: {error}; free some disk space",
                code="sandbox.state",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _account(self, name: str, secret: str, wallet: str) -> SavedAccount:
        books = AccountBooks(_wallet(wallet))
        query = "SELECT id, body FROM orders WHERE account = ? ORDER BY id"
        for order_id, body in self._db.execute(query, (name,)):
            order = _order(body)
            books.orders[order_id] = order
            if order.is_open:
                books.open_by_client_id[order.client_order_id] = order_id
        order_of_trade: dict[str, int] = {}
        query = "SELECT order_id, body FROM fills WHERE account = ? ORDER BY id"
        for order_id, body in self._db.execute(query, (name,)):
            fill = _fill(body)
            books.fills.append(fill)
            order_of_trade[fill.trade_id] = order_id
        return SavedAccount(name, secret, books, order_of_trade)


def _object(text: str) -> dict[str, Any]:
    return json.loads(text)


def _text(record: Order | Fill, **more: bool) -> str:
    return json.dumps(asdict(record) | more, default=str)


def _wallet_text(wallet: Wallet) -> str:
    return json.dumps({"free": wallet.free, "reserves": wallet.reserves}, default=str)


def _wallet(text: str) -> Wallet:
    body: Mapping[str, Mapping[str, Any]] = _object(text)
    return Wallet(
        {asset: Decimal(free) for asset, free in body["free"].items()},
        {int(number): (held[0], Decimal(held[1])) for number, held in body["reserves"].items()},
    )


def _amounts(body: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name in _AMOUNTS and value is not None else value for name, value in body.items()}


def _order(text: str) -> Order:
    body = _amounts(_object(text))
    body.pop("triggered", None)
    body["side"], body["type"] = Side(body["side"]), OrderType(body["type"])
    body["time_in_force"], body["state"] = TimeInForce(body["time_in_force"]), OrderState(body["state"])
    return Order(**body)


def _fill(text: str) -> Fill:
    body = _amounts(_object(text))
    body["side"] = Side(body["side"])
    return Fill(**body)
