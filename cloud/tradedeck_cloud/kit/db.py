"""PostgreSQL as a service sees it: its own schema and role, one user at a time."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tradedeck.domain.errors import CorruptError, RefusedError, UnavailableError

log = logging.getLogger(__name__)

MIN_CONNECTIONS = 1
MAX_CONNECTIONS = 6
POOL_TIMEOUT_S = 5.0
RECONNECT_TIMEOUT_S = 3.0
"""Pauses between tries double; the next request starts afresh, so a cut database is back this soon."""
PING_TIMEOUT_S = 1.0
STATEMENT_TIMEOUT = "10s"
EVERYBODY = "*"
"""The user id under which a service does its own housekeeping."""
_MIGRATION_LOCK = 7_331_001

Tx = AsyncConnection


class Database:
    """One service's connections. Each acts as the service's role and sees its schema first."""

    def __init__(self, dsn: str, service: str) -> None:
        self.service = service
        self._pool = AsyncConnectionPool(
            dsn,
            min_size=MIN_CONNECTIONS,
            max_size=MAX_CONNECTIONS,
            timeout=POOL_TIMEOUT_S,
            reconnect_timeout=RECONNECT_TIMEOUT_S,
            configure=self._configure,
            check=AsyncConnectionPool.check_connection,
            open=False,
            name=service,
        )

    async def open(self) -> None:
        """Connect.

        Raises:
            UnavailableError: the database does not answer.
        """
        try:
            await self._pool.open(wait=True, timeout=POOL_TIMEOUT_S)
        except PoolTimeout as error:
            raise UnavailableError("the database does not answer; is it running?", code="db.away") from error

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.close()

    @asynccontextmanager
    async def tx(self, user_id: str) -> AsyncGenerator[Tx]:
        """One transaction that sees the rows of `user_id` alone (row level security).

        Raises:
            UnavailableError: the database went away; nothing of the transaction is kept.
            RefusedError: it can't hold a value, such as text with a NUL in it.
        """
        try:
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute("SELECT set_config('app.user_id', %s, true)", (user_id,))
                yield connection
        except psycopg.errors.ProgramLimitExceeded as error:
            # To psycopg a kind of OperationalError; taken for an outage it would be tried again for ever.
            raise RefusedError("a value is too long to be kept; shorten it", code="db.length") from error
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("db.away", extra={"service": self.service, "reason": str(error)[:200]})
            raise UnavailableError("the database does not answer; try again in a moment", code="db.away") from error
        except psycopg.DataError as error:
            raise RefusedError(
                "a value is too long, too large or no text; check what is sent", code="db.value"
            ) from error

    async def ping(self) -> None:
        """Raise UnavailableError unless the database answers."""
        try:
            async with self._pool.connection(PING_TIMEOUT_S) as connection:
                await connection.execute("SELECT 1")
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise UnavailableError("the database does not answer", code="db.away") from error

    async def _configure(self, connection: AsyncConnection) -> None:
        role = sql.Identifier(role_of(self.service))
        await connection.execute(sql.SQL("SET ROLE {}").format(role))
        await connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(self.service)))
        await connection.execute(sql.SQL("SET statement_timeout TO {}").format(STATEMENT_TIMEOUT))
        await connection.commit()


def role_of(service: str) -> str:
    """The database role a service acts as."""
    return f"tradedeck_{service}"


async def migrate(dsn: str, service: str) -> None:
    """Bring a service's schema up to date: numbered files, each once, each whole.

    Raises:
        UnavailableError: the database does not answer.
        CorruptError: the database is newer than this program, or a file failed.
    """
    steps = _migrations(service)
    try:
        async with await AsyncConnection.connect(dsn) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            await _prepare(connection, service)
            done = await _done(connection)
            if done > len(steps):
                raise CorruptError(f"the database of {service} is newer than this program; update it", code="db.newer")
            for number, step in enumerate(steps[done:], done + 1):
                await connection.execute(cast(LiteralString, step.read_text()))
                await connection.execute("INSERT INTO migrations (number, name) VALUES (%s, %s)", (number, step.name))
    except psycopg.OperationalError as error:
        raise UnavailableError("the database does not answer; is it running?", code="db.away") from error
    except psycopg.Error as error:
        raise CorruptError(f"the database of {service} can't be brought up to date: {error}") from error


async def _prepare(connection: AsyncConnection, service: str) -> None:
    role, schema = sql.Identifier(role_of(service)), sql.Identifier(service)
    known = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role_of(service),))
    if await known.fetchone() is None:
        await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(schema, role))
    await connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    await connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(schema))
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )


async def _done(connection: AsyncConnection) -> int:
    row = await (await connection.execute("SELECT coalesce(max(number), 0) FROM migrations")).fetchone()
    return row[0] if row else 0


def _migrations(service: str) -> list[Path]:
    folder = Path(str(files("tradedeck_cloud"))) / service / "migrations"
    return sorted(folder.glob("[0-9]*.sql"))
