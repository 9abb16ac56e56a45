"""What a run assumes of the venue and the account, out of words."""

from __future__ import annotations

import argparse
import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.research.latency import Gamma, Latency, LogNormal, Recorded
from tradedeck.research.settings import Account, FeeTier, Margin, Settings, Touch
from tradedeck.research.settings import Path as BarPath

_MS_NS = 1_000_000


def add_assumptions(parser: argparse.ArgumentParser) -> None:
    """What an account has, and how its venue treats it."""
    usual = Settings()
    parser.add_argument("--cash", type=amount, default=usual.cash, help="what the account begins with")
    parser.add_argument("--maker", type=amount, help="fee as a fraction (default: the listing's)")
    parser.add_argument("--taker", type=amount, help="fee as a fraction (default: the listing's)")
    parser.add_argument(
        "--fee-tiers", default="", metavar="FILE", help="a CSV file of volume,maker,taker: fees by what 30 days traded"
    )
    parser.add_argument("--traded", type=amount, default=usual.traded, help="volume of the 30 days before")
    parser.add_argument("--slippage", type=int, default=0, metavar="TICKS", help="worsens every taker fill")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="from the decision to the venue")
    parser.add_argument(
        "--latency-drawn", default="", metavar="MEDIAN,SPREAD,SEED",
        help="drawn on top, in ms: log-normal with the spread of its logarithm; or gamma:MEAN,DEVIATION,SEED",
    )  # fmt: skip
    parser.add_argument("--latency-file", default="", metavar="FILE", help="recorded, on top: a number of ms a line")
    parser.add_argument("--path", default=str(usual.path), choices=[*map(str, BarPath)], help="the way inside a bar")
    parser.add_argument("--touch", default=str(usual.touch), choices=[*map(str, Touch)], help="when limits fill")
    parser.add_argument("--volume-share", type=float, default=usual.volume_share, help="of a bar's volume to fill with")
    parser.add_argument("--account", default=str(usual.account), choices=[*map(str, Account)])
    parser.add_argument(
        "--margin", default=str(usual.margin), choices=[*map(str, Margin)], help="what backs a perpetual"
    )
    parser.add_argument("--leverage", type=int, default=usual.leverage)
    parser.add_argument("--maintenance", type=amount, default=usual.maintenance, help="margin as a fraction")
    parser.add_argument("--borrow", type=amount, default=usual.borrow_rate, help="yearly rate; 0 forbids a spot short")


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The assumptions among the arguments.

    Raises:
        NotFoundError: there is no such file.
        RefusedError: a file or a distribution makes no sense.
    """
    return Settings(
        cash=arguments.cash,
        maker=arguments.maker,
        taker=arguments.taker,
        tiers=read_tiers(Path(arguments.fee_tiers)) if arguments.fee_tiers else (),
        traded=arguments.traded,
        slippage_ticks=arguments.slippage,
        latency_ns=round(arguments.latency * _MS_NS),
        latency=_latency_from(arguments),
        path=BarPath(arguments.path),
        touch=Touch(arguments.touch),
        volume_share=arguments.volume_share,
        account=Account(arguments.account),
        margin=Margin(arguments.margin),
        leverage=arguments.leverage,
        maintenance=arguments.maintenance,
        borrow_rate=arguments.borrow,
    )


def read_tiers(file: Path) -> tuple[FeeTier, ...]:
    """Fee tiers of a CSV file with the columns volume, maker and taker. Raises as `settings_from`."""
    rows = list(csv.DictReader(_lines(file)))
    try:
        return tuple(FeeTier(*(Decimal(row[name]) for name in ("volume", "maker", "taker"))) for row in rows)
    except (KeyError, TypeError, InvalidOperation):
        raise RefusedError(
            f"{file} holds no fee tiers; write a line volume,maker,taker and below it one line of numbers for each",
            code="backtest.tiers",
        ) from None


def read_delays(file: Path) -> Recorded:
    """Delays of a text file, one a line in milliseconds. Raises as `settings_from`."""
    try:
        return Recorded(tuple(round(float(line) * _MS_NS) for line in _lines(file)))
    except (ValueError, OverflowError):
        raise RefusedError(
            f"{file} holds no delays; write one number of milliseconds a line", code="backtest.latency"
        ) from None


def drawn_from(text: str) -> Latency:
    """A distribution: MEDIAN,SPREAD,SEED of a log-normal one, or gamma:MEAN,DEVIATION,SEED. Raises RefusedError."""
    name, _, numbers = text.rpartition(":")
    try:
        middle, spread, seed = numbers.split(",")
        if name == "gamma":
            return Gamma(round(float(middle) * _MS_NS), round(float(spread) * _MS_NS), int(seed))
        if name in ("", "lognormal"):
            return LogNormal(round(float(middle) * _MS_NS), float(spread), int(seed))
    except (ValueError, OverflowError):
        pass
    raise RefusedError(
        f"--latency-drawn {text}: write it as MEDIAN,SPREAD,SEED such as 20,0.5,1, or gamma:MEAN,DEVIATION,SEED",
        code="backtest.latency",
    )


def _latency_from(arguments: argparse.Namespace) -> Latency | None:
    if arguments.latency_file and arguments.latency_drawn:
        raise RefusedError("delays are read from a file or drawn; give one of the two", code="backtest.latency")
    if arguments.latency_file:
        return read_delays(Path(arguments.latency_file))
    return drawn_from(arguments.latency_drawn) if arguments.latency_drawn else None


def _lines(file: Path) -> list[str]:
    """What is written in a small file, without empty lines and those that begin with #."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError:
        raise NotFoundError(f"no file {file} can be read; check the path", code="backtest.file") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{file} is no text; write it as a plain list", code="backtest.file") from None
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def amount(text: str) -> Decimal:
    """A finite number of an argument."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not value.is_finite():
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return value
