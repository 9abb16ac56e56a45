"""One cloud in several processes: the bus carries the calls, so nothing else changes."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from tests.cloud.driving import (
    User,
    cloud_command,
    environment,
    fill_line,
    folder,
    new_user,
    order_line,
    running_cloud,
)
from tests.cloud.test_portfolio import portfolio_with

ANY_PORTS = ("--http-port", "0", "--grpc-port", "0")
LINES = 40


async def test_services_in_a_second_process_serve_the_gateway_of_the_first() -> None:
    with folder() as home, running_cloud(home / "a", *ANY_PORTS, "--services", "accounts,gateway") as door:
        async with new_user(door) as user:
            status, problem = await user.push([order_line(1, "a-1")])
            assert (status, problem["detail"]) == (503, "orders does not answer; try again in a moment")
            join = ("--join", str(home / "a"), "--services", "orders,portfolio")
            with running_cloud(home / "b", *join):
                assert await user.push([order_line(1, "a-1"), fill_line(2, "1")]) == (200, 2)
                assert (await portfolio_with(user, 1))["fees"] == "6"
                # A copy shares the calls and the facts; each counts once.
                with running_cloud(home / "c", *join):
                    await _push_many(user)
                    assert (await portfolio_with(user, 1 + LINES))["fees"] == str(6 + 6 * LINES)
            assert (await user.push([order_line(LINES + 3, "a-2")]))[0] == 503


async def _push_many(user: User) -> None:
    answers = await asyncio.gather(*(user.push([fill_line(1, f"c{n}")], device_id=f"device {n}") for n in range(LINES)))
    assert answers == [(200, 1)] * LINES


def test_joining_a_cloud_that_never_ran_says_so(tmp_path: Path) -> None:
    command = cloud_command(tmp_path / "b", "--join", str(tmp_path / "nowhere"))
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 1
    assert "start one there first" in done.stderr
