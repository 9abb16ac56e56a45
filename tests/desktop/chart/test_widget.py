"""The chart as a user meets it: keys, wheel, ticks, pixels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tradedeck.design import DARK, LIGHT
from tradedeck_desktop.chart import Bars, Chart, FillMark, OrderLine
from tradedeck_desktop.kit.frame import Frame

MINUTE_NS = 60_000_000_000
TICKS = 10_000


def some_bars(count: int = 400) -> Bars:
    bars = Bars(MINUTE_NS)
    for number in range(count):
        price = 67_000 + 50 * ((number * 7) % 11)
        bars.put(number * MINUTE_NS, price, price + 30, price - 30, price + (10 if number % 2 else -10), 1.5)
    return bars


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[Chart]:
    widget = Chart(DARK)
    qtbot.addWidget(widget)
    widget.resize(800, 500)
    widget.show_bars(some_bars(), 2)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.hide()


def pixels(image: QImage, colour: str) -> int:
    wanted = QColor(colour).rgb()
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(1 for x, y in points if image.pixel(x, y) == wanted)


def test_ten_thousand_ticks_are_one_repaint(qtbot: QtBot, chart: Chart) -> None:
    bars, frame = some_bars(), Frame()
    chart.show_bars(bars, 2)
    frame.listen(chart.update)
    qtbot.wait(50)
    painted = chart.paints
    for number in range(TICKS):
        bars.trade(400 * MINUTE_NS, 67_000 + number % 50, 0.01)
        frame.changed()
    qtbot.waitUntil(lambda: chart.paints > painted, timeout=2000)
    qtbot.wait(100)
    assert chart.paints == painted + 1
    assert len(bars) == 401
    frame.stop()


def test_nothing_is_drawn_while_nothing_changes(qtbot: QtBot, chart: Chart) -> None:
    qtbot.wait(50)
    painted = chart.paints
    qtbot.wait(200)
    assert chart.paints == painted


def test_candles_of_both_directions_are_painted(chart: Chart) -> None:
    image = chart.grab().toImage()
    assert pixels(image, DARK.up) > 500
    assert pixels(image, DARK.down) > 500


def test_an_empty_chart_says_so(qtbot: QtBot, chart: Chart) -> None:
    chart.show_bars(None, 2)
    image = chart.grab().toImage()
    assert pixels(image, DARK.up) == 0
    assert pixels(image, DARK.text2) > 0


def test_another_theme_changes_the_colours(chart: Chart) -> None:
    chart.use(LIGHT)
    image = chart.grab().toImage()
    assert pixels(image, LIGHT.bg1) > 10_000
    assert pixels(image, DARK.bg1) == 0


def test_keys_zoom_move_and_jump(qtbot: QtBot, chart: Chart) -> None:
    before = chart.span
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.span.bars < before.bars
    QTest.keyClick(chart, Qt.Key.Key_Minus)
    assert chart.span.bars == pytest.approx(before.bars)
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert chart.span.back == pytest.approx(before.bars / 10)
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert chart.span.back > 300
    QTest.keyClick(chart, Qt.Key.Key_End)
    assert chart.span.back == 0


def test_the_wheel_zooms(chart: Chart) -> None:
    before = chart.span.bars
    here = QPointF(300, 200)
    turn = QWheelEvent(
        here, chart.mapToGlobal(here), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    chart.wheelEvent(turn)
    assert chart.span.bars < before


def test_a_drag_moves_back_in_time(qtbot: QtBot, chart: Chart) -> None:
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    QTest.mouseMove(chart, QPoint(400, 200))
    QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(400, 200))
    moved = chart.span.back
    assert moved > 10
    QTest.mouseMove(chart, QPoint(100, 200))
    assert chart.span.back == moved


def test_the_crosshair_paints_over_the_candles_and_goes(qtbot: QtBot, chart: Chart) -> None:
    still = pixels(chart.grab().toImage(), DARK.line_strong)
    QTest.mouseMove(chart, QPoint(400, 150))
    assert pixels(chart.grab().toImage(), DARK.line_strong) > still + 300
    chart.leaveEvent(object())
    assert pixels(chart.grab().toImage(), DARK.line_strong) == still


def test_fills_and_working_orders_are_marked(chart: Chart) -> None:
    plain = chart.grab().toImage()
    chart.show_trading([FillMark(390 * MINUTE_NS, 67_200.0, True)], [OrderLine(67_100.0, False, "SELL 0.1 limit")])
    marked = chart.grab().toImage()
    assert marked != plain
    assert pixels(marked, DARK.down) > pixels(plain, DARK.down) + 50


@pytest.mark.parametrize("count", [1, 2, 11])
def test_few_bars_are_no_trouble(chart: Chart, count: int) -> None:
    chart.show_bars(some_bars(count), 2)
    for key_moves in range(3):
        assert not chart.grab().isNull(), key_moves
    assert chart.span.back == 0
