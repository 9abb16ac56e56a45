"""Delta Exchange, as a feed, a broker and something to ask."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tradedeck.domain.errors import RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import Canceled, CancelRejected, Command, Event, Filled, Place, Rejected, Unknown
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order
from tradedeck.ports.account import VenueFill
from tradedeck.ports.health import Health
from tradedeck.providers.delta import messages, orders
from tradedeck.providers.delta.account import DeltaAccount, Json, ask
from tradedeck.providers.delta.fills import FillReader
from tradedeck.providers.delta.mailbox import Mailbox
from tradedeck.providers.delta.news import News
from tradedeck.providers.delta.outcomes import Outcome, VenueError
from tradedeck.providers.delta.quota import shared_quota
from tradedeck.providers.delta.rest import Rest
from tradedeck.providers.delta.signer import Signer
from tradedeck.providers.delta.streams import Stream, Streams

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where one of the venue's sites is: REST, public and private websockets."""

    rest: str
    public: str
    private: str


SITES: dict[str, Hosts] = {
    "india": Hosts(
        "https://api.india.delta.exchange",
        "wss://public-socket.india.delta.exchange",
        "wss://socket.india.delta.exchange",
    ),
    "global": Hosts("https://api.delta.exchange", "wss://socket.delta.exchange", "wss://socket.delta.exchange"),
    "india-testnet": Hosts(
        "https://cdn-ind.testnet.deltaex.org",
        "wss://socket-ind-pub.testnet.deltaex.org",
        "wss://socket-ind.testnet.deltaex.org",
    ),
    "global-testnet": Hosts(
        "https://testnet-api.delta.exchange",
        "wss://testnet-socket.delta.exchange",
        "wss://testnet-socket.delta.exchange",
    ),
}
"""The venue's sites by name. Accounts, keys and product numbers of one mean nothing to another."""
CONNECT_S = 15.0
"""How long the streams may take to start."""
_MARKET_CHANNELS = ("trades", "ob_l1", "candlestick_1m")
_ACCOUNT_CHANNELS = ("orders", "v2/user_trades")


class DeltaVenue(DeltaAccount):
    """One account at Delta Exchange. `url` points at a server that speaks its wire; "" is the real venue at `site`.

    Without a key it still gives prices and bars, enough to watch and to trade on paper.
    """

    def __init__(self, key: str, secret: str, *, site: str = "india", url: str = "") -> None:
        if site not in SITES:
            raise RefusedError(
                f"Delta Exchange has no site {site}; choose one of {', '.join(SITES)}", code="venue.site"
            )
        base = url.rstrip("/")
        stream_base = "ws" + base.removeprefix("http")
        self._hosts = Hosts(base, f"{stream_base}/public-socket", f"{stream_base}/socket") if base else SITES[site]
        super().__init__(Signer(key, secret), shared_quota(self._hosts.rest, key))
        self._mailbox = Mailbox()
        self._streams: Streams | None = None
        self._fills: FillReader | None = None
        self._news: News | None = None

    async def connect(self, symbols: Sequence[str]) -> None:
        """Load instruments and start the streams of `symbols`; returns once they are subscribed.

        Raises:
            UnavailableError: the venue can't be reached.
            UnauthenticatedError: it does not accept the key.
            RefusedError: it does not list a symbol, or not as something that is traded here.
        """
        await self._disconnect()
        self._rest = rest = Rest(self._hosts.rest, self._signer, self._quota)
        try:
            await ask(rest.set_clock())
            await self._load_instruments()
            wanted = [self._instrument(symbol) for symbol in symbols]
            self._fills = fills = FillReader(self.fills, self._tell_fills, self._missed)
            if self._signer.key:
                for instrument in wanted:
                    fills.know(await self._newest_fills(instrument))
            self._news = news = News(
                {one.symbol: one for one in wanted},
                self._names,
                fills,
                self._mailbox.put,
                self._missed,
                lambda symbol, start_ns, end_ns: self._bars_between(symbol, messages.MINUTE_NS, start_ns, end_ns),
            )
            self._streams = Streams(rest.session, self._signer, self._wanted_streams(symbols), news.take, news.restart)
            await self._streams.start(CONNECT_S)
        except BaseException:
            await self._disconnect()
            raise

    def __aiter__(self) -> AsyncIterator[Event]:
        """Market news and reports until the venue is closed."""
        return self._mailbox.__aiter__()

    def health(self) -> Health:
        """How the connection is doing."""
        return self._streams.health() if self._streams else Health("connecting")

    async def close(self) -> None:
        """End every connection; the feed ends."""
        await self._disconnect()
        self._mailbox.close()

    # Orders

    async def send(self, command: Command) -> None:
        """Place or cancel, once. The answer is in the feed when this returns."""
        if isinstance(command, Place):
            await self._place(command.order)
        else:
            await self._cancel(command.order)

    async def _place(self, order: Order) -> None:
        try:
            api, instrument = self._api, self._instrument(order.symbol)
            body = orders.order_body(order, instrument)
        except (RefusedError, UnavailableError) as error:
            self._mailbox.put([Rejected(order.client_order_id, order.updated_ns, error.message, error.code)])
            return
        try:
            raw: Json = await api.order("POST", "/v2/orders", body)
            self._names.learn(orders.order_id(raw), order.client_order_id)
            self._mailbox.put([orders.accepted(raw, order.client_order_id)])
            await self._tell_done(raw, instrument)
            self._mailbox.put(orders.ended(raw, order.client_order_id))
        except VenueError as error:
            self._mailbox.put([_not_placed(order, error)])
            await self._mend_clock(error)
        except (RefusedError, KeyError, TypeError, ValueError) as error:
            # The venue has answered: whatever can't be read in it, the order may be there.
            self._mailbox.put([Unknown(order.client_order_id, order.updated_ns, f"a garbled answer: {error!r}")])

    async def _cancel(self, order: Order) -> None:
        try:
            instrument = self._instrument(order.symbol)
            asked: dict[str, Any] = {"product_id": int(instrument.venue_id)}
            if order.venue_order_id.isdigit():
                asked["id"] = int(order.venue_order_id)
            else:
                asked["client_order_id"] = order.client_order_id
            raw: Json = await self._api.order("DELETE", "/v2/orders", asked)
            await self._tell_done(raw, instrument)
            self._mailbox.put([Canceled(order.client_order_id, orders.moment(raw))])
        except (VenueError, TradedeckError, KeyError, TypeError, ValueError) as error:
            reason = error.reason if isinstance(error, VenueError) else str(error)
            if not isinstance(error, VenueError | RefusedError) or (
                isinstance(error, VenueError) and error.outcome in (Outcome.UNKNOWN, Outcome.CLOCK)
            ):
                reason = f"the venue did not answer the cancel ({reason}); cancel again if it still works"
            self._mailbox.put([CancelRejected(order.client_order_id, order.updated_ns, reason)])
            if isinstance(error, VenueError):
                await self._mend_clock(error)

    async def _tell_done(self, raw: Json, instrument: Instrument) -> None:
        """Read what the order has traded; what the records do not show yet is read for again behind this."""
        done = orders.done_size(raw, instrument)
        if not done or self._fills is None:
            return
        with suppress(TradedeckError, KeyError, TypeError, ValueError):
            self._fills.take(await self.fills(instrument.symbol, messages.time_ns(raw["created_at"])))
        self._fills.hint(instrument.symbol, orders.order_id(raw), done)

    async def _mend_clock(self, error: VenueError) -> None:
        if error.outcome is Outcome.CLOCK:
            with suppress(VenueError, UnavailableError):
                await self._api.set_clock()

    # Inside

    async def _newest_fills(self, instrument: Instrument) -> list[VenueFill]:
        """The last page of fills: they are older than the connection, and nobody is told of them."""
        rows = (await ask(self._api.page("/v2/fills", {"product_ids": instrument.venue_id, "page_size": 50})))["result"]
        return [VenueFill(messages.fill(row, instrument, ""), str(row["order_id"])) for row in rows]

    def _tell_fills(self, fills: Iterable[VenueFill]) -> None:
        """Those of orders with a client order id; others are told by `fills` to whoever asks."""
        self._mailbox.put(Filled(one.fill, one.venue_order_id) for one in fills if one.fill.client_order_id)

    def _missed(self, reason: str) -> None:
        if self._streams is not None:
            self._streams.missed(reason)

    def _wanted_streams(self, symbols: Sequence[str]) -> list[Stream]:
        named = tuple(symbols)
        market = tuple((channel, named) for channel in _MARKET_CHANNELS)
        streams = [Stream("market", self._hosts.public, market)]
        if self._signer.key:
            account = tuple((channel, named) for channel in _ACCOUNT_CHANNELS)
            streams.append(Stream("account", self._hosts.private, account, private=True))
        return streams

    async def _disconnect(self) -> None:
        streams, rest, fills, news = self._streams, self._rest, self._fills, self._news
        self._streams = self._rest = self._fills = self._news = None
        if streams is not None:
            await streams.stop()
        if news is not None:
            await news.stop()
        if fills is not None:
            await fills.stop()
        if rest is not None:
            await rest.close()


def _not_placed(order: Order, error: VenueError) -> Rejected | Unknown:
    if error.outcome is Outcome.UNKNOWN:
        return Unknown(order.client_order_id, order.updated_ns, error.reason)
    return Rejected(order.client_order_id, order.updated_ns, error.reason, error.code)
