"""The socket of a running session answers its own user, one line each way."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from tradedeck.execution.commands import control
from tradedeck.execution.commands.control import SOCKET_FILE, ask, listening


async def echo(request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "refuse":
        raise NotFoundError("no such thing", code="test.none")
    return {"said": request["do"]}


async def test_a_request_is_answered_and_the_socket_is_the_users_own(tmp_path: Path) -> None:
    async with listening(tmp_path / "data", echo):
        assert stat.S_IMODE((tmp_path / "data" / SOCKET_FILE).stat().st_mode) == 0o600
        assert await ask(tmp_path / "data", {"do": "x"}) == {"said": "x"}
        answers = await asyncio.gather(*(ask(tmp_path / "data", {"do": str(number)}) for number in range(20)))
    assert [answer["said"] for answer in answers] == [str(number) for number in range(20)]
    assert not (tmp_path / "data" / SOCKET_FILE).exists()


async def test_a_refusal_comes_back_as_the_same_error(tmp_path: Path) -> None:
    async with listening(tmp_path, echo):
        with pytest.raises(NotFoundError, match="no such thing") as refused:
            await ask(tmp_path, {"do": "refuse"})
    assert refused.value.code == "test.none"


async def test_two_sessions_do_not_share_a_folder_but_a_killed_one_leaves_it_free(tmp_path: Path) -> None:
    async with listening(tmp_path, echo):
        with pytest.raises(ConflictError, match="tradedeck live stop"):
            async with listening(tmp_path, echo):
                pass
        assert await ask(tmp_path, {"do": "still"}) == {"said": "still"}
    control._bound(tmp_path / SOCKET_FILE).close()
    with pytest.raises(UnavailableError, match="no session runs"):
        await ask(tmp_path, {"do": "x"})
    async with listening(tmp_path, echo):
        assert await ask(tmp_path, {"do": "x"}) == {"said": "x"}


@pytest.mark.parametrize("line", [b"\n", b"no json\n", b"[]\n", b"{}\n", b"\xff\n", b"x" * (control.MAX_LINE + 10)])
async def test_nonsense_is_refused_and_the_next_one_is_answered(tmp_path: Path, line: bytes) -> None:
    async with listening(tmp_path, echo):
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_FILE)
        writer.write(line)
        answer = await reader.readline()
        assert answer == b"" or b"that is no request" in answer
        writer.close()
        await writer.wait_closed()
        assert await ask(tmp_path, {"do": "x"}) == {"said": "x"}


async def test_a_session_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(1)
        return {}

    async with listening(tmp_path, hang):
        monkeypatch.setattr(control, "ANSWER_S", 0.05)
        with pytest.raises(UnavailableError, match="may hang"):
            await ask(tmp_path, {"do": "x"})


async def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="shorter --data"):
        await ask(tmp_path / ("x" * 120), {"do": "x"})
