"""What the terminal is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tradedeck.kit.logs import Secret
from tradedeck.ports.strategy import Strategy
from tradedeck.strategies import BUNDLED


@dataclass(frozen=True, slots=True)
class Settings:
    """`venue_url` "" is the real venue; `cloud` "" works without a cloud; keys come from a safe place."""

    data: Path
    venue_url: str = ""
    venue_key: str = ""
    venue_secret: Secret = field(default_factory=lambda: Secret(""))
    cloud: str = ""
    account: str = "main"
    symbols: tuple[str, ...] = ("BTCUSDT",)
    mode: str = "live"
    theme: str = "dark"
    strategies: Mapping[str, type[Strategy]] = field(default_factory=lambda: BUNDLED)
