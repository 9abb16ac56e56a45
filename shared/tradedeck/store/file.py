"""One SQLite file a device (WAL, every commit on disk before it counts)."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from tradedeck.domain.errors import ConflictError, CorruptError, RefusedError, UnavailableError
from tradedeck.domain.events import Event, MarketEvent, Step
from tradedeck.domain.money import text
from tradedeck.store.codec import decode_event, decode_events, encode

BUSY_TIMEOUT_S = 5.0
_ADD_STEP = "INSERT INTO steps (session, seq, time_ns, before, event) VALUES (?, ?, ?, ?, ?)"
SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """Something the cloud has not confirmed yet; `seq` counts 1, 2, 3 ... without holes."""

    seq: int
    body: bytes


@dataclass(frozen=True, slots=True)
class KeptStep:
    """A journalled step: the market news before it, and its event."""

    seq: int
    before: tuple[MarketEvent, ...]
    event: Event


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a venue as its owner calls it; its key is among the secrets. `url` "" is the real venue."""

    name: str
    venue: str
    url: str = ""


Row = tuple[str, int, int, str, str]
"""A step as it is written: session, seq, time, the news before it, its event."""


def row_of(session: str, step: Step) -> Row:
    """A durable step, ready to be written."""
    return session, step.seq, step.event.time_ns, encode(step.before), encode(step.event)


class Store:
    """The file. Blocking; use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            UnavailableError: it can't be opened or written (folder, rights, full disk).
            CorruptError: it is damaged, or of a newer version.
        """
        self.path = path
        with _plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
            self._db: Any = Database(connection)
            self._db.enable_wal()
            self._db.execute("PRAGMA synchronous = FULL")
            self._migrate()

    def close(self) -> None:
        """Close the file."""
        self._db.conn.close()

    # Journal and outbox

    def append(self, session: str, step: Step, facts: Sequence[bytes]) -> None:
        """Keep a durable step and what the cloud should hear of it: both or neither.

        Raises:
            ConflictError: that step is kept already; two programs are using the same file.
            UnavailableError: the disk did not take it.
        """
        self.append_all([row_of(session, step)], facts)

    def append_all(self, rows: Sequence[Row], facts: Sequence[bytes]) -> None:
        """Keep steps and facts, all or none, with one wait for the disk.

        Raises:
            ConflictError: one is kept already; two programs are using the same file.
            UnavailableError: the disk did not take them.
        """
        with self._transaction():
            try:
                self._db.conn.executemany(_ADD_STEP, rows)
            except sqlite3.IntegrityError as error:
                raise ConflictError(
                    f"{self.path} is in use by another program; close the other one",
                    code="journal.two_writers",
                ) from error
            self._add_facts(facts)

    def add_facts(self, facts: Sequence[bytes]) -> None:
        """Put lines into the outbox.

        Raises:
            UnavailableError: the disk did not take them.
        """
        with self._transaction():
            self._add_facts(facts)

    def steps(self, session: str, after_seq: int = 0) -> Iterator[KeptStep]:
        """Journalled steps of a session in order.

        Raises:
            CorruptError: a step is missing or can't be read.
        """
        expected = after_seq
        query = "SELECT seq, before, event FROM steps WHERE session = ? AND seq > ? ORDER BY seq"
        for seq, before, event in self._rows(query, session, after_seq):
            expected += 1
            if seq != expected:
                raise CorruptError(f"{self.path} lacks step {expected}; restore it from a copy", code="journal.gap")
            yield KeptStep(seq, tuple(decode_events(before)), decode_event(event))

    def sessions(self) -> list[str]:
        """The names of sessions that have steps."""
        return [row[0] for row in self._rows("SELECT DISTINCT session FROM steps ORDER BY session")]

    def outbox(self, limit: int) -> list[OutboxLine]:
        """The oldest lines that the cloud has not confirmed."""
        rows = self._rows("SELECT seq, body FROM outbox ORDER BY seq LIMIT ?", limit)
        return [OutboxLine(seq, body) for seq, body in rows]

    def outbox_size(self) -> int:
        """How many lines wait."""
        return next(self._rows("SELECT count(*) FROM outbox"))[0]

    def confirm(self, last_seq: int) -> None:
        """The cloud has every line up to `last_seq`."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox WHERE seq <= ?", (last_seq,))

    # Marks and settings

    def put_mark(self, symbol: str, price: Decimal, time_ns: int) -> None:
        """Keep the last price seen of a symbol."""
        with self._transaction():
            row = {"symbol": symbol, "price": text(price), "time_ns": time_ns}
            self._db["marks"].upsert(row, pk="symbol")

    def marks(self) -> dict[str, tuple[Decimal, int]]:
        """Last prices and their times, by symbol."""
        rows = self._rows("SELECT symbol, price, time_ns FROM marks")
        return {symbol: (Decimal(price), time_ns) for symbol, price, time_ns in rows}

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting, or `default`."""
        row = next(self._rows("SELECT value FROM settings WHERE key = ?", key), None)
        return default if row is None else json.loads(row[0])

    def put_setting(self, key: str, value: Any) -> None:
        """Keep or replace a setting (anything JSON can hold)."""
        with self._transaction():
            self._db["settings"].upsert({"key": key, "value": json.dumps(value)}, pk="key")

    def accounts(self) -> list[Account]:
        """The accounts at venues, by name."""
        return [Account(*row) for row in self._rows("SELECT name, venue, url FROM accounts ORDER BY name")]

    def put_account(self, account: Account) -> None:
        """Keep or replace an account."""
        with self._transaction():
            self._db["accounts"].upsert(asdict(account), pk="name")

    def remove_account(self, name: str) -> None:
        """Forget an account; its journal stays."""
        with self._transaction():
            self._db.execute("DELETE FROM accounts WHERE name = ?", (name,))

    def damage(self) -> str:
        """What SQLite finds wrong with the file, in its words; empty when nothing is."""
        found = [row[0] for row in self._rows("PRAGMA integrity_check(3)")]
        return "" if found == ["ok"] else "; ".join(found)

    def device_id(self) -> str:
        """This device's own id, made at the first call and kept for ever."""
        known = self.setting("device_id")
        if known is None:
            known = str(uuid.uuid4())
            self.put_setting("device_id", known)
        return known

    # Inside

    def _rows(self, query: str, *values: str | int) -> Iterator[Any]:
        with _plainly(self.path):
            yield from self._db.execute(query, values)

    def _add_facts(self, facts: Iterable[bytes]) -> None:
        self._db.conn.executemany("INSERT INTO outbox (body) VALUES (?)", ((body,) for body in facts))

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with _plainly(self.path), self._db.atomic():
            yield

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise CorruptError(f"{self.path} was written by a newer version; update this program", code="store.newer")
        if version == SCHEMA_VERSION:
            return
        with self._transaction():
            self._db["steps"].create(
                {"session": str, "seq": int, "time_ns": int, "before": str, "event": str},
                pk=("session", "seq"),
                if_not_exists=True,
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)"
            )
            self._db["marks"].create({"symbol": str, "price": str, "time_ns": int}, pk="symbol", if_not_exists=True)
            self._db["settings"].create({"key": str, "value": str}, pk="key", if_not_exists=True)
            self._db["accounts"].create({"name": str, "venue": str, "url": str}, pk="name", if_not_exists=True)
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def _plainly(path: Path) -> Generator[None]:
    """SQLite's and the system's errors as ours, with what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        message = str(error)
        if "full" in message or "disk I/O" in message:
            raise UnavailableError(
                f"the disk of {path} is full; free some space, nothing was lost", code="store.disk_full"
            ) from error
        if "not a database" in message or "malformed" in message:
            raise CorruptError(f"{path} is damaged; restore it from a copy", code="store.damaged") from error
        if isinstance(error, sqlite3.OperationalError):
            raise UnavailableError(
                f"{path} can't be used ({message}); check the folder and its rights", code="store.unusable"
            ) from error
        raise
    except OSError as error:
        raise RefusedError(f"{path} can't be opened: {error.strerror}", code="store.unusable") from error
