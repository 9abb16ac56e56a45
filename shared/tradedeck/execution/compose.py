"""Putting a session together: live and paper differ only in where orders go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import cast

from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import ZERO
from tradedeck.engine import Engine, LimitGate, Limits
from tradedeck.execution.dispatch import Dispatcher
from tradedeck.execution.inbox import Inbox
from tradedeck.execution.recovery import Patience
from tradedeck.execution.session import Session
from tradedeck.execution.terms import Desk, Policy, Terms
from tradedeck.kit.clock import SystemClock
from tradedeck.ports.account import VenueAccount
from tradedeck.ports.clock import Clock
from tradedeck.ports.provider import Provider
from tradedeck.ports.strategy import Strategy
from tradedeck.sim.exchange import Exchange
from tradedeck.sim.venue import SimVenue
from tradedeck.store import StoreWorker
from tradedeck.strategies import BUNDLED
from tradedeck.wire.codec import Origin

PAPER_ACCOUNT = "paper"
PAPER_BALANCE = Decimal(1_000_000)
"""What a paper account starts with, of every quote asset."""


def live(
    provider: Provider,
    worker: StoreWorker,
    *,
    account: str,
    device_id: str,
    symbols: Sequence[str],
    strategies: Mapping[str, type[Strategy]] = BUNDLED,
    limits: Limits | None = None,
    patience: Patience | None = None,
    policy: Policy | None = None,
    clock: Clock | None = None,
    in_line: bool = False,
) -> Session:
    """A session whose orders go to the venue.

    `in_line` makes the loop wait for each answer: slower, but one command at a time, as in a backtest.
    """

    def desk(inbox: Inbox, engine: Engine) -> Desk:
        way = provider if in_line else Dispatcher(provider, inbox.put, engine.open_orders)
        return Desk(inbox, way, provider, provider, account_of(provider))

    terms = Terms(
        origin=Origin(provider.name, account, "live"),
        symbols=tuple(symbols),
        make_engine=_engine_maker(live_prefix(device_id), strategies, limits),
        make_desk=desk,
        patience=patience or Patience(),
        policy=policy or Policy(),
    )
    return Session(terms, provider, worker, clock or SystemClock())


def paper(
    provider: Provider,
    worker: StoreWorker,
    *,
    account: str,
    device_id: str,
    symbols: Sequence[str],
    strategies: Mapping[str, type[Strategy]] = BUNDLED,
    limits: Limits | None = None,
    policy: Policy | None = None,
    clock: Clock | None = None,
) -> Session:
    """A session on the venue's real prices whose orders go to a simulated exchange."""

    def desk(inbox: Inbox, engine: Engine) -> Desk:
        venue = SimVenue(inbox, paper_exchange(engine), PAPER_ACCOUNT)
        return Desk(venue, venue, venue, venue)

    terms = Terms(
        origin=Origin(provider.name, account, "paper"),
        symbols=tuple(symbols),
        make_engine=_engine_maker(paper_prefix(device_id), strategies, limits),
        make_desk=desk,
        # The simulated exchange lives in this process: what it does not know it never got.
        patience=Patience(grace_s=0, agree=1, period_s=1),
        policy=policy or Policy(),
    )
    return Session(terms, provider, worker, clock or SystemClock())


def account_of(provider: Provider) -> VenueAccount | None:
    """What the provider can be asked about its account; None where it only looks single orders up."""
    return cast(VenueAccount, provider) if hasattr(provider, "capabilities") else None


def live_prefix(device_id: str) -> str:
    """What the client ids of a device's live orders start with; shows whose they are."""
    return f"td{_tag(device_id)}"


def paper_prefix(device_id: str) -> str:
    """What the client ids of a device's paper orders start with."""
    return f"tp{_tag(device_id)}"


def paper_exchange(engine: Engine) -> Exchange:
    """A simulated exchange that goes on where `engine`'s fills and open orders are."""
    known_ids = [int(order.venue_order_id) for order in engine.orders.values() if order.venue_order_id]
    known_ids += [int(fill.trade_id) for fill in engine.fills]
    exchange = Exchange(engine.instruments.values(), first_id=max(known_ids, default=0) + 1)
    exchange.open_account(PAPER_ACCOUNT, _balances(engine))
    exchange.move_time(engine.now_ns)
    exchange.restore(PAPER_ACCOUNT, [o for o in engine.open_orders.values() if o.venue_order_id])
    return exchange


def _engine_maker(
    prefix: str, strategies: Mapping[str, type[Strategy]], limits: Limits | None
) -> Callable[[Sequence[Instrument]], Engine]:
    def make(instruments: Sequence[Instrument]) -> Engine:
        return Engine(instruments, id_prefix=prefix, strategies=strategies, risk=LimitGate(limits or Limits()))

    return make


def _balances(engine: Engine) -> dict[str, Decimal]:
    balances = {instrument.quote: PAPER_BALANCE for instrument in engine.instruments.values()}
    for fill in engine.fills:
        instrument = engine.instruments[fill.symbol]
        sign = fill.side.sign
        balances[instrument.base] = balances.get(instrument.base, ZERO) + fill.size * sign
        balances[instrument.quote] -= fill.notional * sign + fill.fee
    return balances


def _tag(device_id: str) -> str:
    return device_id.replace("-", "")[:6]
