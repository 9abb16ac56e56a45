"""Comparing the venue's records with ours: orders, fills, and what the account holds.

A missing report is not an empty one: whatever can't be had raises, and a round that raised has agreed on nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from tradedeck.domain.events import Accepted, Filled, Report
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument, Kind
from tradedeck.domain.money import ZERO, text
from tradedeck.domain.order import Order, OrderState
from tradedeck.engine import Engine
from tradedeck.ports.account import VenueAccount, VenueFill
from tradedeck.ports.broker import Balance

OVERLAP_NS = 300 * 10**9
"""How far before the newest fill that is counted fills are asked for again: records may come in late."""
MAX_FOREIGN_TOLD = 3
"""Foreign trades named in one sentence."""

Tell = Callable[[Report], Awaitable[None]]


class Purse(Protocol):
    """Something that tells what the account holds."""

    async def balances(self) -> Sequence[Balance]:
        """What the account holds, assets with nothing left out."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one round found.

    `drift`: how much more the venue holds than our fills and what is known to be outside explain, by asset or
    perpetual. `orders`: open orders on which the records differ, in words. `news`: something was missing here and has
    been told to the engine, so that this round proves nothing yet. `beside`: what is held beyond our own fills.
    """

    drift: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    orders: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    news: bool = False
    beside: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    @property
    def agrees(self) -> bool:
        """Whether everything is as we know it."""
        return not (self.drift or self.orders or self.news)

    def words(self) -> str:
        """The differences as a sentence's end."""
        parts = [f"the venue holds {_signed(amount)} {name} against our records" for name, amount in self.drift.items()]
        return "; ".join((*parts, *self.orders, *self.foreign))


class Tally:
    """What our own fills have brought, by asset on spot and by symbol of perpetuals; counts each fill once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counted = 0
        self._amounts: dict[str, Decimal] = {}

    def amount(self, name: str) -> Decimal:
        """What our fills have brought of `name` so far."""
        fills = self._engine.fills
        for fill in fills[self._counted :]:
            for key, amount in effect(fill, self._engine.instruments[fill.symbol]).items():
                self._amounts[key] = self._amounts.get(key, ZERO) + amount
        self._counted = len(fills)
        return self._amounts.get(name, ZERO)


def effect(fill: Fill, instrument: Instrument) -> dict[str, Decimal]:
    """What a fill does to what the account holds."""
    signed = fill.size * fill.side.sign
    if instrument.kind is not Kind.SPOT:
        return {fill.symbol: signed}
    changes = {instrument.base: signed, instrument.quote: -fill.price * signed}
    if fill.fee:
        changes[fill.fee_asset] = changes.get(fill.fee_asset, ZERO) - fill.fee
    return changes


def tolerances(instruments: Sequence[Instrument]) -> dict[str, Decimal]:
    """What is held on `instruments`, and from which difference on it counts: one lot, or the smallest order's worth."""
    steps: dict[str, Decimal] = {}
    for instrument in instruments:
        if instrument.kind is Kind.SPOT:
            named = {instrument.base: instrument.lot, instrument.quote: max(instrument.min_notional, instrument.tick)}
        else:
            named = {instrument.symbol: instrument.lot}
        for name, step in named.items():
            steps[name] = min(step, steps.get(name, step))
    return steps


class Reconciler:
    """Asks the venue for everything it knows of the account and compares."""

    def __init__(
        self,
        account: VenueAccount,
        purse: Purse,
        engine: Engine,
        tell: Tell,
        symbols: Sequence[str],
        cursors: dict[str, int],
    ) -> None:
        self._account = account
        self._purse = purse
        self._engine = engine
        self._tell = tell
        self._symbols = symbols
        self._tally = Tally(engine)
        self.cursors = cursors
        self.foreign_orders: dict[str, Order] = {}

    async def round(self, look_up_all: Callable[[], Awaitable[None]]) -> Verdict:
        """Ask once for orders, fills and holdings, and pass on what was missed; `look_up_all` asks for open orders.

        Raises:
            UnavailableError: a report is missing.
        """
        working = {order.client_order_id: order for order in await self._account.open_orders()}
        # Those that we think open and the venue does not list: most have just ended.
        ours_before = {o.client_order_id for o in self._engine.open_orders.values() if _known_open(o)}
        if ours_before - working.keys():
            await look_up_all()
        told, foreign = await self._sweep()
        held = await self.held()
        drift = {name: amount for name, amount in self.unexplained(held).items() if amount}
        orders, named = await self._orders(working), tuple(foreign[-MAX_FOREIGN_TOLD:])
        return Verdict(drift, orders, named, told > 0, self.beside_ours(held))

    async def held(self) -> dict[str, Decimal]:
        """What the venue says the account holds, of everything that is compared."""
        instruments = self._instruments()
        held = dict.fromkeys(tolerances(instruments), ZERO)
        if any(one.kind is Kind.SPOT for one in instruments):
            held |= {b.asset: b.free + b.locked for b in await self._purse.balances() if b.asset in held}
        if any(one.kind is not Kind.SPOT for one in instruments):
            for holding in await self._account.holdings():
                if holding.symbol in held:
                    held[holding.symbol] += holding.size
        return held

    def unexplained(self, held: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """By name, what is held beyond our fills and what is known to be outside; zero within the tolerance.

        A name that nothing was ever said about is left out.
        """
        steps, outside = tolerances(self._instruments()), self._engine.outside
        differences = {
            name: amount - self._tally.amount(name) - outside[name] for name, amount in held.items() if name in outside
        }
        return {name: amount if abs(amount) >= steps[name] else ZERO for name, amount in differences.items()}

    def beside_ours(self, held: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """By name, what is held beyond our own fills."""
        return {name: amount - self._tally.amount(name) for name, amount in held.items()}

    async def absent(self, orders: Sequence[Order], *, by_holdings: bool) -> set[str]:
        """Which of `orders` open orders, fills and (where they can tell) holdings agree on that the venue never had.

        Raises:
            UnavailableError: a report is missing.
        """
        wanted = {order.client_order_id: order for order in orders}
        for working in await self._account.open_orders():
            if (order := wanted.pop(working.client_order_id, None)) is not None:
                await self._tell(Accepted(order.client_order_id, working.venue_order_id, order.updated_ns))
        if not wanted:
            return set()
        told, _ = await self._sweep()
        if told:
            return set()
        differences = self.unexplained(await self.held()) if by_holdings else {}
        return {key for key, order in wanted.items() if not self._touched(order, differences)}

    def _touched(self, order: Order, differences: Mapping[str, Decimal]) -> bool:
        return any(differences.get(name) for name in tolerances([self._engine.instruments[order.symbol]]))

    def _instruments(self) -> list[Instrument]:
        names = {*self._symbols, *(order.symbol for order in self._engine.orders.values())}
        return [self._engine.instruments[name] for name in sorted(names) if name in self._engine.instruments]

    async def _sweep(self) -> tuple[int, list[str]]:
        """Pass on the fills that were missed; how many, and the others' in words."""
        told, foreign = 0, list[str]()
        for symbol in sorted(
            {order.symbol for order in self._engine.orders.values()} & self._engine.instruments.keys()
        ):
            since = self.cursors.get(symbol, self._first(symbol))
            known = await self._account.fills(symbol, max(0, since))
            missing = self._missing(symbol, known, foreign)
            for report in missing:
                await self._tell(report)
            told += len(missing)
            # Only over what is counted: a fill told just now is asked for again.
            edge = missing[0].time_ns if missing else known[-1].fill.time_ns if known else 0
            self.cursors[symbol] = max(since, edge - OVERLAP_NS)
        return told, foreign

    def _missing(self, symbol: str, known: Sequence[VenueFill], foreign: list[str]) -> list[Filled]:
        """Fills of ours that are not counted; the others' go to `foreign`, in words."""
        mine, missing = self._ids(symbol), list[Filled]()
        for one in known:
            owner = one.fill.client_order_id or mine.get(one.venue_order_id, "")
            if owner not in self._engine.orders:
                foreign.append(_foreign(one))
            elif not self._engine.knows_fill(owner, symbol, one.fill.trade_id):
                missing.append(Filled(replace(one.fill, client_order_id=owner), one.venue_order_id))
        return missing

    def _ids(self, symbol: str) -> dict[str, str]:
        orders = self._engine.orders.values()
        return {o.venue_order_id: o.client_order_id for o in orders if o.symbol == symbol and o.venue_order_id}

    def _first(self, symbol: str) -> int:
        """Where to begin when nothing was swept before: at the oldest order of ours that may have unknown fills."""
        return min(order.created_ns for order in self._engine.orders.values() if order.symbol == symbol) - OVERLAP_NS

    async def _orders(self, working: Mapping[str, Order]) -> tuple[str, ...]:
        words: list[str] = []
        self.foreign_orders = {}
        for client_order_id, order in working.items():
            ours = self._engine.orders.get(client_order_id)
            if ours is None and client_order_id.startswith(f"{self._engine.prefix}-"):
                words.append(f"{client_order_id} works at the venue and is not in this journal; cancel it there")
            elif ours is None:
                self.foreign_orders[client_order_id] = order
            elif not ours.is_open:
                words.append(f"{client_order_id} works at the venue and is {ours.state} here")
            if ours is None or ours.state in _NOT_HEARD:
                await self._tell(Accepted(client_order_id, order.venue_order_id, order.created_ns))
        hidden = [o for o in self._engine.open_orders.values() if _known_open(o) and o.client_order_id not in working]
        words += [f"{order.client_order_id} is open here and the venue does not list it" for order in hidden]
        return tuple(words)


_NOT_HEARD = (OrderState.SUBMITTED, OrderState.UNKNOWN, OrderState.REJECTED)


def _known_open(order: Order) -> bool:
    """Whether the venue has confirmed the order; one that is on its way may not be listed yet."""
    return order.state in (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)


def _signed(amount: Decimal) -> str:
    return f"+{text(amount)}" if amount > ZERO else text(amount)


def _foreign(known: VenueFill) -> str:
    fill = known.fill
    return f"{fill.side} of {text(fill.size)} {fill.symbol} (trade {fill.trade_id}) was not ours"
