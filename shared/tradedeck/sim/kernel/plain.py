"""The log of market orders that wanted nothing but a size, from what a light desk keeps of them."""

from __future__ import annotations

from tradedeck.sim.kernel.layout import F_BAR, FILL_WIDTH, FILLED_STATE, WAITS, Cells

LOGGED = (
    "number", "market", "kind", "sign", "lots", "price", "stop", "placed", "ended", "state", "reason", "filled",
    "group", "parent", "flags",
)  # fmt: skip
"""The columns of an order log; a row has a cell for each."""
LOG_WIDTH = 15
NUMBER, LOG_SIGN, LOG_LOTS, LOG_PLACED, LOG_ENDED, LOG_STATE, LOG_FILLED, LOG_FLAGS = 0, 3, 4, 7, 8, 9, 11, 14


def log_plain(asked: Cells, signed: Cells, fills: Cells, done: int, log: Cells) -> None:
    """Write the rows of orders asked for at the bars `asked`; the first `done` are filled, whole, as `fills` say."""
    for k in range(len(asked)):
        base = k * LOG_WIDTH
        for cell in range(LOG_WIDTH):
            log[base + cell] = 0
        lots = abs(signed[k])
        log[base + NUMBER] = k + 1
        log[base + LOG_SIGN] = 1 if signed[k] > 0 else -1
        log[base + LOG_LOTS] = lots
        log[base + LOG_PLACED] = asked[k]
        log[base + LOG_ENDED] = fills[k * FILL_WIDTH + F_BAR] if k < done else -1
        log[base + LOG_STATE] = FILLED_STATE if k < done else 0
        log[base + LOG_FILLED] = lots if k < done else 0
        log[base + LOG_FLAGS] = 0 if k < done else WAITS
