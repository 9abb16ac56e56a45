"""`tradedeck ...`: the one command. Members add their own by the entry point group `tradedeck.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points, version

from tradedeck.domain.errors import TradedeckError
from tradedeck.kit.logs import log_to_stderr

GROUP = "tradedeck.commands"


def build_parser(wanted: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the command among `wanted`, or with every installed one when none is named.

    Only what is asked for is imported: `tradedeck sandbox` needs no Qt.
    """
    parser = argparse.ArgumentParser(prog="tradedeck", description="Trade, research and run it all yourself.")
    parser.add_argument("--version", action="version", version=f"tradedeck {version('tradedeck')}")
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    named = [name for name in wanted if name in installed]
    for name in named[:1] or sorted(installed):
        installed[name].load()(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 with one sentence on standard error when it did not."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = build_parser(given).parse_args(given)
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
