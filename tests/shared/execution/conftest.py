"""A device and a venue for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.shared.execution.device import Device
from tests.shared.execution.venues import ScriptedVenue
from tradedeck.domain.instrument import Instrument


@pytest.fixture
async def device(tmp_path: Path, btc: Instrument) -> AsyncIterator[Device]:
    made = Device(tmp_path / "device.db", btc)
    yield made
    await made.stop()


@pytest.fixture
def venue(btc: Instrument) -> ScriptedVenue:
    return ScriptedVenue([btc])
