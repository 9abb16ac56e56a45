"""The docks of the main window, behind a small typed face (the library has no type stubs)."""

from __future__ import annotations

from typing import Any, cast

import PySide6QtAds  # pyright: ignore[reportMissingTypeStubs]
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QWidget

from tradedeck.design import Theme
from tradedeck_desktop.kit.sheet import docks_sheet

_ADS: Any = PySide6QtAds


class Docks:
    """Places panels around a centre; areas keep their tabs."""

    def __init__(self, window: QMainWindow) -> None:
        manager, flags = _ADS.CDockManager, _ADS.CDockManager.eConfigFlag
        for flag in (flags.DockAreaHasCloseButton, flags.DockAreaHasUndockButton, flags.DockAreaHasTabsMenuButton):
            manager.setConfigFlag(flag, False)
        manager.setConfigFlag(flags.AlwaysShowTabs, True)
        # Else it puts its own style back whenever the palette changes.
        manager.setConfigFlag(flags.DisableStylesheet, True)
        self._manager = manager(window)

    def use(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._manager.setStyleSheet(docks_sheet(theme))

    @property
    def widget(self) -> QWidget:
        """What goes into the window."""
        return cast(QWidget, self._manager)

    def centre(self, name: str, panel: QWidget) -> Any:
        """The panel everything else is placed around; its area."""
        return self._manager.addDockWidget(_ADS.CenterDockWidgetArea, self._dock(name, panel))

    def left(self, name: str, panel: QWidget) -> Any:
        """A panel at the left edge; its area."""
        return self._manager.addDockWidget(_ADS.LeftDockWidgetArea, self._dock(name, panel))

    def right(self, name: str, panel: QWidget) -> Any:
        """A panel at the right edge; its area."""
        return self._manager.addDockWidget(_ADS.RightDockWidgetArea, self._dock(name, panel))

    def below(self, area: Any, panels: dict[str, QWidget]) -> Any:
        """Panels as tabs below an area, the first in front; their area."""
        names = iter(panels)
        first = next(names)
        own = self._manager.addDockWidget(_ADS.BottomDockWidgetArea, self._dock(first, panels[first]), area)
        for name in names:
            self._manager.addDockWidget(_ADS.CenterDockWidgetArea, self._dock(name, panels[name]), own)
        own.setCurrentIndex(0)
        return own

    def share(self, area: Any, sizes: list[int]) -> None:
        """How the splitter of an area divides its room, in px."""
        self._manager.setSplitterSizes(area, sizes)

    def show(self, name: str) -> None:
        """Bring a panel to the front of its tabs."""
        self._manager.findDockWidget(name).setAsCurrentTab()

    def save(self) -> str:
        """Where everything is, as text."""
        state: QByteArray = self._manager.saveState()
        return bytes(state.toBase64().data()).decode()

    def restore(self, layout: str) -> None:
        """Put everything where it was."""
        self._manager.restoreState(QByteArray.fromBase64(layout.encode()))

    def _dock(self, name: str, panel: QWidget) -> Any:
        dock = _ADS.CDockWidget(self._manager, name)
        dock.setWidget(panel, _ADS.CDockWidget.eInsertMode.ForceNoScrollArea)
        dock.setFeature(_ADS.CDockWidget.DockWidgetFeature.DockWidgetClosable, False)
        return dock
