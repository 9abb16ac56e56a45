"""An account's books: wallets, positions, orders, and the margin that backs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.fill import Fill
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Order, OrderType, Side
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.news import Conditional
from tradedeck.sandbox.perpetuals.terms import CENT, DEFAULT_LEVERAGE, Contract

_DAY_NS = 1440 * MINUTE_NS
VOLUME_DAYS = 30


@dataclass(slots=True)
class Position:
    """A net position. `cost` is what it was entered for, signed like `size`; `isolated` what was set aside for it."""

    symbol: str
    size: Decimal = ZERO
    cost: Decimal = ZERO
    isolated: Decimal = ZERO
    realised: Decimal = ZERO
    updated_ns: int = 0

    @property
    def entry(self) -> Decimal:
        """Average entry price; zero when flat."""
        return self.cost / self.size if self.size else ZERO

    def unrealised(self, mark: Decimal) -> Decimal:
        """Profit if it were closed at `mark`."""
        return self.size * mark - self.cost

    def trade(self, change: Decimal, price: Decimal) -> Decimal:
        """Buy (or sell, below zero) so much at `price`; gives the profit that became real.

        What the wallet gains, less what `cost` gains, is always exactly -change * price: nothing is made or lost.
        """
        closing = min(abs(change), abs(self.size)) if change * self.size < 0 else ZERO
        realised = ZERO
        if closing:
            sign = 1 if self.size > 0 else -1
            whole = closing == abs(self.size)
            share = self.cost if whole else (self.cost * closing / abs(self.size)).quantize(CENT)
            realised = sign * closing * price - share
            self.cost -= share
            self.size -= sign * closing
            change += sign * closing
        self.size += change
        self.cost += change * price
        self.realised += realised
        return realised


@dataclass(slots=True)
class Setting:
    """How new positions on a symbol are backed."""

    leverage: int = DEFAULT_LEVERAGE
    mode: MarginMode = MarginMode.CROSS


@dataclass(frozen=True, slots=True)
class Charge:
    """A change of the wallet other than by trading: funding, a liquidation's fee, a deposit."""

    id: int
    kind: str
    asset: str
    symbol: str
    amount: Decimal
    time_ns: int


@dataclass(frozen=True, slots=True)
class Done:
    """A fill, whose order it was, and the profit it made real."""

    fill: Fill
    order_id: int
    realised: Decimal


@dataclass(slots=True)
class Account:
    """Everything the exchange knows of one account; orders by venue order id, in the order they came."""

    name: str
    wallets: dict[str, Decimal]
    positions: dict[str, Position] = field(default_factory=dict[str, Position])
    settings: dict[str, Setting] = field(default_factory=dict[str, Setting])
    orders: dict[int, Order] = field(default_factory=dict[int, Order])
    open: dict[int, None] = field(default_factory=dict[int, None])
    conditionals: dict[int, Conditional] = field(default_factory=dict[int, Conditional])
    waiting: dict[int, None] = field(default_factory=dict[int, None])
    fills: list[Done] = field(default_factory=list[Done])
    charges: list[Charge] = field(default_factory=list[Charge])
    client_ids: dict[str, int] = field(default_factory=dict[str, int])
    volume: dict[int, Decimal] = field(default_factory=dict[int, Decimal])

    def position(self, symbol: str) -> Position:
        """The position on `symbol`, flat at first."""
        return self.positions.setdefault(symbol, Position(symbol))

    def setting(self, symbol: str) -> Setting:
        """How `symbol` is backed."""
        return self.settings.setdefault(symbol, Setting())

    def open_orders(self, symbol: str = "") -> list[Order]:
        """Working orders, oldest first."""
        found = (self.orders[number] for number in self.open)
        return [order for order in found if symbol in ("", order.symbol)]

    def waiting_conditionals(self, symbol: str = "") -> list[Conditional]:
        """Conditional orders that have not triggered, oldest first."""
        found = (self.conditionals[number] for number in self.waiting)
        return [one for one in found if symbol in ("", one.symbol)]

    def traded(self, notional: Decimal, now_ns: int) -> None:
        """Count volume."""
        day = now_ns // _DAY_NS
        self.volume[day] = self.volume.get(day, ZERO) + notional

    def month_volume(self, now_ns: int) -> Decimal:
        """Volume of the last thirty days, in quote units."""
        since = now_ns // _DAY_NS - VOLUME_DAYS
        return sum((amount for day, amount in self.volume.items() if day > since), ZERO)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in one settling asset. `available` may back new orders; it is never below zero."""

    asset: str
    wallet: Decimal
    cross_wallet: Decimal
    unrealised: Decimal
    cross_unrealised: Decimal
    position_margin: Decimal
    order_margin: Decimal
    maintenance: Decimal
    cross_maintenance: Decimal
    available: Decimal


Worth = tuple[Side, Decimal]


def exposure(orders: Iterable[Order], more: Worth | None = None) -> tuple[Decimal, Decimal]:
    """What working orders would buy and sell, in quote units; reduce-only ones add no risk."""
    bought, sold = ZERO, ZERO
    worths = [(o.side, o.remaining * o.price) for o in orders if o.price is not None and not o.reduce_only]
    for side, worth in worths if more is None else [*worths, more]:
        if side is Side.BUY:
            bought += worth
        else:
            sold += worth
    return bought, sold


def order_margin(account: Account, symbol: str, mark: Decimal, more: Worth | None = None) -> Decimal:
    """What working orders on `symbol` need on top of the position's own margin."""
    worth = account.position(symbol).size * mark
    orders = (o for o in account.open_orders(symbol) if o.type is OrderType.LIMIT)
    bought, sold = exposure(orders, more)
    worst = max(abs(worth + bought), abs(worth - sold), abs(worth))
    return (worst - abs(worth)) / account.setting(symbol).leverage


def position_margin(account: Account, symbol: str, mark: Decimal) -> Decimal:
    """The margin a position takes: what was set aside for it, or its worth over the leverage."""
    position, setting = account.position(symbol), account.setting(symbol)
    if setting.mode is MarginMode.ISOLATED:
        return position.isolated
    return abs(position.size) * mark / setting.leverage


def standing(account: Account, asset: str, contracts: Mapping[str, Contract], marks: Mapping[str, Decimal]) -> Standing:
    """How an account stands in one asset at these mark prices."""
    wallet = account.wallets.get(asset, ZERO)
    isolated = unrealised = crossed = positions = cross_positions = orders = ZERO
    maintenance = cross_maintenance = ZERO
    for symbol, contract in contracts.items():
        mark = marks.get(symbol, ZERO)
        if contract.instrument.quote != asset or (symbol not in account.positions and symbol not in account.settings):
            continue
        position = account.position(symbol)
        profit, margin = position.unrealised(mark), position_margin(account, symbol, mark)
        unrealised += profit
        positions += margin
        orders += order_margin(account, symbol, mark)
        least = contract.maintenance(abs(position.size) * mark)
        maintenance += least
        if account.setting(symbol).mode is MarginMode.ISOLATED:
            isolated += position.isolated
        else:
            crossed += profit
            cross_positions += margin
            cross_maintenance += least
    cross_wallet = wallet - isolated
    free = max(ZERO, cross_wallet + crossed - cross_positions - orders)
    return Standing(
        asset, wallet, cross_wallet, unrealised, crossed, positions, orders, maintenance, cross_maintenance, free
    )
