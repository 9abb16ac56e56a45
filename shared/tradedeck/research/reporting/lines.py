"""The lines a strategy declares, by names people know, for the chart and for `why`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradedeck.history.series import Floats
from tradedeck.ports.strategy import Strategy
from tradedeck.ports.views import Market
from tradedeck.research.declared import ColumnLine, Declared
from tradedeck.research.lines import Columns
from tradedeck.research.result import Run


class _Named(Declared):
    """Remembers what each line was called when it was declared."""

    names: dict[str, ColumnLine]

    def line(
        self, indicator: str, *lengths: float, source: str = "close", output: str = "", market: Market | None = None,
        timeframe: str = "",
    ) -> ColumnLine:  # fmt: skip
        made = super().line(indicator, *lengths, source=source, output=output, market=market, timeframe=timeframe)
        parts = [indicator, *(f"{length:g}" for length in lengths), output, timeframe]
        parts.append(source if source != "close" else "")
        parts.append(market.symbol if market else "")
        self.names[" ".join(part for part in parts if part)] = made
        return made

    def funding(self, market: Market | None = None) -> ColumnLine:
        made = super().funding(market)
        self.names[f"funding {market.symbol}" if market else "funding"] = made
        return made


def lines_of(run: Run, strategy: type[Strategy]) -> dict[str, Floats]:
    """Every declared line as a column of one value a bar, named like "sma 20" or "rsi 14 1h".

    Raises:
        RefusedError: the strategy can't be set up with the run's parameters.
    """
    return named_lines(strategy, run.params, [Columns(part.series, part.own, part.rates) for part in run.markets])


def named_lines(
    strategy: type[Strategy], params: Mapping[str, str], markets: Sequence[Columns]
) -> dict[str, Floats]:  # fmt: skip
    """As `lines_of`, over columns that are there; the markets are aligned to the first."""
    named = _Named(params, markets)
    named.names = {}
    strategy().setup(named)
    return {name: line.values for name, line in named.names.items()}
