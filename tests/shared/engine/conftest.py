"""A puppet on a stage, before a venue that answers or one that is silent."""

import pytest

from tests.shared.engine.puppet import Stage
from tradedeck.domain.instrument import Instrument


@pytest.fixture
def stage(btc: Instrument) -> Stage:
    return Stage(btc)


@pytest.fixture
def silent(btc: Instrument) -> Stage:
    """Nobody answers but the test."""
    return Stage(btc, is_silent=True)
