"""A fill: one execution of one of our orders, keyed by the order and the venue's trade id."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import Side


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `fee` is in `fee_asset` and positive when paid; time in UTC nanoseconds."""

    symbol: str
    trade_id: str
    client_order_id: str
    side: Side
    price: Decimal
    size: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    time_ns: int

    @property
    def notional(self) -> Decimal:
        """Price * size, in the quote asset."""
        return self.price * self.size

    @property
    def order_key(self) -> tuple[int, int, str]:
        """Sorts fills as the venue made them: by time, then by trade id, short numbers first."""
        return (self.time_ns, len(self.trade_id), self.trade_id)

    def counted_fee(self, base: str, quote: str) -> Decimal:
        """What the fee takes from profit, in the quote asset; nothing where it was paid in a third asset.

        Such a fee has no exact value in the quote: it stays with its fill and is not guessed.
        """
        return self.fee_in_quote(base, quote) if self.fee_asset in (base, quote) else Decimal(0)

    def fee_in_quote(self, base: str, quote: str) -> Decimal:
        """The fee in the quote asset, a base fee valued at the fill's own price.

        Raises:
            RefusedError: the fee was paid in a third asset.
        """
        if self.fee_asset == quote or not self.fee:
            return self.fee
        if self.fee_asset == base:
            return self.fee * self.price
        raise RefusedError(
            f"fee of trade {self.trade_id} is in {self.fee_asset}, neither {base} nor {quote}",
            code="fill.fee_asset",
        )
