"""`tradedeck cloud up`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from tradedeck_cloud.app import KEYS_FILE, SERVICES, Cloud, Settings
from tradedeck_cloud.kit.embedded import Addresses, read_addresses


def command(commands: Any) -> None:
    """Add `cloud` to the command line."""
    parser = commands.add_parser("cloud", help="run the cloud")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    up = actions.add_parser("up", help="start it with everything it needs, until Ctrl-C")
    up.add_argument("--data", type=Path, default=Path("tradedeck-cloud"), help="folder for servers and keys")
    up.add_argument("--http-port", type=int, default=8600, help="0 takes any free port")
    up.add_argument("--grpc-port", type=int, default=8601, help="0 takes any free port")
    up.add_argument("--services", default="all", help=f"all, or some of {','.join(SERVICES)}")
    up.add_argument("--postgres", default="", help="DSN of a PostgreSQL to use instead of the embedded one")
    up.add_argument("--nats", default="", help="URL of a NATS with JetStream to use instead")
    up.add_argument("--cache", default="", help="URL of a Valkey or Redis to use instead")
    up.add_argument("--keys", type=Path, help="file of the key that signs log-ins, shared by all processes of a cloud")
    up.add_argument("--join", type=Path, help="folder of a running cloud whose servers and key to use")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start, print `ready {...}`, stay until told to stop."""
    services = SERVICES if arguments.services == "all" else tuple(arguments.services.split(","))
    joined = read_addresses(arguments.join) if arguments.join else Addresses("", "", "")
    keys = arguments.keys or (arguments.join / KEYS_FILE if arguments.join else None)
    settings = Settings(
        data=arguments.data.absolute(),
        http_port=arguments.http_port,
        grpc_port=arguments.grpc_port,
        services=services,
        dsn=arguments.postgres or joined.dsn,
        nats=arguments.nats or joined.nats,
        cache=arguments.cache or joined.cache,
        keys=keys,
    )
    asyncio.run(_stay(Cloud(settings)))
    return 0


async def _stay(cloud: Cloud) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    ready = await cloud.start()
    if ready.http_port:
        print(f"console   http://127.0.0.1:{ready.http_port}")
        print(f"gRPC      127.0.0.1:{ready.grpc_port}")
    where = {"http": ready.http_port, "grpc": ready.grpc_port, "dsn_file": str(ready.dsn_file)}
    print(f"ready {json.dumps(where)}", flush=True)
    await told.wait()
    print("stopping", file=sys.stderr)
    await cloud.stop()


if __name__ == "__main__":
    from tradedeck.cli import main

    sys.exit(main(["cloud", *sys.argv[1:]]))
