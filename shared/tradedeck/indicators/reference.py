"""The catalogue as a page for readers."""

from __future__ import annotations

from tradedeck.indicators.catalogue import GROUPS
from tradedeck.indicators.definition import Definition

_HEAD = """# Indicators

Every indicator by the name that `setup.line("name", ...)`, the chart and `tradedeck.indicators.CATALOGUE` take.
Made from the catalogue by `tradedeck.indicators.reference`; a test keeps it fresh.

`x` is one series of your choice, the close by default. Warm-up is the number of bars, with the usual parameters,
until every output has a value. Where the source is TA-Lib, values equal those of TA-Lib at every bar within 1e-9;
within 1e-6 for `linearreg_slope`, `linearreg_angle` and `fosc`, where TA-Lib loses digits to large prices.
"""
_COLUMNS = "| name | what | reads | parameters | outputs | warm-up | source |\n|---|---|---|---|---|---|---|"


def page() -> str:
    """docs/reference/indicators.md, in Markdown."""
    parts = [_HEAD]
    for title, group in GROUPS.items():
        parts.append("\n".join([f"## {title}\n", _COLUMNS, *map(_row, group), ""]))
    return "\n".join(parts)


def _row(definition: Definition) -> str:
    params = ", ".join(f"{p.name} {p.default:g}" for p in definition.params)
    cells = (
        f"`{definition.name}`", definition.title, ", ".join(definition.inputs), params, ", ".join(definition.outputs),
        str(definition.warm_up(*definition.defaults)), definition.source,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"
