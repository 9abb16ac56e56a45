"""What an account owns, and what its working orders hold back."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side


@dataclass(slots=True)
class Wallet:
    """Free amounts by asset, and one reserve per working order."""

    free: dict[str, Decimal]
    reserves: dict[int, tuple[str, Decimal]] = field(default_factory=dict[int, tuple[str, Decimal]])

    def lock(self, order_id: int, asset: str, amount: Decimal) -> None:
        """Hold back `amount` for an order.

        Raises:
            RefusedError: less than that is free.
        """
        if self.free.get(asset, ZERO) < amount:
            raise RefusedError("Account has insufficient balance for requested action.", code="balance.insufficient")
        self.free[asset] = self.free.get(asset, ZERO) - amount
        self.reserves[order_id] = (asset, amount)

    def locked(self, asset: str) -> Decimal:
        """What working orders hold back of `asset`."""
        return sum((amount for held, amount in self.reserves.values() if held == asset), ZERO)

    def assets(self) -> list[str]:
        """Every asset with something free or locked, by name."""
        return sorted({*self.free, *(asset for asset, _ in self.reserves.values())})

    def settle(self, order_id: int, fill: Fill, instrument: Instrument, *, done: bool) -> None:
        """Pay for a fill out of the order's reserve, credit what it brought; `done` frees the rest."""
        asset, reserve = self.reserves[order_id]
        if fill.side is Side.BUY:
            spent = fill.notional + fill.fee
            self._credit(instrument.base, fill.size)
        else:
            spent = fill.size
            self._credit(instrument.quote, fill.notional - fill.fee)
        self.reserves[order_id] = (asset, reserve - spent)
        if done:
            self.release(order_id)

    def release(self, order_id: int) -> None:
        """The order ended: what is left of its reserve is free again."""
        asset, rest = self.reserves.pop(order_id)
        self._credit(asset, rest)

    def _credit(self, asset: str, amount: Decimal) -> None:
        self.free[asset] = self.free.get(asset, ZERO) + amount
