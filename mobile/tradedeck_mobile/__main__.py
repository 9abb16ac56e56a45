"""`tradedeck mobile --web`: the phone's app in a browser on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck_mobile.settings import ACCOUNT, Settings

HOST = "127.0.0.1"
DEFAULT_PORT = 8550
READY_S = 30.0
"""How long the server may take to listen."""
STARTING_POLL_S = 0.01


def command(commands: Any) -> None:
    """Add `mobile` to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser("mobile", help="the phone's app, in a browser with --web")
    add = parser.add_argument
    add("--web", action="store_true", help="serve it on this machine only")
    add("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port")
    add("--cloud", default="", help="HOST:PORT of the cloud's gRPC door")
    add("--cloud-http", default="", help="URL of the cloud's HTTP door, for where gRPC can't pass")
    add("--venue-url", default="", help="a server that speaks Binance's wire; the real one when left out")
    add("--venue-key", default="", help="also from TRADEDECK_VENUE_KEY; on paper without one")
    add("--account", default=ACCOUNT, help="your name for the account, the same on all devices")
    add("--data", type=Path, default=Path.home() / ".tradedeck-mobile", help="folder for journal and settings")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted.

    Raises:
        RefusedError: not asked for the web, or the port is taken.
    """
    if not args.web:
        raise RefusedError("there is no phone here to run on; add --web to open it in a browser")
    settings = settings_of(args, os.environ)
    port = free_port(args.port)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(settings, port))
    return 0


def settings_of(args: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Settings from the command line, the venue's key from the environment where it is not given."""
    return Settings(
        data=args.data.absolute(),
        cloud=args.cloud,
        cloud_http=args.cloud_http,
        venue_url=args.venue_url,
        venue_key=args.venue_key or environment.get("TRADEDECK_VENUE_KEY", ""),
        # Never an argument: those can be seen by everybody on the machine.
        venue_secret=environment.get("TRADEDECK_VENUE_SECRET", ""),
        account=args.account,
    )


def free_port(wanted: int) -> int:
    """`wanted` when it is free, any free one for 0.

    Raises:
        RefusedError: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise RefusedError(f"port {wanted} is taken; choose another with --port", code="port.taken") from error
        return int(probe.getsockname()[1])


async def serve(settings: Settings, port: int) -> None:
    """Run the app's server and the device behind it until a signal comes."""
    from tradedeck_mobile.app import Host
    from tradedeck_mobile.kit.look import ASSETS

    host, listening, stop = Host(settings), asyncio.Event(), asyncio.Event()
    await host.device()

    def started(_url: str) -> None:
        listening.set()

    server = await _server()(
        host.main,
        before_main=None,
        host=HOST,
        url_host=HOST,
        port=port,
        page_name="",
        assets_dir=ASSETS,
        upload_dir=None,
        no_cdn=True,
        on_startup=started,
        log_level="warning",
    )
    async with asyncio.timeout(READY_S):
        await listening.wait()
        # That was said before the port was open.
        while not server.server.started:
            await asyncio.sleep(STARTING_POLL_S)
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no signal handlers in asyncio
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    print(f"ready {json.dumps({'url': f'http://{HOST}:{port}'})}", flush=True)
    await stop.wait()
    server.server.should_exit = server.server.force_exit = True
    await asyncio.gather(server.serve_task, return_exceptions=True)
    await host.close()


def _server() -> Any:
    try:
        return import_module("flet_web.fastapi.serve_fastapi_web_app").serve_fastapi_web_app
    except ImportError:
        raise RefusedError(
            "the web part is missing; install it with: pip install 'tradedeck-mobile[web]'", code="mobile.no_web"
        ) from None


if __name__ == "__main__":
    from tradedeck.cli import main

    sys.exit(main(["mobile", *sys.argv[1:]]))
