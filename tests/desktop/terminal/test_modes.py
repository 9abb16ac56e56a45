"""Live and paper side by side, restarts, themes and the palette."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.desktop.terminal.desk import POLL_S, READY_S, Desk, OpenDesk, Play, device_settings, sandbox_settings
from tests.desktop.terminal.test_trading import MARKET, cell, rest_an_order
from tradedeck.design import DARK, LIGHT, colour_blind
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.sandbox.server import running
from tradedeck_desktop.app import App

SIZE = (1600, 900)


def test_paper_orders_never_reach_the_venue(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk("paper") as desk:
            window = desk.window
            assert window.mode_badge.text() == "PAPER"
            assert edge(desk) == DARK.paper
            buy_at_the_market(desk, "0.5")
            await desk.until(lambda: desk.terminal.orders.rowCount() == 1)
            desk.advance(5)
            await desk.until(lambda: desk.terminal.fills.rowCount() == 1)
            assert not desk.venue_orders

    play(story())


def test_live_and_paper_never_look_alike_and_keep_apart(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk("live") as desk:
            window = desk.window
            rest_an_order(window.ticket, desk.last - 500)
            await desk.until(lambda: desk.terminal.orders.rowCount() == 1)
            assert "LIVE main at binance" in window.windowTitle()
            assert edge(desk) != DARK.paper
            QTest.mouseClick(window.mode_button, Qt.MouseButton.LeftButton)
            await desk.say(window.mode_badge.text, "PAPER")
            assert edge(desk) == DARK.paper
            assert desk.terminal.orders.rowCount() == 0
            QTest.mouseClick(window.mode_button, Qt.MouseButton.LeftButton)
            await desk.say(window.mode_badge.text, "LIVE")
            assert desk.terminal.orders.rowCount() == 1

    play(story())


def test_a_restart_shows_what_was_there(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as first:
            buy_at_the_market(first, "0.25")
            await first.until(lambda: first.terminal.fills.rowCount() == 1)
            first.window.docks.show("Log")
            async with open_desk(box=first.box) as again:
                assert cell(again.window.fills.table.model(), 0, "Size") == "0.25000"
                assert cell(again.window.positions.table.model(), 0, "Size") == "+0.25000"
                assert len(first.venue_orders) == 1

    play(story())


def test_the_palette_finds_and_runs_an_action_by_keys(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            window = desk.window
            window.show_palette()
            QTest.keyClicks(window.palette_.search, "dark and light")
            QTest.keyClick(window.palette_.search, Qt.Key.Key_Return)
            assert ground(desk) == LIGHT.bg1
            window.actions_by_name["Switch between dark and light"].trigger()
            assert ground(desk) == DARK.bg1

    play(story())


def test_an_hour_of_minutes_and_trades_is_one_bar(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with open_desk() as desk:
            chart = desk.terminal.chart
            await desk.until(lambda: chart.bars is not None)
            QTest.mouseClick(desk.window.chart_panel.buttons["1h"], Qt.MouseButton.LeftButton)
            await desk.until(lambda: chart.bars is not None and chart.bars.timeframe_ns == 60 * MINUTE_NS)
            desk.advance(20)
            bars = chart.bars
            assert bars is not None
            await desk.until(lambda: bars.last_close() == float(desk.last))
            spacing = {bars.time_ns(n + 1) - bars.time_ns(n) for n in range(len(bars) - 1)}
            assert spacing == {60 * MINUTE_NS}
            opened = desk.box.sandbox.market.candles.latest(60 * MINUTE_NS)
            assert opened is not None
            last = bars.window(len(bars) - 1, len(bars), 1)[0]
            assert (last.open[0], last.high[0], last.low[0]) == (
                float(opened.open),
                float(opened.high),
                float(opened.low),
            )

    play(story())


def test_a_venue_that_comes_late_is_waited_for(play: Play, tmp_path: Path) -> None:
    async def story() -> None:
        port = free_port()
        app = App(device_settings(tmp_path, f"http://127.0.0.1:{port}"))
        async with stopping(app):
            await app.start()
            while not app.terminal.notes.rows:
                await asyncio.sleep(POLL_S)
            assert "trying again" in app.terminal.notes.rows[0].note.text
            assert app.window.isVisible()
            async with running(sandbox_settings(port)) as box:
                await app.wait_ready(READY_S)
                desk = Desk(app, box)
                await desk.until(lambda: app.terminal.chart.bars is not None)
                await desk.say(app.window.status.venue.text, "venue live")

    play(story())


def test_colour_blind_eyes_get_their_own_pair_which_is_kept(play: Play, open_desk: OpenDesk) -> None:
    async def story() -> None:
        async with running(sandbox_settings()) as box:
            async with open_desk(box=box) as desk:
                buy = desk.window.ticket.buy
                assert colour_of(desk, buy) == DARK.up
                desk.window.actions_by_name["Colours for colour-blind eyes"].trigger()
                assert colour_of(desk, buy) == colour_blind(DARK).up
            async with open_desk(box=box) as again:
                assert colour_of(again, again.window.ticket.buy) == colour_blind(DARK).up

    play(story())


def test_the_whole_window_draws_in_both_themes(play: Play, open_desk: OpenDesk, tmp_path: Path) -> None:
    async def story() -> None:
        async with open_desk("paper") as desk:
            buy_at_the_market(desk, "0.5")
            await desk.until(lambda: desk.terminal.fills.rowCount() == 1)
            for theme in (DARK, LIGHT):
                desk.window.use(theme)
                image = desk.window.grab().toImage()
                assert (image.width(), image.height()) == SIZE
                grounds = {image.pixelColor(x, 600).name().upper() for x in range(0, SIZE[0], 8)}
                assert theme.bg1 in grounds

    play(story())


def buy_at_the_market(desk: Desk, size: str) -> None:
    """Buy with the ticket by keys."""
    ticket = desk.window.ticket
    ticket.type.setCurrentIndex(MARKET)
    QTest.keyClicks(ticket.size_field, size)
    for _ in range(2):
        QTest.keyClick(ticket.size_field, Qt.Key.Key_Return)


def edge(desk: Desk) -> str:
    """The colour of the window's edge."""
    return _colour(desk, 0, SIZE[1] // 2)


def ground(desk: Desk) -> str:
    """The colour of a panel's ground."""
    area = desk.window.ticket
    at = area.mapTo(desk.window, area.rect().bottomLeft())
    return _colour(desk, at.x() + 4, at.y() - 4)


@asynccontextmanager
async def stopping(app: App) -> AsyncGenerator[None]:
    """Stops the terminal at the end, come what may."""
    try:
        yield
    finally:
        await app.stop()


def colour_of(desk: Desk, part: QWidget) -> str:
    """The colour of a button's ground."""
    at = part.mapTo(desk.window, QPoint(6, 6))
    return _colour(desk, at.x(), at.y())


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _colour(desk: Desk, x: int, y: int) -> str:
    colour: QColor = desk.window.grab().toImage().pixelColor(x, y)
    return colour.name().upper()
