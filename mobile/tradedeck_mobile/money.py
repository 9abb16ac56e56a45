"""What an account is worth and holds. Pure, except for asking the venue for balances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.money import ZERO, exact, text
from tradedeck.execution import Session
from tradedeck.execution.compose import PAPER_BALANCE
from tradedeck.sync import PositionRow

DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Holding:
    """A position: size in base, the rest in the quote asset. `profit` is realised and open, less fees."""

    symbol: str
    size: Decimal
    entry: Decimal | None
    mark: Decimal | None
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    fills: int

    @property
    def profit(self) -> Decimal:
        """Realised and unrealised profit less fees."""
        return self.realised + self.unrealised - self.fees


@dataclass(frozen=True, slots=True)
class Worth:
    """What an account is worth in the quote asset, at the venue's time."""

    amount: Decimal
    time_ns: int


def holdings_of(session: Session) -> tuple[Holding, ...]:
    """Positions of this device alone."""
    portfolio = session.engine.portfolio
    return tuple(
        Holding(
            symbol=symbol,
            size=position.size,
            entry=position.average_price,
            mark=portfolio.last_prices.get(symbol),
            realised=position.realised,
            unrealised=portfolio.unrealised(symbol),
            fees=position.fees,
            fills=position.fills,
        )
        for symbol, position in sorted(portfolio.positions.items())
    )


def holdings_of_cloud(rows: Iterable[PositionRow]) -> tuple[Holding, ...]:
    """Positions of all devices as the cloud adds them up."""
    return tuple(
        Holding(
            symbol=row.symbol,
            size=row.size,
            entry=row.cost / row.size if row.size else None,
            mark=row.mark,
            realised=row.realised,
            unrealised=row.unrealised,
            fees=row.fees,
            fills=row.fills,
        )
        for row in rows
    )


async def worth_of(session: Session, symbols: Sequence[str]) -> Worth | None:
    """What the account holds of the assets of `symbols`, at the last prices; None while a price is missing.

    Raises:
        UnavailableError: the venue does not say what the account holds.
    """
    if session.mode == "paper":
        profit = sum((holding.profit for holding in holdings_of(session)), ZERO)
        return Worth(PAPER_BALANCE + profit, session.now_ns())
    held = {balance.asset: balance.free + balance.locked for balance in await session.provider.balances()}
    instruments = [session.instruments[symbol] for symbol in symbols]
    prices = {instrument.quote: Decimal(1) for instrument in instruments[:1]}
    for instrument in instruments:
        price = session.engine.last_price(instrument.symbol)
        if held.get(instrument.base) and price is None:
            return None
        prices.setdefault(instrument.base, price or ZERO)
    amount = sum((held.get(asset, ZERO) * price for asset, price in prices.items()), ZERO)
    return Worth(amount, session.now_ns())


def day_change(kept: str, day: int, amount: Decimal) -> tuple[str, Decimal, Decimal | None]:
    """The change since the first figure of `day` (days since 1970, UTC), which `kept` remembers.

    Gives what to remember from now on, the change, and the change as a fraction.
    """
    kept_day, _, kept_amount = kept.partition(" ")
    start = exact(kept_amount) if kept_day == str(day) else amount
    change = amount - start
    return f"{day} {text(start)}", change, change / start if start else None
