"""One cloud for all tests of a process: its users are strangers to each other, so tests are too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.cloud.driving import RunningCloud, User, folder, new_user, start_cloud


@pytest.fixture(scope="session")
def cloud() -> Iterator[RunningCloud]:
    with folder() as home:
        running = start_cloud(home / "cloud")
        yield running
        assert running.stop() == 0


@pytest.fixture
async def user(cloud: RunningCloud) -> AsyncIterator[User]:
    async with new_user(cloud) as made:
        yield made
