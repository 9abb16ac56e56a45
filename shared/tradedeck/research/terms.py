"""Settings and an instrument as the kernel's whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, lcm

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import MAX_STEPS, Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries
from tradedeck.research.settings import Account, FeeTier, Margin, Path, Settings, Touch
from tradedeck.sim.kernel import layout
from tradedeck.sim.kernel.tiers import day_of

ORDERS_A_BAR = 4
ORDERS_MORE = 1000
"""A run may ask for this many orders: so many a bar, and some; a strategy that asks for more is stopped."""
_MOST_CASH = 2**60
"""In cash units: what whole numbers of 64 bits still add up."""
_BASE_UNIT = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Terms:
    """The kernel's terms of one market, and what its cash unit is worth in quote (inverse: base) units."""

    cells: tuple[int, ...]
    grid: Grid
    unit: Decimal
    fees: tuple[FeeTier, ...]

    @property
    def maker(self) -> Decimal:
        """What a maker pays in the first row of rates, as a fraction."""
        return self.fees[0].maker

    @property
    def taker(self) -> Decimal:
        """What a taker pays in the first row of rates, as a fraction."""
        return self.fees[0].taker

    @property
    def is_cross(self) -> bool:
        """Whether the whole account backs every position."""
        return not self.is_spot and not self.cells[layout.ISOLATED]

    @property
    def is_spot(self) -> bool:
        """Whether the account pays in full."""
        return self.cells[layout.ACCOUNT] == layout.SPOT


def terms_of(instrument: Instrument, settings: Settings, bars: int, start_ns: int = 0) -> Terms:
    """The terms of `instrument` for a run over so many bars, of which the first opens at `start_ns`.

    Raises:
        RefusedError: a setting that makes no sense.
    """
    _check(settings)
    inverse = settings.account is Account.INVERSE
    unit = _BASE_UNIT if inverse else instrument.tick * instrument.lot
    if settings.cash / unit > _MOST_CASH:
        raise RefusedError(f"cash of {settings.cash} is too much to count in steps of {unit}", code="research.setting")
    fees = settings.fees_for(instrument)
    den = lcm(*(rate.as_integer_ratio()[1] for tier in fees for rate in (tier.maker, tier.taker)))
    # Inverse contracts are worth the same in the quote asset at any price: their volume is counted in lots.
    step = instrument.lot if inverse else unit
    rows = [(_units(one.volume, step), int(Fraction(one.maker) * den), int(Fraction(one.taker) * den)) for one in fees]
    delays = settings.latency.delays_ns() if settings.latency else ()
    cells = [0] * layout.MIN_VOLUME + [number for row in rows for number in row] + list(delays)
    for cell, value in {
        **_of_market(instrument, settings, unit),
        **_of_account(settings, unit),
        layout.FEE_DEN: den,
        layout.TIERS: len(fees),
        layout.START_DAY: day_of(start_ns),
        layout.START_VOLUME: _units(settings.traded, step),
        layout.DELAYS: len(delays),
        layout.MAX_ORDERS: ORDERS_A_BAR * bars + ORDERS_MORE,
    }.items():
        cells[cell] = value
    return Terms(tuple(cells), grid_of(instrument), unit, fees)


def _of_market(instrument: Instrument, settings: Settings, unit: Decimal) -> dict[int, int]:
    """Steps and bounds of the instrument, and how its orders meet the price."""
    grid = grid_of(instrument)
    inverse = settings.account is Account.INVERSE
    return {
        layout.SLIPPAGE: settings.slippage_ticks,
        layout.AT_TOUCH: int(settings.touch is Touch.AT),
        layout.LATENCY_NS: settings.latency_ns,
        layout.PATH: list(Path).index(settings.path),
        layout.BOUNDED: int(settings.volume_share > 0),
        layout.MIN_LOTS: ceil(instrument.min_size / instrument.lot),
        layout.MAX_LOTS: int(instrument.max_size / instrument.lot),
        layout.MIN_NOTIONAL: 0 if inverse else ceil(instrument.min_notional / unit),
        layout.TICK_NUM: grid.tick_num,
        layout.TICK_DEN: grid.tick_den,
        layout.LOT_NUM: grid.lot_num,
        layout.LOT_DEN: grid.lot_den,
        layout.INVERSE_NUM: int(instrument.lot / instrument.tick / unit) if inverse else 0,
    }


def _of_account(settings: Settings, unit: Decimal) -> dict[int, int]:
    """What the account has and may do."""
    maintenance = settings.maintenance.as_integer_ratio()
    return {
        layout.ACCOUNT: list(Account).index(settings.account),
        layout.START_CASH: int(settings.cash / unit),
        layout.MAY_SHORT: int(settings.account is not Account.SPOT or settings.borrow_rate > 0),
        layout.ISOLATED: int(settings.margin is Margin.ISOLATED),
        layout.LEVERAGE: settings.leverage,
        layout.MAINTENANCE_NUM: maintenance[0],
        layout.MAINTENANCE_DEN: maintenance[1],
    }


def check_ticks(series: BarSeries, instrument: Instrument) -> None:
    """Raise RefusedError when prices have more ticks than can be counted."""
    if len(series) and series.range[1] / float(instrument.tick) > MAX_STEPS:
        raise RefusedError(f"{series.symbol}: prices have too many ticks; give a larger tick", code="data.ticks")


def _units(amount: Decimal, step: Decimal) -> int:
    """So much in whole steps, rounded up; what is more than can be counted is never reached."""
    return min(ceil(amount / step), _MOST_CASH)


def _check(settings: Settings) -> None:
    for name, value, low in (
        ("cash", settings.cash, Decimal(0)),
        ("slippage_ticks", settings.slippage_ticks, 0),
        ("latency_ns", settings.latency_ns, 0),
        ("volume_share", settings.volume_share, 0),
        ("leverage", settings.leverage, 1),
        ("maintenance", settings.maintenance, Decimal(0)),
        ("borrow_rate", settings.borrow_rate, Decimal(0)),
        ("traded", settings.traded, Decimal(0)),
    ):
        if not value >= low:
            raise RefusedError(f"{name} must be at least {low}, not {value}", code="research.setting")
    if settings.tiers:
        _check_tiers(settings)
    if settings.margin is Margin.ISOLATED and settings.account is Account.SPOT:
        raise RefusedError(
            "a spot account has no margin to isolate; choose a linear or an inverse account", code="research.setting"
        )


def _check_tiers(settings: Settings) -> None:
    if settings.maker is not None or settings.taker is not None:
        raise RefusedError("fee tiers and a fee of one's own contradict each other; give one", code="research.setting")
    volumes = [tier.volume for tier in settings.tiers]
    if volumes[0] != 0 or any(later <= earlier for earlier, later in pairwise(volumes)):
        raise RefusedError("fee tiers begin at a volume of 0 and rise from there", code="research.setting")
    if any(not abs(rate) < 1 for tier in settings.tiers for rate in (tier.maker, tier.taker)):
        raise RefusedError("a tier's fees are fractions of the notional, such as 0.001", code="research.setting")
