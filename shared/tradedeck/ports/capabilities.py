"""What a venue can do, declared; what it can't is refused here with the reason, before anything leaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tradedeck.domain.order import Order, OrderType, TimeInForce


class MarginMode(StrEnum):
    """What backs a perpetual: the whole account, or what was set aside for it."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One venue's abilities. Seconds are wall-clock seconds.

    `client_id_length`: the longest client order id it keeps; `dead_man_s`: the shortest and longest time after which
    it cancels by itself, None without a dead-man switch; `settles_s`: how long its records may lag behind its answers,
    so that "not found" means nothing before; `ids_are_forever`: a client id that was used is refused for ever, not
    only while its order is open; `hedged`: it can hold a long and a short of one symbol at once.
    """

    order_types: frozenset[OrderType]
    times_in_force: frozenset[TimeInForce]
    client_id_length: int
    post_only: bool = True
    reduce_only: bool = False
    amend: bool = False
    batch: int = 1
    cancel_all: bool = True
    dead_man_s: tuple[float, float] | None = None
    settles_s: float = 2.0
    ids_are_forever: bool = False
    leverage: bool = False
    margin_modes: frozenset[MarginMode] = frozenset()
    hedged: bool = False

    def refusal(self, order: Order) -> str:
        """Why this venue can't take `order`, in words that say what to do; empty when it can."""
        if order.type not in self.order_types:
            known = ", ".join(sorted(kind.replace("_", "-") for kind in self.order_types))
            return f"this venue has no {order.type.replace('_', '-')} orders; it has {known}"
        if order.time_in_force not in self.times_in_force:
            known = ", ".join(sorted(one.upper() for one in self.times_in_force))
            return f"this venue has no {order.time_in_force.upper()} orders; it has {known}"
        if order.post_only and not self.post_only:
            return "this venue has no post-only orders; send a plain limit order"
        if order.reduce_only and not self.reduce_only:
            return "this venue has no reduce-only orders; the size must not pass the position"
        if len(order.client_order_id) > self.client_id_length:
            return f"this venue keeps order ids of at most {self.client_id_length} characters; shorten the prefix"
        return ""
