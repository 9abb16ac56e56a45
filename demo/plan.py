"""What the demo is made of: addresses, the user, how much market is played and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EMAIL = "demo@tradedeck.example"
PASSWORD = "a demo needs no secret"
KEY_VARIABLES = {
    "TRADEDECK_VENUE_KEY": "sandbox-key",
    "TRADEDECK_VENUE_SECRET": "sandbox-secret",
}
SYMBOL = "BTCUSDT"
STRATEGY = "sma-cross"
PARAMETERS = {"fast": "3", "slow": "9", "size": "0.02"}
HISTORY_BARS = 480
DAY_BARS = 1440
SPEED = 2000
"""A day of market in 43 seconds."""
OUT = Path("demo-out")
STATE = Path(".demo")
LOCK = Path(".demo.lock")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the programs of the running demo are."""

    venue: str
    cloud_http: str
    phone: str
    dsn_file: Path
