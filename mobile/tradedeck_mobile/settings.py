"""What the phone's app is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "main"
"""The user's name for the account at the venue; the same on every device, so that their trades add up."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`cloud` is host:port of the gRPC door, `cloud_http` the URL of the other; "" where there is none.

    `venue_url` "" is the real Binance. Key and secret may be empty: they are then asked for on the
    Account screen, and until then trading is on paper.
    """

    data: Path
    cloud: str = ""
    cloud_http: str = ""
    venue_url: str = ""
    venue_key: str = field(default="", repr=False)
    venue_secret: str = field(default="", repr=False)
    symbols: tuple[str, ...] = ("BTCUSDT",)
    account: str = ACCOUNT
