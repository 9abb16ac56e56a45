"""Strategies to choose from, their parameters, and those that run. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QObject, Signal

from tradedeck.domain.money import ZERO
from tradedeck.engine import Parameter, strategy_parameters
from tradedeck.ports.strategy import Strategy
from tradedeck.strategies import BUNDLED
from tradedeck_desktop.kit.figures import signed
from tradedeck_desktop.kit.table import Column, RowsModel

TIMEFRAMES = {"1 min": 60, "5 min": 300, "15 min": 900, "1 hour": 3600}
"""Names and seconds."""


@dataclass(frozen=True, slots=True)
class Running:
    """A strategy of this session."""

    strategy_id: str
    name: str
    symbol: str
    params: str
    size: Decimal
    size_decimals: int
    fills: int
    profit: Decimal
    running: bool


@dataclass(frozen=True, slots=True)
class Start:
    """What the user asks for."""

    name: str
    symbol: str
    timeframe_s: int
    params: Mapping[str, str]


COLUMNS: list[Column[Running]] = [
    Column("Strategy", lambda r: r.name, lambda r: r.name),
    Column("Symbol", lambda r: r.symbol, lambda r: r.symbol),
    Column("Parameters", lambda r: r.params, lambda r: r.params, tone=lambda _: "quiet"),
    Column("Position", lambda r: signed(r.size, r.size_decimals), lambda r: r.size, figure=True),
    Column("Fills", lambda r: str(r.fills), lambda r: r.fills, figure=True),
    Column(
        "Net",
        lambda r: signed(r.profit),
        lambda r: r.profit,
        figure=True,
        tone=lambda r: "up" if r.profit > ZERO else "down" if r.profit < ZERO else "",
    ),
    Column(
        "State", lambda r: "● running" if r.running else "stopped", lambda r: r.running,
        tone=lambda r: "up" if r.running else "quiet",
    ),
]  # fmt: skip


class StrategiesModel(QObject):
    """The choice, the form and the table; `start` and `stop` are handed in, and what there is to choose from."""

    changed = Signal()

    def __init__(
        self,
        start: Callable[[Start], None],
        stop: Callable[[str], None],
        strategies: Mapping[str, type[Strategy]] = BUNDLED,
    ) -> None:
        super().__init__()
        self._start, self._stop = start, stop
        self._strategies = strategies
        self.names = sorted(strategies, reverse=True)
        self.name = self.names[0]
        self.symbol = ""
        self.timeframe = "1 min"
        self.values: dict[str, str] = {}
        self.running = RowsModel(COLUMNS, lambda r: r.strategy_id)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the chosen strategy declares."""
        return strategy_parameters(self._strategies[self.name])

    @property
    def summary(self) -> str:
        """What the chosen strategy does, in its own words."""
        return (self._strategies[self.name].__doc__ or "").strip().splitlines()[0]

    def choose(self, name: str) -> None:
        """Choose a strategy; the form starts from its defaults."""
        self.name, self.values = name, {}
        self.changed.emit()

    def start(self) -> None:
        """Start it with what the form holds."""
        self._start(Start(self.name, self.symbol, TIMEFRAMES[self.timeframe], dict(self.values)))

    def stop(self, running: Running) -> None:
        """Stop a running one."""
        if running.running:
            self._stop(running.strategy_id)


def bounds_of(parameter: Parameter) -> str:
    """What a parameter may be, in words; empty where that is not limited."""
    if parameter.options:
        return ", ".join(parameter.options)
    return f"{parameter.low} – {parameter.high}" if parameter.low else ""
