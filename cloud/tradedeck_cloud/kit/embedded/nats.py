"""A real nats-server with JetStream, from a wheel."""

from __future__ import annotations

import secrets
import shutil
import signal
import sys
from pathlib import Path

from tradedeck.domain.errors import UnavailableError
from tradedeck_cloud.kit.embedded.child import Child, accepts, free_port

MAX_MESSAGE_BYTES = 8 << 20
"""More than any body that a door lets in."""


class Nats:
    """The bus server: loopback, a token, its streams on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child = Child("nats", folder, signal.SIGTERM)
        self._port = free_port()
        self._token = secrets.token_urlsafe(24)

    async def start(self) -> str:
        """Start it; its URL with the token in it, the same after every start.

        Raises:
            UnavailableError: it does not start.
        """
        await self._child.end_leftover()
        program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
        if program is None:
            raise UnavailableError("nats-server is missing; run `make setup` again", code="embedded.nats")
        settings = self._folder / "nats.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'listen: "127.0.0.1:{self._port}"\n'
            f"max_payload: {MAX_MESSAGE_BYTES}\n"
            f'authorization {{ token: "{self._token}" }}\n'
            f'jetstream {{ store_dir: "{self._folder / "nats"}", sync_interval: "always" }}\n'
        )
        self._child.start([program, "-c", settings])
        await self._child.wait_for(lambda: accepts(self._port))
        return f"nats://{self._token}@127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Clean shutdown."""
        await self._child.stop()

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._child.running
