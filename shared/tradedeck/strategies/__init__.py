"""Bundled strategies, one file each, by the name people choose them by."""

from tradedeck.ports.strategy import Strategy
from tradedeck.strategies.dca import CostAveraging
from tradedeck.strategies.donchian_breakout import DonchianBreakout
from tradedeck.strategies.funding_capture import FundingCapture
from tradedeck.strategies.grid import Grid
from tradedeck.strategies.market_maker import MarketMaker
from tradedeck.strategies.momentum_rotation import MomentumRotation
from tradedeck.strategies.pairs import Pairs
from tradedeck.strategies.rebalance import Rebalance
from tradedeck.strategies.rsi_reversion import RsiReversion
from tradedeck.strategies.sma_cross import SmaCross

BUNDLED: dict[str, type[Strategy]] = {
    "sma-cross": SmaCross,
    "rsi-reversion": RsiReversion,
    "donchian-breakout": DonchianBreakout,
    "grid": Grid,
    "dca": CostAveraging,
    "pairs": Pairs,
    "market-maker": MarketMaker,
    "funding-capture": FundingCapture,
    "rebalance": Rebalance,
    "momentum-rotation": MomentumRotation,
}

__all__ = [
    "BUNDLED", "CostAveraging", "DonchianBreakout", "FundingCapture", "Grid", "MarketMaker", "MomentumRotation",
    "Pairs", "Rebalance", "RsiReversion", "SmaCross",
]  # fmt: skip
