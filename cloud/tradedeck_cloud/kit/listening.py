"""Sockets on the loopback address."""

from __future__ import annotations

import socket

from tradedeck.domain.errors import UnavailableError


def listener(port: int, option: str) -> socket.socket:
    """A bound socket; 0 takes any free port. `option` is how the user chooses another.

    Raises:
        UnavailableError: the port is taken.
    """
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        raise UnavailableError(f"port {port} is taken; choose another with {option}", code="cloud.port") from error
    return bound
