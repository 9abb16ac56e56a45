"""One market: price, chart, and the buttons that open the order sheet."""

from __future__ import annotations

from typing import Any, cast

import flet as ft

from tradedeck.design import Theme
from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck_mobile.kit.figures import arrow, grouped, percent
from tradedeck_mobile.kit.hooks import use, use_once, use_state
from tradedeck_mobile.kit.look import EDGE, TEXT, direction, figure, label, title, use_theme
from tradedeck_mobile.kit.ui import component, tid
from tradedeck_mobile.parts.app import AppContext, Services
from tradedeck_mobile.parts.candles import Candle, Candles
from tradedeck_mobile.parts.chart import CandleChart
from tradedeck_mobile.parts.pieces import Loading, Notice, StatusLine, chips, mode_badge
from tradedeck_mobile.screens.symbol.sheet import OrderSheet
from tradedeck_mobile.screens.symbol.state import TIMEFRAME_NS, TIMEFRAMES
from tradedeck_mobile.state import Quote, Status

HISTORY_BARS = 300


@component
def SymbolView() -> Any:
    """Over whatever tab is open."""
    services: Services = use(AppContext)
    theme = use_theme()
    symbol = ft.use_route_params()["symbol"]
    quote = services.state.quote(symbol)
    side, set_side = use_state(cast("Side | None", None))

    def close() -> None:
        set_side(None)

    ft.use_dialog(_sheet(quote, side, close, theme) if side else None)
    return ft.View(
        route=f"/symbol/{symbol}",
        padding=0,
        bgcolor=theme.bg0,
        appbar=ft.AppBar(
            title=title(symbol, theme),
            bgcolor=theme.bg0,
            actions=[ft.Container(Mode(services.state.status), padding=ft.Padding.only(right=EDGE))],
        ),
        controls=[
            ft.SafeArea(
                expand=True,
                content=ft.Column(
                    expand=True,
                    spacing=8,
                    controls=[
                        Price(quote),
                        Chart(services, symbol, quote.decimals, services.state.status),
                        Buttons(services.state.status, set_side),
                    ],
                ),
            )
        ],
    )


def _sheet(quote: Quote, side: Side, close: Any, theme: Theme) -> ft.BottomSheet:
    return ft.BottomSheet(
        show_drag_handle=True,
        scrollable=True,
        bgcolor=theme.bg1,
        content=OrderSheet(quote, side, close),
        on_dismiss=close,
    )


@component
def Mode(status: Status) -> Any:
    """Paper or live."""
    return mode_badge(status, use_theme())


@component
def Price(quote: Quote) -> Any:
    """The last price, large."""
    theme = use_theme()
    color = direction(quote.change, theme)
    change = f"{arrow(quote.change)} {percent(quote.change)}".strip()
    row = ft.Row(
        [
            tid("symbol.last", figure(grouped(quote.last, quote.decimals), theme, size=28, bold=True)),
            figure(change, theme, size=TEXT, color=color),
            label("24 h", theme),
        ],
        spacing=10,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    return ft.Container(row, padding=ft.Padding.symmetric(horizontal=EDGE))


@component
def Chart(services: Services, symbol: str, decimals: int, status: Status) -> Any:
    """Candles of the chosen length, with what is under the finger above them."""
    theme = use_theme()
    candles = use_once(Candles)
    name, set_name = use_state("1m")
    failure, set_failure = use_state("")
    ready = status.ready
    ears = use_once(list[Any])

    async def load() -> None:
        session = services.device.session
        if session is None or not ready:
            return
        try:
            bars = await session.provider.bars(symbol, TIMEFRAME_NS[name], HISTORY_BARS)
        except TradedeckError as error:
            set_failure(error.message)
            return
        set_failure("")
        candles.load(bars, TIMEFRAME_NS[name])

    def listen() -> None:
        def take(news: Bar | Trade) -> None:
            if news.symbol == symbol:
                candles.take(news)

        ears[:] = [services.state.on_market(take)]

    def leave() -> None:
        ears.pop()()

    ft.use_effect(listen, [], cleanup=leave)
    ft.use_effect(load, [name, ready, status.generation])
    return ft.Column(
        expand=True,
        spacing=8,
        controls=[
            ft.Container(
                chips("interval", TIMEFRAMES, name, set_name, theme), padding=ft.Padding.symmetric(horizontal=EDGE)
            ),
            Readout(candles, decimals),
            ft.Container(Canvas(candles, decimals, failure), expand=True, padding=ft.Padding.only(left=4)),
        ],
    )


@component
def Canvas(candles: Candles, decimals: int, failure: str) -> Any:
    """The chart, or why there is none."""
    if candles.last is None:
        return Notice(f"No chart: {failure}") if failure else Loading("Loading the chart")
    return CandleChart(candles, decimals)


@component
def Readout(candles: Candles, decimals: int) -> Any:
    """Open, high, low, close of the picked candle."""
    theme = use_theme()
    picked = candles.picked()
    cells: list[ft.Control] = _cells(picked, decimals, theme) if picked else [label("Open, high, low, close", theme)]
    return ft.Container(ft.Row(cells, spacing=12), padding=ft.Padding.symmetric(horizontal=EDGE), height=20)


def _cells(candle: Candle, decimals: int, theme: Theme) -> list[ft.Control]:
    values = {"O": candle.open, "H": candle.high, "L": candle.low, "C": candle.close}
    color = theme.up if candle.close >= candle.open else theme.down
    return [
        ft.Row([label(name, theme, size=12), figure(f"{value:,.{decimals}f}", theme, size=12, color=color)], spacing=4)
        for name, value in values.items()
    ]


@component
def Buttons(status: Status, open_sheet: Any) -> Any:
    """Buy and sell, in reach of a thumb."""
    theme = use_theme()

    def button(side: Side, words: str, color: str, icon: Any) -> ft.Control:
        filled = ft.FilledButton(
            words,
            icon=icon,
            height=52,
            bgcolor=color,
            color=theme.on_colour,
            icon_color=theme.on_colour,
            disabled=not status.ready,
            on_click=lambda: open_sheet(side),
            style=ft.ButtonStyle(shape=ft.RoundedRectangleBorder(radius=12)),
        )
        return tid(f"symbol.{side.value}", filled, expand=True)

    return ft.Container(
        ft.Column(
            [
                ft.Row(
                    [
                        button(Side.BUY, "Buy", theme.up, ft.Icons.SOUTH_WEST),
                        button(Side.SELL, "Sell", theme.down, ft.Icons.NORTH_EAST),
                    ],
                    spacing=12,
                ),
                StatusLine(status),
            ],
            spacing=10,
        ),
        padding=ft.Padding.only(left=EDGE, right=EDGE, bottom=12, top=4),
    )
