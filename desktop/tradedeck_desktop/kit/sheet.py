"""Everything a palette can't say, as a Qt style sheet."""

from __future__ import annotations

from importlib.resources import files

from tradedeck.design import Theme
from tradedeck.design.fonts import FIGURES_FAMILY, TEXT_FAMILY


def style_sheet(theme: Theme) -> str:
    """The application's style sheet."""
    return "\n".join((_base(theme), _labels(theme), _buttons(theme), _fields(theme), _tables(theme), _scrolling(theme)))


def docks_sheet(theme: Theme) -> str:
    """The docks' own style sheet; it must replace the one their library brings."""
    t = theme
    return f"""
ads--CDockManager, ads--CDockContainerWidget, ads--CDockSplitter {{ background: {t.bg0}; border: none; }}
ads--CDockSplitter::handle {{ background: {t.bg0}; }}
ads--CDockSplitter::handle:hover {{ background: {t.accent}; }}
ads--CDockAreaWidget {{ background: {t.bg1}; border: 1px solid {t.line}; }}
ads--CDockAreaTitleBar {{ background: {t.bg0}; border: none; border-bottom: 1px solid {t.line}; padding: 0; }}
ads--CDockAreaTabBar, ads--CDockAreaTabBar > QWidget, #tabsContainerWidget {{ background: {t.bg0}; border: none; }}
ads--CDockWidgetTab {{
  background: {t.bg0}; border: none; border-top: 2px solid transparent; padding: 4px 12px; min-height: 18px;
}}
ads--CDockWidgetTab QLabel {{ background: transparent; color: {t.text2}; font-size: 12px; }}
ads--CDockWidgetTab:hover {{ background: {t.bg2}; }}
ads--CDockWidgetTab[activeTab="true"] {{ background: {t.bg1}; border-top: 2px solid {t.accent}; }}
ads--CDockWidgetTab[activeTab="true"] QLabel {{ color: {t.text1}; font-weight: 600; }}
ads--CDockWidget, ads--CDockWidget > QWidget {{ background: {t.bg1}; border: none; }}
ads--CTitleBarButton {{ background: transparent; border: none; padding: 2px; }}
"""


def _base(t: Theme) -> str:
    return f"""
QWidget {{ color: {t.text1}; background: {t.bg1}; font-family: "{TEXT_FAMILY}"; }}
QMainWindow, #window {{ background: {t.bg0}; }}
QToolTip {{ background: {t.bg3}; color: {t.text1}; border: 1px solid {t.line_strong}; padding: 4px; }}
#window[mode="paper"] {{ border: 2px solid {t.paper}; }}
#window[mode="live"] {{ border: 2px solid {t.bg0}; }}
#topbar, QStatusBar {{ background: {t.bg0}; border: none; }}
QStatusBar::item {{ border: none; }}
QDialog, QMenu {{ background: {t.bg2}; border: 1px solid {t.line_strong}; }}
QMenu::item {{ padding: 4px 16px; background: transparent; }}
QMenu::item:selected {{ background: {t.bg3}; }}
"""


def _labels(t: Theme) -> str:
    return f"""
QLabel {{ background: transparent; }}
QLabel[role="label"] {{ color: {t.text2}; font-size: 12px; }}
QLabel[role="hint"] {{ color: {t.text3}; font-size: 12px; }}
QLabel[role="error"] {{ color: {t.down}; font-size: 12px; }}
QLabel[role="empty"] {{ color: {t.text2}; padding: 24px; }}
QLabel[role="figure"] {{ font-family: "{FIGURES_FAMILY}"; font-size: 12px; }}
QLabel[role="price"] {{ font-family: "{FIGURES_FAMILY}"; font-size: 15px; font-weight: 700; }}
QLabel[role="title"] {{ font-size: 15px; font-weight: 600; }}
QLabel[role="badge"] {{ border-radius: 4px; padding: 2px 8px; font-weight: 600; font-size: 12px; }}
QLabel[mode="paper"] {{ background: {t.paper}; color: {t.on_colour}; }}
QLabel[mode="live"] {{ background: {t.bg3}; color: {t.warn}; border: 1px solid {t.warn}; }}
QStatusBar QLabel {{ color: {t.text2}; font-size: 12px; padding: 0 8px; }}
QStatusBar QLabel[role="figure"] {{ color: {t.text1}; }}
QStatusBar QLabel[tone="up"] {{ color: {t.up}; }}
QStatusBar QLabel[tone="down"] {{ color: {t.down}; }}
QStatusBar QLabel[tone="warn"] {{ color: {t.warn}; }}
"""


def _buttons(t: Theme) -> str:
    return f"""
QPushButton {{
  background: {t.bg2}; border: 1px solid {t.line_strong}; border-radius: 4px; padding: 4px 12px; min-height: 20px;
}}
QPushButton:hover {{ background: {t.bg3}; }}
QPushButton:focus {{ border: 1px solid {t.accent}; }}
QPushButton:disabled {{ color: {t.text3}; border-color: {t.line}; }}
QPushButton:checked {{ background: {t.bg3}; border-color: {t.accent}; color: {t.accent}; }}
QPushButton[role="primary"] {{ background: {t.accent}; color: {t.on_colour}; border: none; font-weight: 600; }}
QPushButton[role="buy"] {{ background: {t.up}; color: {t.on_colour}; border: none; font-weight: 600; }}
QPushButton[role="sell"] {{ background: {t.down}; color: {t.on_colour}; border: none; font-weight: 600; }}
QPushButton[role="side-buy"]:checked {{ background: {t.up}; color: {t.on_colour}; border-color: {t.up}; }}
QPushButton[role="side-sell"]:checked {{ background: {t.down}; color: {t.on_colour}; border-color: {t.down}; }}
QPushButton[role="kill"] {{ color: {t.down}; border-color: {t.down}; font-weight: 600; }}
QPushButton[role="kill"]:hover {{ background: {t.down}; color: {t.on_colour}; }}
QPushButton[role="flat"] {{
  background: transparent; border: 1px solid transparent; color: {t.text2}; padding: 4px 8px;
}}
QPushButton[role="flat"]:hover {{ color: {t.text1}; background: {t.bg3}; }}
QPushButton[role="flat"]:focus {{ border-color: {t.accent}; }}
QPushButton[role="choice"] {{
  background: transparent; border: 1px solid transparent; color: {t.text2}; padding: 1px 8px; font-size: 12px;
}}
QPushButton[role="choice"]:hover {{ background: {t.bg3}; }}
QPushButton[role="choice"]:checked {{ background: {t.bg3}; color: {t.text1}; }}
QPushButton[role="primary"]:disabled, QPushButton[role="buy"]:disabled, QPushButton[role="sell"]:disabled {{
  background: {t.bg3}; color: {t.text3};
}}
"""


def _fields(t: Theme) -> str:
    chevron, check = _icon("chevron.svg"), _icon(f"check_{'light' if t.name.startswith('light') else 'dark'}.svg")
    return f"""
QLineEdit, QComboBox, QSpinBox {{
  background: {t.bg0}; border: 1px solid {t.line_strong}; border-radius: 4px; padding: 3px 8px; min-height: 20px;
  selection-background-color: {t.accent}; selection-color: {t.on_colour};
}}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus {{ border: 1px solid {t.accent}; }}
QLineEdit[role="figure"] {{ font-family: "{FIGURES_FAMILY}"; }}
QLineEdit[wrong="true"] {{ border-color: {t.down}; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: url({chevron}); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {t.bg2}; border: 1px solid {t.line_strong}; outline: none; }}
QCheckBox {{ background: transparent; color: {t.text2}; font-size: 12px; spacing: 6px; }}
QCheckBox::indicator {{
  width: 12px; height: 12px; border: 1px solid {t.line_strong}; border-radius: 3px; background: {t.bg0};
}}
QCheckBox::indicator:hover {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: url({check}); }}
QCheckBox:focus {{ color: {t.text1}; }}
"""


def _tables(t: Theme) -> str:
    return f"""
QTableView, QListView, QPlainTextEdit {{
  background: {t.bg1}; border: 1px solid transparent; outline: none; gridline-color: {t.line};
  selection-background-color: {t.bg3}; selection-color: {t.text1};
}}
QListView::item {{ padding: 3px 8px; }}
QListView::item:selected {{ background: {t.bg3}; color: {t.text1}; }}
QTableView:focus {{ border: 1px solid {t.accent}; }}
QTableView::item {{ padding: 0 4px; border: none; }}
QTableView::item:hover {{ background: {t.bg2}; }}
QTableView::item:selected {{ background: {t.bg3}; }}
QHeaderView, QHeaderView::section {{ background: {t.bg1}; color: {t.text3}; border: none; font-size: 11px; }}
QHeaderView::section {{ border-bottom: 1px solid {t.line}; padding: 4px 6px; font-weight: 400; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ width: 0; height: 0; }}
"""


def _scrolling(t: Theme) -> str:
    return f"""
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle {{ background: {t.line_strong}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ background: none; border: none; height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
"""


def _icon(name: str) -> str:
    return str(files("tradedeck_desktop.kit").joinpath("icons", name)).replace("\\", "/")
