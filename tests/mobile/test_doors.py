import pytest

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck_mobile.doors import Doors, open_doors


class Door:
    """The other side of a link, as the app sees it."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.calls = 0
        self.closed = False

    async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        self.closed = True


async def test_the_second_door_is_used_when_the_first_is_shut_and_stays_the_first_choice() -> None:
    shut, open_ = Door(UnavailableError("away")), Door(b"yes")
    doors = Doors([shut, open_])
    assert await doors.call("orders", "Pull", b"") == b"yes"
    assert await doors.call("orders", "Pull", b"") == b"yes"
    assert (shut.calls, open_.calls) == (1, 2)


async def test_a_no_is_an_answer_and_is_not_asked_for_again() -> None:
    strict, other = Door(RefusedError("no")), Door(b"yes")
    with pytest.raises(RefusedError):
        await Doors([strict, other]).call("orders", "Pull", b"")
    assert other.calls == 0


async def test_with_every_door_shut_the_cloud_is_unavailable_and_all_are_closed() -> None:
    shut = [Door(UnavailableError("away")), Door(UnavailableError("away too"))]
    doors = Doors(shut)
    with pytest.raises(UnavailableError, match="away too"):
        await doors.call("orders", "Pull", b"")
    await doors.close()
    assert all(door.closed for door in shut)


async def test_without_an_address_there_is_no_door() -> None:
    with pytest.raises(UnavailableError, match="knows no cloud"):
        await open_doors(["", ""]).call("orders", "Pull", b"")
