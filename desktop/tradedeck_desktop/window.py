"""The main window: top bar, docks, status bar, actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMainWindow, QPushButton, QVBoxLayout, QWidget

from tradedeck.design import THEMES, Theme, colour_blind
from tradedeck_desktop.docks import Docks
from tradedeck_desktop.kit import theme as style
from tradedeck_desktop.kit.figures import amount
from tradedeck_desktop.kit.hold_button import HoldButton
from tradedeck_desktop.palette import Palette
from tradedeck_desktop.panels.chart.model import TIMEFRAMES
from tradedeck_desktop.panels.chart.view import ChartPanel
from tradedeck_desktop.panels.fills.view import FillsPanel
from tradedeck_desktop.panels.notes.view import NotesPanel
from tradedeck_desktop.panels.orders.view import OrdersPanel
from tradedeck_desktop.panels.positions.view import PositionsPanel
from tradedeck_desktop.panels.strategies.view import StrategiesPanel
from tradedeck_desktop.panels.ticket.view import TicketPanel
from tradedeck_desktop.panels.watchlist.view import WatchlistPanel
from tradedeck_desktop.status import StatusBar
from tradedeck_desktop.terminal import Terminal

SIZE = (1600, 900)


class Window(QMainWindow):
    """Shows a terminal; remembers nothing but where its docks are."""

    def __init__(self, terminal: Terminal, theme: Theme, closed: Callable[[], None]) -> None:
        super().__init__()
        self._terminal, self._theme, self._closed = terminal, theme, closed
        self.colour_blind = False
        self.cloud_clicked: Callable[[], None] = lambda: None
        self.setWindowTitle("Tradedeck")
        self.resize(*SIZE)
        self.chart_panel = ChartPanel(terminal.chart, theme, lambda: terminal.price_decimals(terminal.symbol))
        self.chart = self.chart_panel.chart
        self.watchlist = WatchlistPanel(terminal.watchlist, theme)
        self.ticket = TicketPanel(terminal.ticket)
        self.orders = OrdersPanel(terminal.orders, theme)
        self.fills = FillsPanel(terminal.fills, theme)
        self.positions = PositionsPanel(terminal.positions, theme)
        self.strategies = StrategiesPanel(terminal.strategies, theme)
        self.notes = NotesPanel(terminal.notes, theme)
        self.docks = self._make_docks()
        self._make_top_bar()
        self.status = StatusBar()
        self.status.cloud.clicked.connect(self._on_cloud)
        self.setStatusBar(self.status)
        self.actions_by_name = self._make_actions()
        self.palette_ = Palette(list(self.actions_by_name.values()), self)
        terminal.chart_changed = self._on_frame
        terminal.session_changed = self.show_session
        self.chart.setFocus()

    # Parts

    def _make_docks(self) -> Docks:
        docks = Docks(self)
        chart = docks.centre("Chart", self.chart_panel)
        tabs: dict[str, QWidget] = {
            "Positions": self.positions,
            "Orders": self.orders,
            "Fills": self.fills,
            "Strategies": self.strategies,
            "Log": self.notes,
        }
        docks.below(chart, tabs)
        left = docks.left("Watchlist", self.watchlist)
        docks.right("Ticket", self.ticket)
        docks.share(chart, [int(SIZE[1] * 0.64), int(SIZE[1] * 0.36)])
        docks.share(left, [int(SIZE[0] * part) for part in (0.15, 0.66, 0.19)])
        return docks

    def _make_top_bar(self) -> None:
        self.mode_badge, self.place_label = QLabel(), QLabel()
        self.mode_badge.setProperty("role", "badge")
        self.place_label.setProperty("role", "label")
        self.price_label = QLabel("–")
        self.price_label.setProperty("role", "price")
        self.mode_button = _flat("Switch to paper")
        self.theme_button = _flat("Light")
        palette_button = _flat("Commands  Ctrl+K")
        self.kill_button = HoldButton("KILL  (hold)")
        self.kill_button.setProperty("role", "kill")
        brand = QLabel("Tradedeck")
        brand.setProperty("role", "title")
        bar = QWidget()
        bar.setObjectName("topbar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(12)
        for part in (brand, self.mode_badge, self.place_label, self.price_label):
            row.addWidget(part)
        row.addStretch()
        for part in (palette_button, self.mode_button, self.theme_button, self.kill_button):
            row.addWidget(part)
        frame = QWidget()
        frame.setObjectName("window")
        column = QVBoxLayout(frame)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.docks.widget, 1)
        self.frame = frame
        self.setCentralWidget(frame)
        self.kill_button.held.connect(self._terminal.kill)
        self.mode_button.clicked.connect(self.toggle_mode)
        self.theme_button.clicked.connect(self.toggle_theme)
        palette_button.clicked.connect(self.show_palette)

    def _make_actions(self) -> dict[str, QAction]:
        wanted: Sequence[tuple[str, str, Callable[[], object]]] = (
            ("Show all commands", "Ctrl+K", self.show_palette),
            ("Buy", "Ctrl+B", self.ticket.buy.click),
            ("Sell", "Ctrl+S", self.ticket.sell.click),
            ("Go to size", "Ctrl+1", self.ticket.size_field.setFocus),
            ("Go to chart", "Ctrl+2", self.chart.setFocus),
            ("Go to positions", "Ctrl+3", partial(self._go, "Positions", self.positions.table)),
            ("Go to orders", "Ctrl+4", partial(self._go, "Orders", self.orders.table)),
            ("Go to fills", "Ctrl+5", partial(self._go, "Fills", self.fills.table)),
            ("Go to strategies", "Ctrl+6", partial(self._go, "Strategies", self.strategies.choice)),
            ("Go to log", "Ctrl+7", partial(self._go, "Log", self.notes.table)),
            *(
                (f"Bars of {name}", f"Alt+{number}", partial(self._terminal.chart.choose, name))
                for number, name in enumerate(TIMEFRAMES, 1)
            ),
            ("Cancel all orders", "Ctrl+Shift+X", self._terminal.cancel_all),
            ("Kill switch", "Ctrl+Shift+K", self._terminal.kill),
            ("Resume after kill switch", "Ctrl+Shift+R", self._terminal.resume),
            ("Switch between live and paper", "Ctrl+M", self.toggle_mode),
            ("Switch between dark and light", "Ctrl+T", self.toggle_theme),
            ("Colours for colour-blind eyes", "Ctrl+Shift+C", self.toggle_colour_blind),
            ("Log in to the cloud", "Ctrl+L", self._on_cloud),
        )
        actions: dict[str, QAction] = {}
        for name, keys, run in wanted:
            action = QAction(name, self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(_without_state(run))
            self.addAction(action)
            actions[name] = action
        return actions

    # What people do

    def show_palette(self) -> None:
        """Open the command palette in the middle of the top."""
        self.palette_.search.clear()
        self.palette_.move(self.mapToGlobal(self.rect().center()).x() - self.palette_.width() // 2, self.y() + 80)
        self.palette_.open()
        self.palette_.search.setFocus()

    def _go(self, dock: str, part: QWidget) -> None:
        self.docks.show(dock)
        part.setFocus()

    def toggle_mode(self) -> None:
        """Bring the other session to the front."""
        session = self._terminal.session
        wanted = "live" if session is not None and session.mode == "paper" else "paper"
        self._terminal.tasks.start(self._terminal.switch(wanted))

    def toggle_theme(self) -> None:
        """Dark or light."""
        self.use(THEMES["light" if self._theme.name == "dark" else "dark"])

    def toggle_colour_blind(self) -> None:
        """Blue and orange instead of green and red, or back."""
        self.colour_blind = not self.colour_blind
        self.use(THEMES[self._theme.name])

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme = colour_blind(theme) if self.colour_blind else theme
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        style.apply(app, theme)
        self.docks.use(theme)
        for part in (
            self.chart_panel,
            self.watchlist,
            self.orders,
            self.fills,
            self.positions,
            self.strategies,
            self.notes,
        ):
            part.use(theme)
        self.theme_button.setText("Light" if theme.name == "dark" else "Dark")

    # What is shown

    def show_session(self) -> None:
        """The session in front has changed: paper and live never look alike."""
        session = self._terminal.session
        if session is None:
            return
        origin = session.origin
        live = origin.mode == "live"
        self.mode_badge.setText("LIVE" if live else "PAPER")
        for widget in (self.mode_badge, self.frame):
            widget.setProperty("mode", origin.mode)
            widget.style().polish(widget)
        self.place_label.setText(f"{origin.venue} · {origin.account} · {self._terminal.symbol}")
        self.setWindowTitle(f"Tradedeck – {'LIVE' if live else 'PAPER'} {origin.account} at {origin.venue}")
        self.mode_button.setText("Switch to paper" if live else "Switch to live")

    def _on_cloud(self) -> None:
        self.cloud_clicked()

    def _on_frame(self) -> None:
        terminal = self._terminal
        session = terminal.session
        if session is None:
            return
        if terminal.take_trading_changed():
            self.chart.show_trading(*terminal.trading_on_chart())
        self.chart.update()
        last: Decimal | None = session.engine.last_price(terminal.symbol)
        self.price_label.setText(amount(last, terminal.price_decimals(terminal.symbol)))
        self.status.show_figures(terminal.net_profit(), terminal.quote, session.now_ns())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Closing the window ends the terminal, in order."""
        event.ignore()
        self._closed()


def _flat(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "flat")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def _without_state(run: Callable[[], object]) -> Callable[[bool], None]:
    """Actions say whether they are checked; ours don't care."""

    def triggered(_checked: bool = False) -> None:
        run()

    return triggered
