"""The gate every order passes, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from tradedeck.domain.events import PlaceOrder
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order
from tradedeck.domain.position import Position


class Account(Protocol):
    """What a gate may look at."""

    @property
    def open_orders(self) -> Mapping[str, Order]:
        """Orders that may still trade, by client order id."""
        ...

    def position(self, symbol: str) -> Position:
        """The account's position."""
        ...

    def last_price(self, symbol: str) -> Decimal | None:
        """The last trade price; None before the first."""
        ...


class Risk(Protocol):
    """Says no before anything leaves."""

    def check(self, wish: PlaceOrder, instrument: Instrument, account: Account) -> None:
        """Return when `wish` may go out.

        Raises:
            RefusedError: it may not; the message says which limit and what would pass.
        """
        ...
