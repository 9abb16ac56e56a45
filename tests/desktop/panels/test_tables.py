"""Positions, fills, watchlist and log: what their cells say."""

from __future__ import annotations

from decimal import Decimal

from pytestqt.qtbot import QtBot

from tradedeck.design import DARK, LIGHT
from tradedeck.domain.events import Note
from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Side
from tradedeck.domain.position import Lot, Position
from tradedeck_desktop.kit.table import TONE_ROLE, RowsModel
from tradedeck_desktop.panels.fills.model import FillsModel
from tradedeck_desktop.panels.fills.view import FillsPanel
from tradedeck_desktop.panels.notes.model import MAX_NOTES, NotesModel
from tradedeck_desktop.panels.notes.view import NotesPanel
from tradedeck_desktop.panels.positions.model import Held, PositionsModel
from tradedeck_desktop.panels.positions.view import PositionsPanel
from tradedeck_desktop.panels.watchlist.model import Watched, WatchlistModel

MINUTE_NS = 60_000_000_000
Anything = RowsModel[Held] | RowsModel[Fill] | WatchlistModel | NotesModel


def cells(model: Anything, row: int = 0) -> list[str]:
    return [model.index(row, column).data() for column in range(model.columnCount())]


def tones(model: Anything, row: int = 0) -> list[str]:
    return [model.index(row, column).data(TONE_ROLE) for column in range(model.columnCount())]


def held(mark: str | None) -> Held:
    position = Position(
        "BTCUSDT", (Lot(Decimal(67_000), Decimal("-0.5")),), realised=Decimal("12.5"), fees=Decimal("3.25"), fills=2
    )
    return Held(position, None if mark is None else Decimal(mark), 2, 5)


def fill(number: int, **fields: str) -> Fill:
    return Fill(
        "BTCUSDT", str(number), f"td-{number}", Side.BUY, Decimal(67_000), Decimal("0.5"),
        Decimal(fields.get("fee", "3.35")), "USDT", False, number * MINUTE_NS,
    )  # fmt: skip


def test_a_short_position_earns_when_the_price_falls(qtbot: QtBot) -> None:
    model = PositionsModel()
    model.show([held("66900")])
    assert cells(model) == [
        "BTCUSDT", "−0.50000", "67,000.00", "66,900.00", "+50.00", "+12.50", "3.25", "+59.25",
    ]  # fmt: skip
    model.show([held("67100")])
    assert cells(model)[4] == "−50.00"
    assert tones(model)[4:] == ["down", "up", "", "down"]
    assert len(model.rows) == 1


def test_a_position_without_a_price_has_no_open_profit(qtbot: QtBot) -> None:
    model = PositionsModel()
    model.show([held(None)])
    assert cells(model)[3:5] == ["–", "0.00"]


def test_fills_tell_side_money_fee_and_liquidity(qtbot: QtBot) -> None:
    model = FillsModel(lambda _: 2, lambda _: 5)
    model.show([fill(1)])
    assert cells(model) == [
        "01-01 00:01:00", "BTCUSDT", "▲ buy", "67,000.00", "0.50000", "33,500.00", "3.35 USDT", "taker", "td-1",
    ]  # fmt: skip


def test_newest_fills_come_first_and_stay_first(qtbot: QtBot) -> None:
    model = FillsModel(lambda _: 2, lambda _: 5)
    panel = FillsPanel(model, DARK)
    qtbot.addWidget(panel)
    model.show([fill(1), fill(3)])
    model.show([fill(2)])
    rows = panel.table.model()
    assert [rows.index(row, 8).data() for row in range(3)] == ["td-3", "td-2", "td-1"]


def test_a_change_is_a_shape_a_figure_and_a_tone(qtbot: QtBot) -> None:
    model = WatchlistModel()
    model.show([Watched("BTCUSDT", Decimal(66_000), Decimal(66_000 * 2), 2), Watched("ETHUSDT", None, None, 2)])
    assert cells(model) == ["BTCUSDT", "66,000.00", "▼ 50.00%"]
    assert tones(model)[2] == "down"
    assert cells(model, 1) == ["ETHUSDT", "–", "· 0.00%"]


def test_the_log_keeps_the_newest_notes(qtbot: QtBot) -> None:
    model = NotesModel()
    for number in range(3):
        model.add([Note(0, f"{number}-{i}") for i in range(MAX_NOTES // 2)])
    assert len(model.rows) <= MAX_NOTES
    assert model.rows[-1].note.text == f"2-{MAX_NOTES // 2 - 1}"
    numbers = [line.number for line in model.rows]
    assert numbers == sorted(set(numbers))


def test_warnings_stand_out_in_the_log(qtbot: QtBot) -> None:
    model = NotesModel()
    model.add([Note(MINUTE_NS, "order refused", "warn", "sma-cross-1"), Note(0, "hello")])
    assert cells(model) == ["01-01 00:01:00", "sma-cross-1", "order refused"]
    assert (tones(model)[2], tones(model, 1)[2], cells(model, 1)[1]) == ("warn", "", "terminal")


def test_panels_take_another_theme(qtbot: QtBot) -> None:
    positions = PositionsModel()
    positions.show([held("66900")])
    notes = NotesModel()
    notes.add([Note(0, "order refused", "warn")])
    for panel in (PositionsPanel(positions, DARK), NotesPanel(notes, DARK)):
        qtbot.addWidget(panel)
        panel.resize(900, 200)
        before = panel.grab().toImage()
        panel.use(LIGHT)
        assert panel.grab().toImage() != before
