"""Where orders go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tradedeck.domain.bar import Bar
from tradedeck.domain.events import Command, Report
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds of one asset."""

    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """What a venue's records say about one order of ours.

    `reports` bring the order up to date, fills first. `found` is False when no record knows it:
    not yet a proof that it never arrived.
    """

    found: bool
    reports: tuple[Report, ...]


class Broker(Protocol):
    """Takes commands. Answers come back through the feed as reports, never as exceptions.

    A place whose outcome is not known becomes an `Unknown` report and is never sent again.
    """

    async def send(self, command: Command) -> None:
        """Place or cancel, once."""
        ...


class Venue(Broker, Protocol):
    """A venue that a live session trades on: a broker that can also be asked."""

    name: str

    async def instruments(self) -> Sequence[Instrument]:
        """Every instrument this venue lets us trade."""
        ...

    async def bars(self, symbol: str, timeframe_ns: int, limit: int) -> Sequence[Bar]:
        """The last closed bars, oldest first, at most `limit`."""
        ...

    async def balances(self) -> Sequence[Balance]:
        """What the account holds, assets with nothing left out."""
        ...

    async def look_up(self, order: Order) -> Finding:
        """Ask order, open orders and fills about one order of ours.

        Raises:
            UnavailableError: no clear answer could be had.
        """
        ...

    async def open_order_ids(self) -> Sequence[str]:
        """Client order ids of every order working on the account, ours or not."""
        ...

    async def close(self) -> None:
        """End every connection."""
        ...
