"""A bad day as a file: which faults strike when, repeatable by its seed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.sandbox.faults import fault_of

_NAMES = {"seed", "fault"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Faults as they are written, and the seed of their chance."""

    seed: int
    faults: tuple[Mapping[str, Any], ...]


def load_scenario(path: Path) -> Scenario:
    """Read a scenario: `seed`, and a `[[fault]]` table for each fault.

    Raises:
        RefusedError: there is no such file, it is no TOML, or a fault in it does not exist.
    """
    try:
        body: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError(f"the scenario {path} can't be read: {error}", code="sandbox.scenario") from error
    unknown = sorted(set(body) - _NAMES)
    if unknown:
        raise RefusedError(
            f"the scenario {path} has {', '.join(unknown)}; write seed and [[fault]] alone", code="sandbox.scenario"
        )
    faults: list[Mapping[str, Any]] = body.get("fault", [])
    for number, wish in enumerate(faults, 1):
        try:
            fault_of(wish)
        except RefusedError as error:
            raise RefusedError(f"fault {number} in {path}: {error.message}", code=error.code) from error
    return Scenario(int(body.get("seed", 0)), tuple(faults))
