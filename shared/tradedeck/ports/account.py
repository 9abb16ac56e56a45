"""An account at a venue: what execution asks of it beside orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Order
from tradedeck.ports.capabilities import Capabilities, MarginMode


@dataclass(frozen=True, slots=True)
class Holding:
    """A position as the venue counts it: net base units (negative short), prices in quote units.

    `margin` is what is set aside for it, in the settling asset; `liquidation` None where the venue names none.
    """

    symbol: str
    size: Decimal
    entry: Decimal
    mark: Decimal
    margin: Decimal
    leverage: int
    margin_mode: MarginMode
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True)
class VenueFill:
    """A fill of the account's, whoever ordered it: `fill.client_order_id` is empty where the venue does not say."""

    fill: Fill
    venue_order_id: str


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What an API key may do. `withdraw` keys are refused; None: the venue does not tell."""

    trade: bool | None
    withdraw: bool | None
    ip_bound: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """A rate budget of the venue's: `used` of `limit` in the running window of `window_s` seconds, as it last told.

    `blocked_until_ns`: wall-clock UTC nanoseconds before which nothing may be asked, 0 when free.
    """

    name: str
    used: int
    limit: int
    window_s: float
    blocked_until_ns: int = 0


class VenueAccount(Protocol):
    """What a provider answers about its account. Questions raise UnavailableError when no clear answer could be had."""

    @property
    def capabilities(self) -> Capabilities:
        """What the venue can do."""
        ...

    async def open_orders(self) -> Sequence[Order]:
        """Every order working on the account, ours or not, as the venue counts it; `source` is empty."""
        ...

    async def fills(self, symbol: str, since_ns: int) -> Sequence[VenueFill]:
        """Every fill on `symbol` since then, oldest first, all pages."""
        ...

    async def holdings(self) -> Sequence[Holding]:
        """Every open position; of a spot account none."""
        ...

    async def cancel_all(self, symbol: str) -> None:
        """Cancel every order on `symbol`, ours or not, in one request where the venue has one."""
        ...

    async def arm_dead_man(self, symbols: Sequence[str], seconds: float) -> None:
        """Have the venue cancel everything on `symbols` unless called again within `seconds`; 0 disarms.

        Raises:
            RefusedError: this venue has no such switch.
        """
        ...

    async def set_leverage(self, symbol: str, leverage: int, mode: MarginMode) -> None:
        """Set what new positions on `symbol` are backed with.

        Raises:
            RefusedError: the venue has no margin, not so much leverage, or a position stands in the way.
        """
        ...

    async def key_rights(self) -> KeyRights:
        """What the key may do."""
        ...

    def budgets(self) -> Sequence[Budget]:
        """The rate budgets as last told; several connections of one IP and account share them."""
        ...
