"""The risk gate that is on by default. Pure: its only time is that of the account's events."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import ACCOUNT_SCOPE, USER_SCOPE, PlaceOrder
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.limits import NO_LIMITS, Limits, tightest
from tradedeck.domain.money import ZERO
from tradedeck.engine.risk import rules
from tradedeck.engine.risk.day import Day
from tradedeck.engine.risk.scope import Scope
from tradedeck.engine.risk.windows import Newest, Window
from tradedeck.ports.risk import Account

SECOND_NS = 10**9
_MS_NS = 10**6
_LONGEST_DUPLICATE_NS = MINUTE_NS


class LimitGate:
    """Checks a wish against the venue's rules and the limits of the account, the user and its source.

    The tightest wins. `user` are limits that a user has on each of their accounts; `sources` those of strategies by
    name or id, or of manual orders, measured on their own orders and positions alone.
    """

    def __init__(
        self, limits: Limits | None = None, *, user: Limits = NO_LIMITS, sources: Mapping[str, Limits] | None = None
    ) -> None:
        self._scopes: dict[str, Limits] = {ACCOUNT_SCOPE: limits or Limits(), USER_SCOPE: user, **(sources or {})}
        self._whole = tightest(self._scopes[ACCOUNT_SCOPE], user)
        self._earned_before: dict[str, Decimal] = {}
        self._minute = Window(MINUTE_NS)
        self._second = Window(SECOND_NS)
        self._sent = Newest(_LONGEST_DUPLICATE_NS)
        self._day = Day()

    def check(self, wish: PlaceOrder, instrument: Instrument, account: Account) -> None:
        """Return when `wish` may go out. What protects a position must only keep the venue's rules.

        Raises:
            RefusedError: it may not; the message names the limit.
        """
        whole, own = self._scopes_of(wish, account)
        last = account.portfolio.last_prices.get(wish.symbol)
        rules.check_shape(wish, instrument)
        rules.check_venue(wish, instrument, last)
        if wish.protects and Scope(NO_LIMITS, account, 0, wish.source).closes(wish):
            return
        if wish.reduce_only:
            rules.check_reduces(wish, whole)
            self._check_exit(wish, whole, own, last)
        elif last is None:
            raise RefusedError(f"no price for {wish.symbol} yet; wait for the first trade", code="risk.no_price")
        else:
            self._check_risk(wish, instrument, whole, own, last)
        self._remember(wish, whole.now_ns)

    def count(self, source: str, account: Account) -> None:
        """Count a message of a strategy.

        Raises:
            RefusedError: it sends so many that it must be stopped.
        """
        most = self._of_source(source, account).max_messages_per_second
        if most is None:
            return
        now_ns = account.portfolio.now_ns
        self._second.add(source, now_ns)
        if (messages := self._second.count(source, now_ns)) > most:
            raise RefusedError(
                f"{messages} orders and cancels within a second are over the limit of {most}"
                f" (max_messages_per_second of {source})",
                code="risk.max_messages_per_second",
            )

    def begin_day(self, account: Account) -> None:
        """Measure losses from here."""
        self._day.begin(account)

    def set_limits(self, scope: str, limits: Limits, account: Account) -> None:
        """From now on these are the limits of `scope`."""
        self._scopes[scope] = limits
        self._whole = tightest(self._scopes[ACCOUNT_SCOPE], self._scopes[USER_SCOPE])
        if scope == ACCOUNT_SCOPE:
            quotes = {instrument.quote for instrument in account.instruments.values()}
            self._earned_before = {quote: Scope(limits, account, 0).total(quote) for quote in quotes}

    def limits_of(self, scope: str) -> Limits:
        """The limits of a scope as they were set; no limits where none were."""
        return self._scopes.get(scope, NO_LIMITS)

    # Inside

    def _scopes_of(self, wish: PlaceOrder, account: Account) -> tuple[Scope, Scope | None]:
        """The whole account, and the source by itself where it has limits of its own."""
        own = self._own(wish.source, account)
        now_ns = max(account.portfolio.now_ns, wish.time_ns)
        whole = Scope(self._whole, account, now_ns)
        return whole, None if own is NO_LIMITS else Scope(own, account, now_ns, wish.source)

    def _own(self, source: str, account: Account) -> Limits:
        """A strategy may have limits by its name and by its id."""
        by_id = self._scopes.get(source, NO_LIMITS)
        start = account.started.get(source)
        by_name = NO_LIMITS if start is None else self._scopes.get(start.name, NO_LIMITS)
        return by_id if by_name is NO_LIMITS else tightest(by_id, by_name)

    def _of_source(self, source: str, account: Account) -> Limits:
        return tightest(self._whole, self._own(source, account))

    def _check_risk(
        self, wish: PlaceOrder, instrument: Instrument, whole: Scope, own: Scope | None, last: Decimal
    ) -> None:
        """What adds risk, or might."""
        reference = wish.price or wish.stop_price or last
        for scope in (whole,) if own is None else (whole, own):
            rules.check_collar(wish, scope, last)
            rules.check_order(wish, scope, reference)
            rules.check_position(wish, scope, max(reference, last))
            if not scope.shrinks(wish.symbol, wish.side, wish.size):
                rules.check_price_age(wish, scope)
                rules.check_leverage(wish, scope, instrument, max(reference, last), self._equity(scope, instrument))
                rules.check_daily_loss(scope, instrument, self._day)
        self._check_rate(wish, whole)
        self._check_duplicate(wish, whole, own)

    def _check_exit(self, wish: PlaceOrder, whole: Scope, own: Scope | None, last: Decimal | None) -> None:
        """What can only shrink a position: no more than a typing error, a double click or a ban may stop it."""
        for scope in (whole,) if own is None else (whole, own):
            if last is not None and not rules.is_stale(wish.symbol, scope):
                rules.check_collar(wish, scope, last)
        self._check_account_rate(whole.now_ns)
        self._check_duplicate(wish, whole, own)

    def _equity(self, scope: Scope, instrument: Instrument) -> Decimal | None:
        """What backs perpetuals now; None when nobody has told."""
        start = None if scope.source is None else scope.account.started.get(scope.source)
        known = scope.limits.equity if start is None else start.capital
        if known is None:
            return None
        before = self._earned_before.get(instrument.quote, ZERO) if scope.source is None else ZERO
        return known + scope.total(instrument.quote) - before

    def _check_rate(self, wish: PlaceOrder, whole: Scope) -> None:
        most = self._of_source(wish.source, whole.account).max_orders_per_minute
        sent = self._minute.count(wish.source, whole.now_ns)
        if most is not None and sent >= most:
            raise RefusedError(
                f"{wish.source} has sent {sent} orders within a minute, the limit is {most}; it must slow down"
                " (max_orders_per_minute)",
                code="risk.max_orders_per_minute",
            )
        self._check_account_rate(whole.now_ns)

    def _check_account_rate(self, now_ns: int) -> None:
        most = self._whole.max_account_orders_per_minute
        sent = self._minute.count(None, now_ns)
        if most is not None and sent >= most:
            raise RefusedError(
                f"the account has sent {sent} orders within a minute, the limit is {most}; wait a moment"
                " (max_account_orders_per_minute)",
                code="risk.max_account_orders_per_minute",
            )

    def _check_duplicate(self, wish: PlaceOrder, whole: Scope, own: Scope | None) -> None:
        account = whole.account
        # A grid may want the same order twice; a person's double click or a webhook sent twice does not.
        limits = self._of_source(wish.source, account) if wish.source not in account.started else None
        if limits is None and own is not None:
            limits = own.limits
        window_ms = None if limits is None else limits.duplicate_window_ms
        age_ns = self._sent.age_ns(_same(wish), whole.now_ns)
        if window_ms is not None and age_ns is not None and age_ns < window_ms * _MS_NS:
            raise RefusedError(
                f"the same order was sent {age_ns // _MS_NS} ms ago and counts once; to have it twice wait"
                f" {window_ms} ms (duplicate_window_ms)",
                code="risk.duplicate_window_ms",
            )

    def _remember(self, wish: PlaceOrder, now_ns: int) -> None:
        for key in (wish.source, None):
            self._minute.add(key, now_ns)
            # Forgets what has left the window, even where nobody limits the rate.
            self._minute.count(key, now_ns)
        self._sent.add(_same(wish), now_ns)


def _same(wish: PlaceOrder) -> tuple[str | Decimal | None, ...]:
    """What makes two wishes the same one, sent twice."""
    return (wish.source, wish.symbol, wish.side, wish.type, wish.size, wish.price, wish.stop_price)
