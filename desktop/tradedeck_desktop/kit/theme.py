"""The tokens as a Qt style: fonts, palette, style sheet."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from tradedeck.design import DESKTOP_TYPE, Theme, font_files
from tradedeck.design.fonts import FIGURES_FAMILY, TEXT_FAMILY
from tradedeck_desktop.kit.sheet import style_sheet


def load_fonts() -> None:
    """Make the bundled fonts known to this application."""
    for path in font_files():
        QFontDatabase.addApplicationFont(str(path))


def figures_font(size: int = DESKTOP_TYPE["hint"]) -> QFont:
    """For numbers: tabular, in px."""
    font = QFont(FIGURES_FAMILY)
    font.setPixelSize(size)
    return font


def text_font(size: int = DESKTOP_TYPE["text"], *, strong: bool = False) -> QFont:
    """For words, in px."""
    font = QFont(TEXT_FAMILY)
    font.setPixelSize(size)
    if strong:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def apply(app: QApplication, theme: Theme) -> None:
    """Give the whole application a theme."""
    app.setStyle("Fusion")
    app.setFont(text_font())
    app.setPalette(_palette(theme))
    app.setStyleSheet(style_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: theme.bg0,
        roles.Base: theme.bg1,
        roles.AlternateBase: theme.bg2,
        roles.Button: theme.bg2,
        roles.Text: theme.text1,
        roles.WindowText: theme.text1,
        roles.ButtonText: theme.text1,
        roles.Highlight: theme.bg3,
        roles.HighlightedText: theme.text1,
        roles.PlaceholderText: theme.text3,
        roles.ToolTipBase: theme.bg3,
        roles.ToolTipText: theme.text1,
    }.items():
        palette.setColor(role, QColor(colour))
    return palette
