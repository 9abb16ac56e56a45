"""Any small market, any plan of orders over it, any terms: what the properties of research are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.shared.research.scripted import COIN, Bar, Plan, fees, scripted, series
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import FillView, Strategy
from tradedeck.research.settings import Account, Margin, Path, Settings, Touch

CHARGED = fees("0.0002", "0.0005", COIN)


@dataclass(frozen=True)
class Case:
    """One market, one plan and the terms it runs on."""

    bars: list[Bar]
    steps: list[tuple[int, int, int, int]]
    settings: Settings
    answers: bool

    @property
    def series(self) -> BarSeries:
        return series(*self.bars)

    @property
    def kind(self) -> type[Strategy]:
        """A new strategy that follows the plan."""
        return scripted(plan_of(self.steps), answer if self.answers else None)


def answer(strategy: Strategy, fill: FillView) -> None:
    """Close every third fill's size at once."""
    if fill.order % 3 == 0 and strategy.working < 5:
        (strategy.sell if fill.side > 0 else strategy.buy)(fill.size)


def plan_of(steps: list[tuple[int, int, int, int]]) -> Plan:
    """Each step: the bar, what is done, the lots, and how many ticks away."""
    plan: dict[int, Callable[[Strategy], object]] = {}
    for bar, verb, lots, away in steps:
        plan[bar] = _step(VERBS[verb], lots, away)
    return plan


def _step(verb: Verb, lots: int, away: int) -> Callable[[Strategy], object]:
    return lambda strategy: verb(strategy, float(lots), strategy.desk.last_close(None), float(away))


Verb = Callable[[Any, float, float, float], object]
PLAIN: tuple[Verb, ...] = (
    lambda s, n, p, d: s.buy(n),
    lambda s, n, p, d: s.sell(n),
    lambda s, n, p, d: s.target(n),
    lambda s, n, p, d: s.close(),
)
VERBS: tuple[Verb, ...] = (
    *PLAIN,
    lambda s, n, p, d: s.buy(n, price=p - d, take=p + d, loss=p - 3 * d),
    lambda s, n, p, d: s.buy(n, take=p + d, trail=d),
    lambda s, n, p, d: s.sell(n, loss=p + d),
    lambda s, n, p, d: s.sell(n, price=p + d, post_only=True),
    lambda s, n, p, d: s.buy(n, stop=p + d),
    lambda s, n, p, d: s.sell(n, stop=p - d, price=p - 2 * d),
    lambda s, n, p, d: s.buy(n, stop=p + d, price=p + d),
    lambda s, n, p, d: s.buy(n, price=p + d, tif="ioc"),
    lambda s, n, p, d: s.sell(n, price=p, tif="day", good_for_hours=0.05),
    lambda s, n, p, d: s.buy(n, price=p - d, show=max(n // 3, 1.0)),
    lambda s, n, p, d: s.oco(n, take=p + d, loss=p - d),
    lambda s, n, p, d: s.trail(n, distance=d),
    lambda s, n, p, d: s.sell(n, price=p + d, reduce_only=True),
    lambda s, n, p, d: [s.replace(one, price=p - d) for one in s.desk.working[:1]],
    lambda s, n, p, d: [s.replace(one, size=n) for one in s.desk.working[-1:]],
    lambda s, n, p, d: s.cancel_all(),
    lambda s, n, p, d: s.target_weight(0.5),
)


@st.composite
def markets(draw: st.DrawFn, most: int = 40) -> list[Bar]:
    """Consistent bars around 100 ticks; every bar may open away from the last close."""
    price = 100
    bars: list[Bar] = []
    steps = st.tuples(
        st.integers(-3, 3), st.integers(-8, 8), st.integers(0, 6), st.integers(0, 6), st.integers(0, 60)
    )  # fmt: skip
    for jump, move, up, down, volume in draw(st.lists(steps, min_size=8, max_size=most)):
        open_ = max(price + jump, 20)
        price = max(open_ + move, 20)
        bars.append((open_, max(open_, price) + up, min(open_, price) - down, price, volume))
    return bars


@st.composite
def terms(draw: st.DrawFn, *, plain: bool = False) -> Settings:
    """Any settings; `plain`: those the light desk takes."""
    account = Account.SPOT if plain else draw(st.sampled_from(list(Account)))
    return Settings(
        cash=Decimal(draw(st.sampled_from([900, 5_000, 100_000]))) / (100 if account is Account.INVERSE else 1),
        slippage_ticks=draw(st.integers(0, 2)),
        latency_ns=0 if plain else draw(st.sampled_from([0, 0, 7, 30, 61, 200])) * 10**9,
        path=draw(st.sampled_from(list(Path))),
        touch=draw(st.sampled_from(list(Touch))),
        volume_share=draw(st.sampled_from([0.0, 0.3, 1.0])),
        account=account,
        margin=Margin.CROSS if account is Account.SPOT else draw(st.sampled_from(list(Margin))),
        leverage=1 if plain else draw(st.integers(1, 5)),
        borrow_rate=Decimal(0) if plain else Decimal(draw(st.sampled_from([0, 0, 500]))),
    )


@st.composite
def cases(draw: st.DrawFn, *, plain: bool = False) -> Case:
    """Any case; `plain`: market orders mostly, on terms that the light desk takes."""
    bars = draw(markets())
    many: list[int] = [0, 1, 2, 2, 3] if plain else []
    verbs = st.sampled_from([*range(len(PLAIN)), *many, *range(len(VERBS))])
    step = st.tuples(st.integers(0, len(bars) - 1), verbs, st.integers(1, 30), st.integers(1, 5))
    return Case(
        bars, draw(st.lists(step, min_size=1, max_size=25)), draw(terms(plain=plain)), not plain and draw(st.booleans())
    )
