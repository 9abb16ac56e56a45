"""`tradedeck ...`: the one command. Members add their own by the entry point group `tradedeck.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points, version

from tradedeck.domain.errors import TradedeckError
from tradedeck.kit.logs import log_to_stderr

GROUP = "tradedeck.commands"


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command that is installed."""
    parser = argparse.ArgumentParser(prog="tradedeck", description="Trade, research and run it all yourself.")
    parser.add_argument("--version", action="version", version=f"tradedeck {version('tradedeck')}")
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        entry.load()(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 with one sentence on standard error when it did not."""
    chosen = build_parser().parse_args(arguments)
    log_to_stderr(chosen.log_level)
    run: Callable[[argparse.Namespace], int] = chosen.run
    try:
        return run(chosen)
    except TradedeckError as error:
        print(f"tradedeck {chosen.command}: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
