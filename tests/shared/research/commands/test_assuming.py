"""Assumptions out of words: fee tiers and delays of files, distributions, margin."""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path

import pytest

from tradedeck.domain.errors import NotFoundError, RefusedError, TradedeckError
from tradedeck.research.commands.assuming import add_assumptions, settings_from
from tradedeck.research.commands.single import add_arguments, single_of
from tradedeck.research.latency import Gamma, LogNormal, Recorded
from tradedeck.research.settings import Account, FeeTier, Margin, Settings

MS = 10**6


def said(*words: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_assumptions(parser)
    return settings_from(parser.parse_args(words))


def written(folder: Path, text: str) -> str:
    file = folder / "given.txt"
    file.write_text(text)
    return str(file)


def test_nothing_said_is_what_the_library_assumes() -> None:
    assert said() == Settings()


def test_fee_tiers_are_read_from_a_table(tmp_path: Path) -> None:
    file = written(tmp_path, "volume,maker,taker\n# who trades little\n0,0.001,0.002\n\n1e6,-0.00005,0.0008\n")
    assert said("--fee-tiers", file, "--traded", "250000") == Settings(
        tiers=(
            FeeTier(Decimal(0), Decimal("0.001"), Decimal("0.002")),
            FeeTier(Decimal(1_000_000), Decimal("-0.00005"), Decimal("0.0008")),
        ),
        traded=Decimal(250_000),
    )


def test_delays_are_read_one_a_line_in_milliseconds(tmp_path: Path) -> None:
    file = written(tmp_path, "# seen on Monday\n20\n0.25\n\n400\n")
    assert said("--latency-file", file).latency == Recorded((20 * MS, MS // 4, 400 * MS))


@pytest.mark.parametrize("words", ["20,0.5,7", "lognormal:20,0.5,7"])
def test_a_distribution_is_log_normal_unless_it_is_named(words: str) -> None:
    assert said("--latency-drawn", words).latency == LogNormal(20 * MS, 0.5, 7)


def test_a_gamma_distribution_has_a_mean_and_a_deviation() -> None:
    assert said("--latency-drawn", "gamma:20,5,7", "--latency", "3") == Settings(
        latency_ns=3 * MS, latency=Gamma(20 * MS, 5 * MS, 7)
    )


def test_margin_is_isolated_by_a_word() -> None:
    made = said("--account", "linear", "--margin", "isolated")
    assert (made.account, made.margin) == (Account.LINEAR, Margin.ISOLATED)


@pytest.mark.parametrize(("option", "text", "words"), [
    ("--fee-tiers", "volume,maker\n0,1\n", "holds no fee tiers"),
    ("--fee-tiers", "volume,maker,taker\n0,x,1\n", "holds no fee tiers"),
    ("--fee-tiers", "volume,maker,taker\n0,1\n", "holds no fee tiers"),
    ("--latency-file", "20\nsoon\n", "one number of milliseconds a line"),
    ("--latency-file", "inf\n", "one number of milliseconds a line"),
    ("--latency-file", "nan\n", "one number of milliseconds a line"),
])  # fmt: skip
def test_a_file_of_something_else_is_refused(tmp_path: Path, option: str, text: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        said(option, written(tmp_path, text))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "given.txt"
    file.write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(RefusedError, match="is no text"):
        said("--latency-file", str(file))


@pytest.mark.parametrize("words", ["20", "20,0.5", "a,b,c", "20,0.5,1.5", "beta:20,5,7", "inf,0.5,1"])
def test_a_distribution_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(RefusedError, match="write it as MEDIAN,SPREAD,SEED"):
        said("--latency-drawn", words)


@pytest.mark.parametrize(("words", "kind", "told"), [
    (["--fee-tiers", "nowhere.csv"], NotFoundError, "no file nowhere.csv"),
    (["--latency-file", "nowhere.txt", "--latency-drawn", "1,1,1"], RefusedError, "one of the two"),
])  # fmt: skip
def test_contradictions_and_missing_files_are_told(words: list[str], kind: type[TradedeckError], told: str) -> None:
    with pytest.raises(kind, match=told):
        said(*words)


def test_the_command_that_makes_the_run_again_names_them(tmp_path: Path) -> None:
    file = written(tmp_path, "5\n")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    made = single_of(parser.parse_args(["--latency-file", file, "--account", "linear", "--margin", "isolated"]))
    assert f"--latency-file={file}" in made.command
    assert "--margin=isolated" in made.command
    assert made.settings.latency == Recorded((5 * MS,))
