"""`tradedeck desktop`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.execution.commands.home import STORE_FILE, hidden, open_keys, opened
from tradedeck.execution.commands.venues import kind_of
from tradedeck.kit.logs import Secret
from tradedeck.ports.strategy import Strategy
from tradedeck.strategies import BUNDLED
from tradedeck.strategies.chosen import chosen
from tradedeck_desktop.settings import Settings

KEY_VARIABLE, SECRET_VARIABLE = "TRADEDECK_VENUE_KEY", "TRADEDECK_VENUE_SECRET"
SPOT_VENUES = ("binance", "sandbox", "ccxt:binance")
"""Venues whose wire the terminal speaks."""
SCREENSHOT_AFTER_S = 5.0
READY_S = 20.0
_SYSTEM_LIBRARIES = (
    "libegl1 libgl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 libgssapi-krb5-2 libxcb-cursor0"
)


def command(commands: Any) -> None:
    """Add `desktop` to the command line."""
    parser = commands.add_parser("desktop", help="open the terminal")
    parser.add_argument("--data", type=Path, default=Path.home() / ".tradedeck", help="folder for journal and keys")
    parser.add_argument("--venue-url", default="", help="a server that speaks the venue's wire (default: the venue)")
    parser.add_argument("--cloud", default="", metavar="HOST:PORT", help="the cloud's gRPC door; none works too")
    parser.add_argument("--symbol", action="append", default=[], help="BTCUSDT; may be given again")
    parser.add_argument("--account", default="main", help="your own name for the account at the venue")
    parser.add_argument("--paper", action="store_true", help="start on paper")
    parser.add_argument(
        "--strategy",
        action="append",
        default=[],
        metavar="FILE.py:CLASS",
        help="offer this one too; may be given again",
    )
    parser.add_argument("--theme", default="dark", choices=["dark", "light"])
    parser.add_argument("--offscreen", action="store_true", help="no window; the default without a display")
    parser.add_argument("--screenshot", type=Path, help="after a few seconds save the window to this file and end")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Open the terminal and stay until it is closed."""
    settings = settings_of(arguments)
    prepare_qt(offscreen=arguments.offscreen)
    run_on_qt(lambda: stay(settings, arguments.screenshot))
    return 0


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Options and the environment as settings.

    Raises:
        RefusedError: no key for the venue was given.
    """
    key, secret, url = key_of(arguments)
    if arguments.venue_url and not arguments.venue_url.startswith(("http://", "https://")):
        raise RefusedError(f"write --venue-url as http://{arguments.venue_url}", code="desktop.venue_url")
    if arguments.cloud and "://" not in arguments.cloud and ":" not in arguments.cloud:
        raise RefusedError(f"write --cloud as HOST:PORT, such as {arguments.cloud}:8601", code="desktop.cloud")
    if arguments.screenshot and not arguments.screenshot.absolute().parent.is_dir():
        raise RefusedError(f"there is no folder {arguments.screenshot.absolute().parent}", code="desktop.screenshot")
    return Settings(
        data=arguments.data,
        venue_url=url,
        venue_key=key,
        venue_secret=secret,
        cloud=arguments.cloud,
        account=arguments.account,
        symbols=tuple(arguments.symbol or ["BTCUSDT"]),
        mode="paper" if arguments.paper else "live",
        theme=arguments.theme,
        strategies=strategies_of(arguments.strategy),
    )


def key_of(arguments: argparse.Namespace) -> tuple[str, Secret, str]:
    """The venue's key, its secret and its address: of the environment, else of the account that was added.

    Raises:
        RefusedError: there is neither, or the account is at a venue the terminal can't speak to.
    """
    key, secret = os.environ.get(KEY_VARIABLE, ""), os.environ.get(SECRET_VARIABLE, "")
    if key and secret:
        return *hidden(key, secret), arguments.venue_url
    if (arguments.data / STORE_FILE).exists():
        with opened(arguments.data) as store:
            account = next((one for one in store.accounts() if one.name == arguments.account), None)
        if account is not None:
            if account.venue not in SPOT_VENUES:
                raise RefusedError(
                    f"the terminal can't trade at {account.venue} yet; use: tradedeck live run", code="desktop.venue"
                )
            url = arguments.venue_url or account.url or kind_of(account.venue).url
            return *open_keys(arguments.data).get(account.name), url
    raise RefusedError(
        f"no key for the venue: set {KEY_VARIABLE} and {SECRET_VARIABLE} (the sandbox takes sandbox-key and"
        f" sandbox-secret), or add it with: tradedeck accounts add {arguments.account}",
        code="desktop.key",
    )


def strategies_of(files: Sequence[str]) -> dict[str, type[Strategy]]:
    """The bundled strategies and those of one's own files, by file name and class.

    Raises:
        NotFoundError, RefusedError: as `tradedeck.strategies.chosen` does.
    """
    own = {f"{Path(text.partition(':')[0]).stem}:{kind.__name__}": kind for text in files for kind in [chosen(text)]}
    return {**BUNDLED, **own}


def prepare_qt(*, offscreen: bool) -> None:
    """Choose where Qt draws, and make sure that it can.

    Raises:
        UnavailableError: a system library is missing; the message names what to install.
    """
    os.environ.setdefault("QT_API", "pyside6")
    os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
    if offscreen or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform != "linux"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        import PySide6.QtWidgets
    except ImportError as error:
        raise UnavailableError(
            f"Qt can't start ({error}); install its libraries: sudo apt-get install {_SYSTEM_LIBRARIES}",
            code="desktop.qt",
        ) from error
    assert PySide6.QtWidgets


def run_on_qt(main: Any) -> None:
    """Run a coroutine function on asyncio inside Qt, to its end."""
    import qasync  # pyright: ignore[reportMissingTypeStubs]
    from PySide6.QtWidgets import QApplication

    from tradedeck_desktop.kit.theme import load_fonts

    app = QApplication.instance() or QApplication(["tradedeck"])
    assert isinstance(app, QApplication)
    # Else closing the last dialog would stop the loop.
    app.setQuitOnLastWindowClosed(False)
    load_fonts()
    cast(Any, qasync).run(main())


async def stay(settings: Settings, screenshot: Path | None) -> None:
    """The terminal's life: start, stay, stop."""
    from tradedeck_desktop.app import App

    app = App(settings)
    loop = asyncio.get_running_loop()
    ended = app.closed

    def on_signal(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(_finish, ended)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    await app.start()
    with contextlib.suppress(UnavailableError):
        await app.wait_ready(READY_S)
        print("ready {}", flush=True)
    if screenshot is not None:
        await asyncio.sleep(SCREENSHOT_AFTER_S)
        app.window.grab().save(str(screenshot))
    else:
        await ended
    await app.stop()


def _finish(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
