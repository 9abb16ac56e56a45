"""The log of plain orders has a row for each, in the columns an order log is read in."""

from __future__ import annotations

from tradedeck.research.result import FILL, ORDER
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.plain import LOG_WIDTH, LOGGED, log_plain


def test_a_row_has_a_cell_for_every_column() -> None:
    assert ORDER.names == LOGGED
    assert len(LOGGED) == LOG_WIDTH
    names = FILL.names
    assert names is not None
    cells = (at.F_ORDER, at.F_MARKET, at.F_BAR, at.F_SIGN, at.F_PRICE, at.F_LOTS, at.F_MAKER, at.F_TIER)
    assert [names[cell] for cell in cells] == ["order", "market", "bar", "sign", "price", "lots", "maker", "tier"]
    assert len(names) == at.FILL_WIDTH


def test_what_has_filled_is_told_apart_from_what_waits() -> None:
    fills = [0] * at.FILL_WIDTH
    fills[at.F_BAR] = 8
    log = [99] * (2 * LOG_WIDTH)
    log_plain([7, 9], [5, -3], fills, 1, log)
    first, second = (dict(zip(LOGGED, log[k * LOG_WIDTH :], strict=False)) for k in range(2))
    assert {name: value for name, value in first.items() if value} == {
        "number": 1, "sign": 1, "lots": 5, "placed": 7, "ended": 8, "state": at.FILLED_STATE, "filled": 5,
    }  # fmt: skip
    assert {name: value for name, value in second.items() if value} == {
        "number": 2, "sign": -1, "lots": 3, "placed": 9, "ended": -1, "flags": at.WAITS,
    }  # fmt: skip
