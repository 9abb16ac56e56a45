"""The tokens as a Qt style: fonts, palette, style sheet."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from tradedeck.design import DESKTOP_TYPE, Theme, font_files
from tradedeck.design.fonts import FIGURES_FAMILY, TEXT_FAMILY


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


def style_sheet(theme: Theme) -> str:
    """Everything a palette can't say."""
    t = theme
    return f"""
QWidget {{ color: {t.text1}; background: {t.bg1}; }}
QMainWindow, #window, ads--CDockContainerWidget, ads--CDockSplitter::handle {{ background: {t.bg0}; }}
QToolTip {{ background: {t.bg3}; color: {t.text1}; border: 1px solid {t.line_strong}; padding: 4px; }}
QLabel {{ background: transparent; }}
QLabel[role="label"] {{ color: {t.text2}; font-size: 12px; }}
QLabel[role="hint"] {{ color: {t.text3}; font-size: 12px; }}
QLabel[role="error"] {{ color: {t.down}; font-size: 12px; }}
QLabel[role="empty"] {{ color: {t.text2}; padding: 24px; }}
QLabel[role="figure"] {{ font-family: "{FIGURES_FAMILY}"; font-size: 12px; }}
QLabel[role="title"] {{ font-size: 15px; font-weight: 600; }}
QLabel[role="badge"] {{ border-radius: 4px; padding: 2px 8px; font-weight: 600; font-size: 12px; }}
QLabel[mode="paper"] {{ background: {t.paper}; color: {t.on_colour}; }}
QLabel[mode="live"] {{ background: {t.bg3}; color: {t.warn}; border: 1px solid {t.warn}; }}
#window[mode="paper"] {{ border: 2px solid {t.paper}; }}
#window[mode="live"] {{ border: 2px solid {t.bg0}; }}
#topbar, QStatusBar {{ background: {t.bg0}; border: none; }}
QStatusBar QLabel {{ color: {t.text2}; font-size: 12px; padding: 0 8px; }}
QStatusBar::item {{ border: none; }}
QPushButton {{
  background: {t.bg2}; border: 1px solid {t.line_strong}; border-radius: 4px; padding: 4px 12px; min-height: 20px;
}}
QPushButton:hover {{ background: {t.bg3}; }}
QPushButton:focus, QLineEdit:focus, QComboBox:focus, QTableView:focus {{ border: 1px solid {t.accent}; }}
QPushButton:disabled {{ color: {t.text3}; border-color: {t.line}; }}
QPushButton:checked {{ background: {t.bg3}; border-color: {t.accent}; color: {t.accent}; }}
QPushButton[role="primary"] {{ background: {t.accent}; color: {t.on_colour}; border: none; font-weight: 600; }}
QPushButton[role="buy"] {{ background: {t.up}; color: {t.on_colour}; border: none; font-weight: 600; }}
QPushButton[role="sell"] {{ background: {t.down}; color: {t.on_colour}; border: none; font-weight: 600; }}
QPushButton[role="side-buy"]:checked {{ background: {t.up}; color: {t.on_colour}; border-color: {t.up}; }}
QPushButton[role="side-sell"]:checked {{ background: {t.down}; color: {t.on_colour}; border-color: {t.down}; }}
QPushButton[role="kill"] {{ color: {t.down}; border-color: {t.down}; font-weight: 600; }}
QPushButton[role="kill"]:hover {{ background: {t.down}; color: {t.on_colour}; }}
QPushButton[role="flat"] {{ background: transparent; border: none; color: {t.text2}; padding: 4px 8px; }}
QPushButton[role="flat"]:hover {{ color: {t.text1}; background: {t.bg3}; }}
QPushButton[role="primary"]:disabled, QPushButton[role="buy"]:disabled, QPushButton[role="sell"]:disabled {{
  background: {t.bg3}; color: {t.text3};
}}
QLineEdit, QComboBox, QSpinBox {{
  background: {t.bg0}; border: 1px solid {t.line}; border-radius: 4px; padding: 3px 8px; min-height: 20px;
  selection-background-color: {t.accent}; selection-color: {t.on_colour};
}}
QLineEdit[role="figure"] {{ font-family: "{FIGURES_FAMILY}"; }}
QLineEdit[wrong="true"] {{ border-color: {t.down}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox QAbstractItemView {{ background: {t.bg2}; border: 1px solid {t.line_strong}; outline: none; }}
QCheckBox {{ background: transparent; spacing: 8px; }}
QTableView, QListView, QPlainTextEdit {{
  background: {t.bg1}; border: 1px solid transparent; outline: none; gridline-color: {t.line};
  selection-background-color: {t.bg3}; selection-color: {t.text1};
}}
QTableView::item {{ padding: 0 8px; border: none; }}
QHeaderView, QHeaderView::section {{ background: {t.bg1}; color: {t.text3}; border: none; font-size: 11px; }}
QHeaderView::section {{ border-bottom: 1px solid {t.line}; padding: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle {{ background: {t.line_strong}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ background: none; border: none; height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QDialog, QMenu {{ background: {t.bg2}; border: 1px solid {t.line_strong}; }}
QMenu::item {{ padding: 4px 16px; background: transparent; }}
QMenu::item:selected {{ background: {t.bg3}; }}
ads--CDockAreaWidget {{ background: {t.bg1}; border: 1px solid {t.line}; border-radius: 4px; }}
ads--CDockAreaTitleBar {{
  background: {t.bg1}; border: none; border-bottom: 1px solid {t.line}; padding: 0; min-height: 28px;
}}
ads--CDockWidgetTab {{ background: {t.bg1}; border: none; border-bottom: 2px solid transparent; padding: 4px 8px; }}
ads--CDockWidgetTab QLabel {{ color: {t.text3}; font-size: 12px; }}
ads--CDockWidgetTab[activeTab="true"] {{ border-bottom: 2px solid {t.accent}; }}
ads--CDockWidgetTab[activeTab="true"] QLabel {{ color: {t.text1}; }}
ads--CDockWidget {{ background: {t.bg1}; border: none; }}
ads--CTitleBarButton {{ background: transparent; border: none; padding: 2px; }}
"""
