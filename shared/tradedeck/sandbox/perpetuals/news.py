"""What happened at the exchange, for a wire to put into its venue's words. All are frozen and carry their time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Trigger


@dataclass(frozen=True, slots=True)
class Ticket:
    """A market or limit order as it arrives. Sizes in base units."""

    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    size: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False


class ConditionState(StrEnum):
    """Where a conditional order is in its life. FINISHED: its order is done; REJECTED: refused when triggered."""

    WAITING = "waiting"
    TRIGGERED = "triggered"
    FINISHED = "finished"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Conditional:
    """A stop, take-profit or trailing order that waits for a price.

    `trigger_price` is None for a trailing one, which follows the best price since `activation` by `callback` (a
    fraction of it: 0.01 is 1 %) or by `trail` quote units. `close` shuts the whole position, whatever `size` says.
    `order_id` is that of the order it became, 0 before.
    """

    id: int
    client_order_id: str
    symbol: str
    side: Side
    kind: ConditionKind
    size: Decimal
    trigger_price: Decimal | None = None
    price: Decimal | None = None
    trigger: Trigger = Trigger.LAST
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    close: bool = False
    callback: Decimal = ZERO
    trail: Decimal = ZERO
    activation: Decimal | None = None
    best: Decimal | None = None
    state: ConditionState = ConditionState.WAITING
    order_id: int = 0
    reason: str = ""
    created_ns: int = 0
    updated_ns: int = 0


class Happening(StrEnum):
    """What an order went through. LIQUIDATION and DELEVERAGED are trades that nobody asked for."""

    NEW = "new"
    TRADE = "trade"
    AMENDED = "amended"
    CANCELED = "canceled"
    EXPIRED = "expired"
    LIQUIDATION = "liquidation"
    DELEVERAGED = "deleveraged"


@dataclass(frozen=True, slots=True)
class OrderNews:
    """An order after something happened to it; `fill` and what it `realised` where it traded.

    `reason` says why it ended: SELF_TRADE, REDUCE_ONLY, NOT_FILLED, or the words that were given.
    """

    account: str
    what: Happening
    order: Order
    time_ns: int
    fill: Fill | None = None
    realised: Decimal = ZERO
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConditionalNews:
    """A conditional order after something happened to it."""

    account: str
    conditional: Conditional
    time_ns: int


class Why(StrEnum):
    """What moved a balance or a position."""

    ORDER = "order"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    DEPOSIT = "deposit"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class AccountNews:
    """A balance or position changed; the books themselves say how they stand now. `change`: what the wallet got."""

    account: str
    why: Why
    asset: str
    symbol: str
    change: Decimal
    time_ns: int


@dataclass(frozen=True, slots=True)
class SettingNews:
    """Leverage or margin mode of a symbol was changed."""

    account: str
    symbol: str
    leverage: int
    mode: MarginMode
    time_ns: int


@dataclass(frozen=True, slots=True)
class FundingNews:
    """Public: funding of `rate` was charged at `mark`."""

    symbol: str
    rate: Decimal
    mark: Decimal
    time_ns: int


News = OrderNews | ConditionalNews | AccountNews | SettingNews | FundingNews
