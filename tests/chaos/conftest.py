"""Children that die."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def forks() -> Any:
    """Children that are forked from a process with everything imported: a life costs little to start."""
    # The process that forks is a fresh one; this is how it finds the tests.
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chaos.doomed"])
    return context
