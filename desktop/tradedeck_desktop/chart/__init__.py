"""The price chart: columns of bars, a pyramid for any zoom, and painting in batches."""

from tradedeck_desktop.chart.bars import Bars
from tradedeck_desktop.chart.widget import Chart, FillMark, OrderLine

__all__ = ["Bars", "Chart", "FillMark", "OrderLine"]
