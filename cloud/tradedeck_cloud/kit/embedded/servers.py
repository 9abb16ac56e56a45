"""The three servers together, in one data folder that one cloud at a time may use."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path

from tradedeck.domain.errors import ConflictError, TradedeckError, UnavailableError
from tradedeck_cloud.kit.embedded.nats import Nats
from tradedeck_cloud.kit.embedded.postgres import Postgres
from tradedeck_cloud.kit.embedded.valkey import Valkey

log = logging.getLogger(__name__)

WATCH_PERIOD_S = 0.5
NOTE = "addresses.json"
LEAST_FREE_BYTES = 200 * 1024 * 1024
"""PostgreSQL alone writes 64 MiB of log segments at its first start."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers are; secrets are part of the URLs."""

    dsn: str
    nats: str
    cache: str


def write_addresses(folder: Path, where: Addresses) -> None:
    """Note them for other processes of the same cloud; for the owner's eyes only."""
    note = folder / NOTE
    note.touch(mode=0o600)
    note.write_text(json.dumps(asdict(where)))


def read_addresses(folder: Path) -> Addresses:
    """The addresses of the cloud that runs in a folder.

    Raises:
        UnavailableError: none has run there.
    """
    try:
        return Addresses(**json.loads((folder / NOTE).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise UnavailableError(f"no cloud runs in {folder}; start one there first", code="embedded.join") from error


class Embedded:
    """Starts what is not given from outside, and stops what it started."""

    def __init__(self, folder: Path) -> None:
        """Take the folder.

        Raises:
            ConflictError: another cloud is using it.
            UnavailableError: it can't be made or written, or the disk is nearly full.
        """
        self._lock = _take(folder)
        self._postgres = Postgres(folder)
        self._nats = Nats(folder)
        self._valkey = Valkey(folder)
        self._started: list[Postgres | Nats | Valkey] = []

    async def start(self, *, dsn: str = "", nats: str = "", cache: str = "") -> Addresses:
        """Start the servers for which no address is given.

        Raises:
            UnavailableError: one of them does not start; those that did are stopped again.
        """
        try:
            return Addresses(
                dsn or await self._start(self._postgres),
                nats or await self._start(self._nats),
                cache or await self._start(self._valkey),
            )
        except BaseException:
            await self.stop()
            raise

    async def keep_running(self) -> None:
        """Start a server that ended by itself again, at its old address, until cancelled."""
        while True:
            await asyncio.sleep(WATCH_PERIOD_S)
            for server in self._started:
                if not server.running:
                    log.error("embedded.ended", extra={"server": type(server).__name__})
                    try:
                        await server.start()
                    except TradedeckError as error:
                        log.error("embedded.restart", extra={"reason": error.message})

    async def _start(self, server: Postgres | Nats | Valkey) -> str:
        address = await server.start()
        self._started.append(server)
        return address

    async def stop(self) -> None:
        """Stop what runs, the database last."""
        self._started.clear()
        for server in (self._valkey, self._nats, self._postgres):
            await server.stop()
        self._lock.close()


def _take(folder: Path) -> TextIOWrapper:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
        room = os.statvfs(folder)
    except OSError as error:
        raise UnavailableError(f"{folder} can't be used: {error.strerror}", code="embedded.folder") from error
    if room.f_bavail * room.f_frsize < LEAST_FREE_BYTES:
        lock.close()
        raise UnavailableError(
            f"the disk of {folder} is nearly full; free at least {LEAST_FREE_BYTES >> 20} MiB",
            code="embedded.disk_full",
        )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConflictError(
            f"another cloud is using {folder}; stop it or choose another folder", code="embedded.in_use"
        ) from error
    return lock
