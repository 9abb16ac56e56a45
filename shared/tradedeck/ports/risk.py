"""The gate every order passes, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from tradedeck.domain.events import PlaceOrder, StartStrategy
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.limits import Limits
from tradedeck.domain.order import Order
from tradedeck.domain.position import Position


class Holdings(Protocol):
    """Positions and prices; of one source, or of the whole account where none is named."""

    @property
    def now_ns(self) -> int:
        """The newest time that any price had: the venue's own clock, whatever wishes were stamped with."""
        ...

    @property
    def last_prices(self) -> Mapping[str, Decimal]:
        """The last prices by symbol."""
        ...

    @property
    def priced_until_ns(self) -> Mapping[str, int]:
        """By symbol, how long its last price is news: a trade's own time, a bar's close and its length on top."""
        ...

    def position(self, symbol: str, source: str | None = None) -> Position:
        """A position."""
        ...

    def positions_of(self, source: str | None = None) -> Iterable[Position]:
        """Every position there has ever been."""
        ...

    def sources(self) -> Iterable[str]:
        """Everyone whose orders have filled."""
        ...


class Account(Protocol):
    """What a gate may look at."""

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """What is traded here, by symbol."""
        ...

    @property
    def open_orders(self) -> Mapping[str, Order]:
        """Orders that may still trade, by client order id: those on their way and of unknown fate too."""
        ...

    @property
    def started(self) -> Mapping[str, StartStrategy]:
        """Every strategy that was ever started, by id."""
        ...

    @property
    def portfolio(self) -> Holdings:
        """What is held, and the last prices."""
        ...


class Risk(Protocol):
    """Says no before anything leaves."""

    def check(self, wish: PlaceOrder, instrument: Instrument, account: Account) -> None:
        """Return when `wish` may go out.

        Raises:
            RefusedError: it may not; the message says which limit and what would pass.
        """
        ...

    def count(self, source: str, account: Account) -> None:
        """Count a message, an order or a cancel, that the strategy `source` wants to send.

        Raises:
            RefusedError: it sends so many that it must be stopped.
        """
        ...

    def begin_day(self, account: Account) -> None:
        """A new day of UTC begins: losses are measured from here."""
        ...

    def limits_of(self, scope: str) -> Limits:
        """The limits of a scope as they were set."""
        ...

    def set_limits(self, scope: str, limits: Limits, account: Account) -> None:
        """From now on these are the limits of `scope`: the account, the user, or a strategy by name or id."""
        ...
