"""What can happen to an engine: market news, the venue's reports, and wishes of a person or a program.

Every event carries its own time; the engine has no other clock. All are frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.book import Book, Quote
from tradedeck.domain.fill import Fill
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.limits import Limits
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade

MANUAL = "manual"
"""The source of an order a person placed by hand."""
STRATEGY_CAPITAL = Decimal(10_000)
"""What a strategy manages, in the quote asset, when nobody says otherwise."""

ACCOUNT_SCOPE = "account"
USER_SCOPE = "user"
"""Whose limits are set: of one account, or a user's own on each of theirs. Any other scope is a source."""

MarketEvent = Bar | Trade | Quote | Book | FundingRate


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue has the order and gave it an id."""

    client_order_id: str
    venue_order_id: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The venue executed (part of) an order."""

    fill: Fill
    venue_order_id: str

    @property
    def client_order_id(self) -> str:
        """Whose order it was."""
        return self.fill.client_order_id

    @property
    def time_ns(self) -> int:
        """When it was executed."""
        return self.fill.time_ns


@dataclass(frozen=True, slots=True)
class Canceled:
    """The order no longer works because somebody asked so."""

    client_order_id: str
    time_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    """The venue ended the order by its own rules (IOC, FOK or market remainder)."""

    client_order_id: str
    time_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The venue does not take the order, or provably never got it."""

    client_order_id: str
    time_ns: int
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class CancelRejected:
    """The venue could not cancel: usually it had ended already."""

    client_order_id: str
    time_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """An order was sent and no answer came: the venue may or may not have it."""

    client_order_id: str
    time_ns: int
    reason: str


Report = Accepted | Filled | Canceled | Expired | Rejected | CancelRejected | Unknown


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """A wish for an order. `source` is "manual" or a strategy's id.

    `protects`: the engine's own exit of what has just filled; the venue's rules bind it, the account's limits do not.
    """

    symbol: str
    side: Side
    type: OrderType
    size: Decimal
    time_ns: int
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    source: str = MANUAL
    protects: bool = False


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """A wish that an order stop working."""

    client_order_id: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class CancelAll:
    """A wish that every open order stop working; of one symbol or source where given."""

    time_ns: int
    symbol: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Halt:
    """The kill switch: cancel, stop strategies, take no new risk until Resume.

    Of one source (a strategy's id) or one symbol where given, else of the whole account.
    """

    time_ns: int
    reason: str
    source: str = ""
    symbol: str = ""

    def covers(self, source: str, symbol: str) -> bool:
        """Whether an order of `source` on `symbol` is meant."""
        return self.source in ("", source) and self.symbol in ("", symbol)


@dataclass(frozen=True, slots=True)
class Resume:
    """Take orders again after a Halt of the same scope; without a scope after all of them."""

    time_ns: int
    source: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Restrict:
    """Only orders that reduce a position may leave, for this reason; an empty one ends that."""

    time_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """So much of an asset, or of a perpetual by its symbol."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Outside:
    """What the account holds beside our own fills, of the names told; the account's owner or another program has it."""

    time_ns: int
    held: tuple[Held, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StartStrategy:
    """A wish that a strategy run on one symbol and timeframe; `params` as text by name.

    `history` are closed bars, oldest first, that warm its indicators up; it never acts on them. They may
    be of the strategy's other markets too. `capital`, in the quote asset, is what its equity starts from.
    """

    strategy_id: str
    name: str
    symbol: str
    timeframe_ns: int
    time_ns: int
    params: dict[str, str] = field(default_factory=dict[str, str])
    history: tuple[Bar, ...] = ()
    capital: Decimal = STRATEGY_CAPITAL


@dataclass(frozen=True, slots=True)
class StopStrategy:
    """A wish that a strategy stop; its open orders are canceled, and nothing follows from them any more."""

    strategy_id: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Closed bars a running strategy missed while the program was away; it never acts on them."""

    strategy_id: str
    history: tuple[Bar, ...]
    time_ns: int


@dataclass(frozen=True, slots=True)
class SetLimits:
    """A wish that from now on these be the limits of `scope`: the account, the user, or a strategy by name or id."""

    scope: str
    limits: Limits
    time_ns: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """The process came back: what was on its way has an unknown fate."""

    time_ns: int


Wish = (
    PlaceOrder
    | CancelOrder
    | CancelAll
    | Halt
    | Resume
    | Restrict
    | Outside
    | StartStrategy
    | StopStrategy
    | WarmUp
    | SetLimits
    | Restarted
)
Event = MarketEvent | Report | Wish


@dataclass(frozen=True, slots=True)
class Place:
    """Send this order to the venue, once."""

    order: Order


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ask the venue to cancel this order."""

    order: Order


Command = Place | Cancel


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should be able to read later; `level` is info or warn.

    With `price` it is also a marker on the chart of `symbol`. `code` names the rule behind a refusal, for programs.
    """

    time_ns: int
    text: str
    level: str = "info"
    source: str = ""
    price: Decimal | None = None
    symbol: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one event led to.

    `seq` counts durable steps 1, 2, 3 ...; a replica that misses one asks for a snapshot. A step is
    not durable when it was market news that changed nothing but a price; it repeats the last `seq`.
    `before` holds the newest such news by symbol since the last durable step: replaying `before` and
    then `event` of every durable step, in order, leads to the same state.
    """

    seq: int
    event: Event
    before: tuple[MarketEvent, ...] = ()
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    commands: tuple[Command, ...] = ()
    notes: tuple[Note, ...] = ()
    durable: bool = True
