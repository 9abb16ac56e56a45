"""What the contract has to know of a market: its rules, and where to look in the sandbox that plays it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tradedeck.domain.instrument import Kind
from tradedeck.sandbox.core import DEFAULT_KEY
from tradedeck.sandbox.server import RunningSandbox

SYMBOL = "BTCUSDT"


@dataclass(frozen=True, slots=True)
class Rules:
    """The venue's rules of the one symbol."""

    kind: Kind
    venue: str
    tick: Decimal
    lot: Decimal
    max_size: Decimal
    min_notional: Decimal
    maker: Decimal
    taker: Decimal
    deposit: Decimal
    too_poor: str
    """What the venue says when the account can't pay."""
    would_take: str
    """What it says of a post-only order that would take."""


@dataclass
class Kept:
    """An order as the sandbox keeps it."""

    client_order_id: str
    side: str
    size: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    post_only: bool


class Market(ABC):
    """A market of the running sandbox."""

    name: str
    rules: Rules
    order_path: str

    def __init__(self, running: RunningSandbox) -> None:
        self._running = running

    @property
    @abstractmethod
    def hub(self) -> Any:
        """Who is connected."""

    @property
    @abstractmethod
    def now_ns(self) -> int:
        """The market's time."""

    @property
    @abstractmethod
    def last(self) -> Decimal:
        """The last price."""

    @property
    @abstractmethod
    def closed_candles(self) -> Any:
        """Minutes that have closed."""

    @abstractmethod
    def working(self) -> list[Kept]:
        """Orders that work on the default account."""

    @abstractmethod
    def silence_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The account's stream says nothing any more."""

    @abstractmethod
    def garble_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answers to orders hold an amount that is none."""


class Spot(Market):
    """Binance spot."""

    name = "spot"
    order_path = "/api/v3/order"
    rules = Rules(
        kind=Kind.SPOT,
        venue="binance",
        tick=Decimal("0.01"),
        lot=Decimal("0.00001"),
        max_size=Decimal(9_000),
        min_notional=Decimal(5),
        maker=Decimal("0.001"),
        taker=Decimal("0.001"),
        deposit=Decimal(1_000_000),
        too_poor="insufficient balance",
        would_take="immediately match",
    )

    @property
    def hub(self) -> Any:
        return self._running.sandbox.hub

    @property
    def now_ns(self) -> int:
        return self._running.sandbox.exchange.now_ns

    @property
    def last(self) -> Decimal:
        price = self._running.sandbox.exchange.books[SYMBOL].last
        assert price is not None
        return price

    @property
    def closed_candles(self) -> Any:
        return self._running.sandbox.market.candles.closed

    def working(self) -> list[Kept]:
        orders = self._running.sandbox.exchange.open_orders(DEFAULT_KEY)
        return [Kept(o.client_order_id, o.side, o.size, o.price, o.stop_price, o.post_only) for o in orders]

    def silence_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def swallow(*_: object) -> None:
            """Nobody is told."""

        monkeypatch.setattr(self.hub, "publish_account", swallow)

    def garble_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        part: dict[str, Any] = {"price": "1", "qty": "1", "commission": None, "commissionAsset": "USDT", "tradeId": 1}

        def garbled(_: object) -> dict[str, Any]:
            return part

        monkeypatch.setattr("tradedeck.sandbox.wire._fill_part", garbled)


class Usdm(Market):
    """Binance USD-M perpetuals."""

    name = "usdm"
    order_path = "/fapi/v1/order"
    rules = Rules(
        kind=Kind.LINEAR,
        venue="binance-usdm",
        tick=Decimal("0.1"),
        lot=Decimal("0.001"),
        max_size=Decimal(1_000),
        min_notional=Decimal(100),
        maker=Decimal("0.0002"),
        taker=Decimal("0.0005"),
        deposit=Decimal(1_000_000),
        too_poor="Margin is insufficient",
        would_take="Post Only",
    )

    @property
    def _venue(self) -> Any:
        return self._running.venues["usdm"]

    @property
    def hub(self) -> Any:
        return self._venue.hub

    @property
    def now_ns(self) -> int:
        return self._venue.exchange.now_ns

    @property
    def last(self) -> Decimal:
        return self._venue.exchange.prices[SYMBOL].last

    @property
    def closed_candles(self) -> Any:
        return self._venue.candles[SYMBOL].closed

    def working(self) -> list[Kept]:
        account = self._venue.exchange.accounts[DEFAULT_KEY]
        kept = [
            Kept(o.client_order_id, o.side, o.size, o.price, o.stop_price, o.post_only)
            for o in account.open_orders(SYMBOL)
        ]
        return kept + [
            Kept(c.client_order_id, c.side, c.size, c.price, c.trigger_price, False)
            for c in account.conditionals.values()
            if c.state == "waiting"
        ]

    def silence_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        publish: Callable[..., None] = self.hub.publish

        def market_only(stream: str, make: object) -> None:
            if "@" in stream:
                publish(stream, make)

        monkeypatch.setattr(self.hub, "publish", market_only)

    def garble_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def garbled(*_: object) -> dict[str, Any]:
            return {"orderId": 1, "updateTime": 1, "executedQty": None, "status": "NEW"}

        monkeypatch.setattr("tradedeck.sandbox.usdm.trading._shown", garbled)


MARKETS: dict[str, type[Market]] = {market.name: market for market in (Spot, Usdm)}
