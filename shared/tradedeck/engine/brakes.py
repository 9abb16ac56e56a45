"""What stops new risk: halts by scope, and doubts about what the account holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Halt, PlaceOrder, Restrict, Resume
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order

ACCOUNT = ("", "")
"""The scope of a halt that names neither a strategy nor a symbol."""


class Brakes:
    """Halts by (source, symbol), the reason why only risk-reducing orders may leave, and the orders to be rid of."""

    def __init__(self) -> None:
        self.halts: dict[tuple[str, str], str] = {}
        self.restricted = ""
        self.doomed: set[str] = set()

    @property
    def halted(self) -> str:
        """Why the whole account is halted; empty when it is not."""
        return self.halts.get(ACCOUNT, "")

    def why(self, source: str, symbol: str) -> str:
        """Why `source` may take no new risk on `symbol`; empty when it may."""
        scopes = (ACCOUNT, (source, ""), ("", symbol), (source, symbol))
        return next((self.halts[scope] for scope in scopes if scope in self.halts), "")

    def halt(self, halt: Halt, open_orders: Iterable[Order]) -> None:
        """Stop new risk in the halt's scope; its open orders are to end, however late the venue shows them."""
        self.halts[halt.source, halt.symbol] = halt.reason
        self.doomed |= {order.client_order_id for order in open_orders if halt.covers(order.source, order.symbol)}

    def resume(self, event: Resume) -> None:
        """End the halt of the event's scope; of the whole account: every halt."""
        if (event.source, event.symbol) == ACCOUNT:
            self.halts.clear()
        self.halts.pop((event.source, event.symbol), None)
        if not self.halts:
            self.doomed.clear()

    def restrict(self, event: Restrict) -> bool:
        """Doubt the account, or doubt it no more; whether that is new."""
        changed, self.restricted = self.restricted != event.reason, event.reason
        return changed

    def check(self, wish: PlaceOrder, *, reduces: bool) -> None:
        """Return when `wish` may go on to the gate.

        Raises:
            RefusedError: it adds risk where none may be added.
        """
        if reduces:
            return
        if reason := self.why(wish.source, wish.symbol):
            raise RefusedError(f"trading is halted ({reason}); resume first", code="risk.halted")
        if self.restricted:
            raise RefusedError(
                f"only orders that reduce a position leave now: {self.restricted}", code="risk.restricted"
            )


def reduces(wish: PlaceOrder, position: Decimal, open_orders: Mapping[str, Order]) -> bool:
    """Whether `wish`, with what is on its way already, can only shrink `position`."""
    if wish.reduce_only or wish.protects:
        return True
    on_its_way = sum(
        (o.remaining for o in open_orders.values() if o.symbol == wish.symbol and o.side is wish.side), ZERO
    )
    return position * wish.side.sign < ZERO and wish.size + on_its_way <= abs(position)
