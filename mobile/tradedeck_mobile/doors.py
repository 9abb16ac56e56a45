"""Two doors to the cloud: gRPC first, plain HTTP where it can't pass."""

from __future__ import annotations

from collections.abc import Sequence

from tradedeck.domain.errors import UnavailableError
from tradedeck.sync import Link, open_link


class Doors:
    """Tries the door that worked last, then the others."""

    def __init__(self, doors: Sequence[Link]) -> None:
        self._doors = list(doors)

    async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
        """See Link. Only a door that could not be reached leads to the next."""
        failure = UnavailableError("this phone knows no cloud; start it with one", code="cloud.none")
        for door in list(self._doors):
            try:
                answer = await door.call(area, method, body, token)
            except UnavailableError as error:
                failure = error
                continue
            self._doors.sort(key=lambda other: other is not door)
            return answer
        raise failure

    async def close(self) -> None:
        """Close every door."""
        for door in self._doors:
            await door.close()


def open_doors(addresses: Sequence[str]) -> Doors:
    """Doors at the addresses that are not empty."""
    return Doors([open_link(address) for address in addresses if address])
