"""What an order by hand needs, what it would cost, and what is wrong with it. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QObject, Signal

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import exact, text
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck_desktop.kit.figures import amount

CONFIRM_S = 4
"""How long the question "really?" waits for its answer."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An order that may be placed."""

    symbol: str
    side: Side
    type: OrderType
    size: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    post_only: bool
    reduce_only: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown under the fields: an error, or what the order means in money."""

    error: str = ""
    field: str = ""
    notional: str = "–"
    fee: str = "–"
    sentence: str = ""


class TicketModel(QObject):
    """The fields as text, as typed. `place` is handed in and gets a checked draft."""

    changed = Signal()

    def __init__(self, place: Callable[[Draft], None]) -> None:
        super().__init__()
        self._place = place
        self._instrument: Instrument | None = None
        self._last: Decimal | None = None
        self.side, self.type, self.time_in_force = Side.BUY, OrderType.LIMIT, TimeInForce.GTC
        self.size, self.price, self.stop_price = "", "", ""
        self.post_only = self.reduce_only = False
        self.one_click = False
        self.armed = False
        self.refusal = ""
        self.real_money_at = ""

    @property
    def instrument(self) -> Instrument | None:
        """What would be traded."""
        return self._instrument

    def use(self, instrument: Instrument, real_money_at: str = "") -> None:
        """Trade another symbol; what was typed for the old one goes. The question names where real money is."""
        self.real_money_at = real_money_at
        self._instrument, self._last = instrument, None
        self.size = self.price = self.stop_price = ""
        self._touched()

    def set_last(self, price: Decimal) -> None:
        """The newest price; previews follow it."""
        if price != self._last:
            self._last = price
            self.changed.emit()

    def set(self, **fields: object) -> None:
        """Change fields by name; an armed order must be asked for again."""
        for name, value in fields.items():
            setattr(self, name, value)
        self._touched()

    def fill_price(self) -> None:
        """Put the last price into the empty price field."""
        if self._last is not None and self._instrument is not None:
            self.set(price=text(self._instrument.round_price(self._last, self.side)))

    def draft(self) -> Draft:
        """The order as typed.

        Raises:
            RefusedError: something is missing or against the instrument's rules; `code` ends with the field.
        """
        instrument = self._instrument
        if instrument is None:
            raise RefusedError("choose a symbol first", code="ticket.symbol")
        size = _number(self.size, "size")
        price = _number(self.price, "price") if self.type.has_price else None
        stop = _number(self.stop_price, "stop price") if self.type.has_stop else None
        instrument.check_size(size)
        for name, value in (("price", price), ("stop price", stop)):
            if value is not None:
                instrument.check_price(value, name)
        if (reference := price or stop or self._last) is not None:
            instrument.check_notional(reference, size)
        limit = self.type is OrderType.LIMIT
        return Draft(
            instrument.symbol,
            self.side,
            self.type,
            size,
            price,
            stop,
            self.time_in_force if self.type.has_price else TimeInForce.GTC,
            self.post_only and limit,
            self.reduce_only,
        )

    def preview(self) -> Preview:
        """What the order means, or what is wrong with it; quiet about fields not typed yet."""
        if not self.size:
            return Preview()
        try:
            draft = self.draft()
        except RefusedError as error:
            return Preview(error=error.message, field=_field_of(error))
        reference = draft.price or draft.stop_price or self._last
        instrument = self._instrument
        if reference is None or instrument is None:
            return Preview()
        notional = reference * draft.size
        rate = instrument.fees.maker if draft.post_only else instrument.fees.taker
        about = "" if draft.price else "≈ "
        money = f"{about}{amount(notional, 2)} {instrument.quote}"
        return Preview(
            notional=money,
            fee=f"≤ {amount(notional * rate, 4)} {instrument.quote}",
            sentence=f"{draft.side.value} {text(draft.size)} {instrument.base} for {money}",
        )

    def submit(self) -> None:
        """Ask "really?" the first time, place the order the second; at once with `one_click`."""
        preview = self.preview()
        if preview.error or not self.size:
            self.changed.emit()
            return
        if self.one_click or self.armed:
            self.armed, self.refusal = False, ""
            self._place(self.draft())
        else:
            self.armed = True
        self.changed.emit()

    def refuse(self, why: str) -> None:
        """The order just placed was refused; says so until something is typed."""
        self.refusal = why
        self.changed.emit()

    def question(self) -> str:
        """What is asked before an order leaves: the money, and whose it is when it is real."""
        asked = f"Really {self.preview().sentence}?"
        return f"{asked}\nLIVE: {self.real_money_at}" if self.real_money_at else asked

    def disarm(self) -> None:
        """The question was not answered in time."""
        if self.armed:
            self.armed = False
            self.changed.emit()

    def _touched(self) -> None:
        self.armed, self.refusal = False, ""
        self.changed.emit()


def _number(typed: str, name: str) -> Decimal:
    if not typed.strip():
        raise RefusedError(f"enter a {name}", code=f"ticket.{name}")
    try:
        return exact(typed.strip().replace(",", ""))
    except RefusedError as error:
        raise RefusedError(f"{name}: {error.message}", code=f"ticket.{name}") from error


def _field_of(error: RefusedError) -> str:
    if "stop" in error.code or error.message.startswith("stop"):
        return "stop_price"
    if error.code in ("filter.PRICE_FILTER", "ticket.price"):
        return "price"
    return "size"
