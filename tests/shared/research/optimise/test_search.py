"""A search tries what it says, finds what is there, and gives the same again for the same seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import optuna
import polars as pl
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from shared.research.crossing import DECLARED, evaluate
from shared.research.runs import week

from tradedeck.domain.errors import ConflictError, CorruptError, RefusedError
from tradedeck.history.series import BarSeries
from tradedeck.research.optimise import OBJECTIVES, Method, Plan, Progress, Prune, StudyResult, optimise
from tradedeck.research.result import Summary
from tradedeck.research.space import Space, space_of

DAY = week().slice(0, 1440)


def crosses() -> Space:
    return space_of(DECLARED, ["fast=5:50:5", "slow=20:200:20"], ["fast<slow"])


def search(plan: Plan, file: Path | None = None, space: Space | None = None) -> StudyResult:
    return optimise(space or crosses(), evaluate, DAY, plan, file=file)


class Counting:
    """The evaluator, noting what it was asked."""

    def __init__(self, interrupt_after: int = 10**9) -> None:
        self.asked: list[tuple[str, int]] = []
        self._left = interrupt_after

    def __call__(self, combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        self.asked += [(f"{params['fast']}/{params['slow']}", len(series)) for params in combos]
        return evaluate(combos, series)


def test_a_grid_tries_everything_and_its_best_is_the_best() -> None:
    found = search(Plan(Method.GRID))
    points = list(crosses().points())
    everything = evaluate(points, DAY)
    assert found.total == len(found.trials) == len(points)
    assert found.best is not None
    assert found.best.score == max(summary.sharpe for summary in everything)
    assert found.table["sharpe"].to_list() == [summary.sharpe for summary in everything]
    assert found.table.schema["fast"] == pl.Int64
    assert found.pareto.height == 1


@pytest.mark.parametrize("method", [Method.RANDOM, Method.TPE, Method.GENETIC])
def test_the_same_seed_gives_the_same_trials_and_another_gives_others(method: Method) -> None:
    first, second, third = (search(Plan(method, trials=80, seed=seed, batch=16)) for seed in (4, 4, 5))
    assert first.trials == second.trials
    assert first.trials != third.trials
    assert len(first.trials) == min(80, first.total)
    assert all(int(trial.params["fast"]) < int(trial.params["slow"]) for trial in first.trials)


@pytest.mark.parametrize("method", [Method.TPE, Method.GENETIC])
def test_learning_methods_close_in_on_the_optimum(method: Method) -> None:
    space = space_of(DECLARED, ["fast=1:100", "slow=2:400", "weight=0.1:1"])

    def bowl(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
        def height(params: Mapping[str, str]) -> float:
            fast, slow, weight = (float(params[name]) for name in ("fast", "slow", "weight"))
            return -(((fast - 30) / 100) ** 2) - ((slow - 120) / 400) ** 2 - (weight - 0.5) ** 2

        return [Summary(dict(params), 1.0, 2.0, 0.1, height(params), 9, 18, 0.0) for params in combos]

    def best(chosen: Method) -> float:
        result = optimise(space, bowl, DAY, Plan(chosen, trials=320, seed=2))
        assert result.best is not None
        return result.best.score

    assert best(method) > best(Method.RANDOM)
    assert best(method) > -0.002


def bowl(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
    """Best at fast 30 and slow 120, wherever it is looked at."""

    def height(params: Mapping[str, str]) -> float:
        return -(((float(params["fast"]) - 30) / 100) ** 2) - ((float(params["slow"]) - 120) / 400) ** 2

    return [Summary(dict(params), 1.0, 2.0, 0.1, height(params), 9, 18, 0.0) for params in combos]


@pytest.mark.parametrize("prune", [Prune.HALVING, Prune.HYPERBAND])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_pruned_genetic_search_finds_the_same_best_with_less_work(prune: Prune, seed: int) -> None:
    space = space_of(DECLARED, ["fast=2:100:2", "slow=10:400:10"])
    looked_at: dict[Prune, int] = {}
    best: dict[Prune, tuple[str, str]] = {}
    for chosen in (Prune.NONE, prune):
        bars = [0]

        def counted(combos: Sequence[Mapping[str, str]], series: BarSeries, bars: list[int] = bars) -> list[Summary]:
            bars[0] += len(combos) * len(series)
            return bowl(combos, series)

        plan = Plan(Method.GENETIC, trials=640, seed=seed, batch=32, prune=chosen)
        found = optimise(space, counted, DAY, plan)
        assert found.best is not None
        assert not found.best.pruned
        looked_at[chosen], best[chosen] = bars[0], (found.best.params["fast"], found.best.params["slow"])
    assert best[prune] == best[Prune.NONE] == ("30", "120")
    assert looked_at[prune] < 0.75 * looked_at[Prune.NONE]


def test_pruned_members_of_a_generation_lose_to_all_that_came_further(tmp_path: Path) -> None:
    plan = Plan(Method.GENETIC, trials=81, batch=27, prune=Prune.HALVING)
    found = search(plan, tmp_path / "study")
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "study")))
    kept = [
        trial
        for trial in optuna.load_study(storage=storage, study_name="tradedeck").trials
        if trial.state is optuna.trial.TrialState.COMPLETE
    ]
    assert len(kept) == len(found.trials) == 81
    by_value = sorted(zip(kept, found.trials, strict=True), key=lambda pair: pair[0].value or 0.0)
    order = [(trial.share, trial.score) for _, trial in by_value if trial.score > -math.inf]
    assert order == sorted(order)
    assert {round(share * 9) for share, _ in order} == {1, 3, 9}


def test_random_search_of_a_small_space_tries_each_point_once() -> None:
    found = search(Plan(Method.RANDOM, trials=10_000))
    assert found.total == len(found.trials) == len({str(trial.params) for trial in found.trials}) == 90


def test_no_combination_is_evaluated_twice() -> None:
    counting = Counting()
    space = space_of(DECLARED, ["fast=5:20:5", "slow=20:40:10"], ["fast<slow"])
    found = optimise(space, counting, DAY, Plan(Method.TPE, trials=60, batch=10))
    assert len(found.trials) == 60
    assert len(counting.asked) == len(set(counting.asked)) <= 12


def test_several_objectives_leave_a_front_nobody_beats() -> None:
    plan = Plan(Method.GENETIC, ("profit", "drawdown"), trials=128, seed=3, batch=32)
    found = search(plan)
    front = [tuple(row) for row in found.pareto.select("profit", "drawdown").iter_rows()]
    assert front
    scores = {trial.scores for trial in found.trials}
    for ours in front:
        assert not any(all(a >= b for a, b in zip(other, ours, strict=True)) and other != ours for other in scores)
    assert len(front) == len(set(front))


@pytest.mark.parametrize("method", [Method.GRID, Method.TPE])
def test_halving_gives_most_up_early_and_keeps_the_rest_honest(method: Method) -> None:
    counting = Counting()
    plan = Plan(method, trials=81, batch=27, prune=Prune.HALVING)
    found = optimise(crosses(), counting, DAY, plan)
    by_length = [sum(1 for _, length in counting.asked if length == bars) for bars in (160, 480, 1440)]
    assert by_length[0] > by_length[1] > by_length[2] > 0
    assert by_length[2] <= 9
    for trial in found.trials:
        part = DAY.slice(0, int(1440 * trial.share))
        assert trial.summary == evaluate([trial.params], part)[0]
    assert found.best is not None
    assert not found.best.pruned
    assert found.table.filter(pl.col("share") < 1).height == sum(trial.pruned for trial in found.trials)


def test_hyperband_takes_turns_in_where_it_starts() -> None:
    found = search(Plan(Method.RANDOM, trials=81, batch=27, prune=Prune.HYPERBAND))
    shares = [{round(trial.share * 9) for trial in found.trials[first : first + 27]} for first in (0, 27, 54)]
    assert shares == [{1, 3, 9}, {3, 9}, {9}]


def test_progress_is_told_after_every_batch() -> None:
    told: list[Progress] = []
    optimise(crosses(), evaluate, DAY, Plan(Method.GRID, batch=40), show=told.append)
    assert [progress.done for progress in told] == [40, 80, 90]
    assert {progress.total for progress in told} == {90}
    assert all(progress.best is not None for progress in told)
    assert told[-1].eta_s == 0
    assert told[0].eta_s > 0


@pytest.mark.parametrize("prune", list(Prune))
def test_an_interrupted_pruned_genetic_study_goes_on_to_the_same_end(tmp_path: Path, prune: Prune) -> None:
    plan = Plan(Method.GENETIC, trials=84, batch=12, seed=7, prune=prune)
    whole = search(plan)
    stopped = optimise(crosses(), Counting(interrupt_after=9), DAY, plan, file=tmp_path / "study")
    assert str(stopped.trials) == str(whole.trials[: len(stopped.trials)])
    assert stopped.interrupted == (len(stopped.trials) < 84)
    # Text, because a Sharpe ratio that cannot be told is NaN, which equals nothing.
    assert str(search(plan, tmp_path / "study").trials) == str(whole.trials)


@pytest.mark.parametrize(
    ("method", "name"), [*((method, "study.log") for method in Method), (Method.GENETIC, "study.db")]
)
def test_an_interrupted_study_goes_on_to_the_same_end(tmp_path: Path, method: Method, name: str) -> None:
    plan = Plan(method, trials=84, batch=12, seed=7)
    whole = search(plan)
    counting = Counting(interrupt_after=5)
    stopped = optimise(crosses(), counting, DAY, plan, file=tmp_path / name)
    assert stopped.interrupted
    assert stopped.trials == whole.trials[: len(stopped.trials)]
    assert len(stopped.trials) >= 60
    resumed = search(plan, tmp_path / name)
    assert resumed.trials == whole.trials
    assert resumed.table.equals(whole.table)


def test_pruned_trials_come_back_from_the_file_as_they_were(tmp_path: Path) -> None:
    plan = Plan(Method.TPE, trials=54, batch=27, prune=Prune.HALVING)
    first = search(plan, tmp_path / "study")
    counting = Counting()
    again = optimise(crosses(), counting, DAY, plan, file=tmp_path / "study")
    # Text, because a Sharpe ratio that cannot be told is NaN, which equals nothing.
    assert str(again.trials) == str(first.trials)
    assert counting.asked == []


def test_a_study_can_be_given_more_trials(tmp_path: Path) -> None:
    search(Plan(Method.TPE, trials=24, batch=12), tmp_path / "study")
    longer = search(Plan(Method.TPE, trials=48, batch=12), tmp_path / "study")
    assert longer.trials == search(Plan(Method.TPE, trials=48, batch=12)).trials


@pytest.mark.parametrize("kept", [13, 17, 23])
def test_a_batch_kept_in_part_is_done_again_and_the_line_it_died_in_is_dropped(tmp_path: Path, kept: int) -> None:
    plan = Plan(Method.RANDOM, trials=48, batch=12)
    file = tmp_path / "study"
    whole = search(plan, file)
    lines = file.read_bytes().splitlines(keepends=True)
    creations = [number for number, line in enumerate(lines) if b'"share"' in line]
    file.write_bytes(b"".join(lines[: creations[kept]]) + lines[creations[kept]][:40])
    counting = Counting()
    resumed = optimise(crosses(), counting, DAY, plan, file=file)
    assert resumed.trials == whole.trials
    assert len(counting.asked) == 36
    assert search(plan, file).trials == whole.trials


def test_a_file_of_another_search_is_refused(tmp_path: Path) -> None:
    search(Plan(Method.RANDOM, trials=12), tmp_path / "study")
    with pytest.raises(ConflictError, match="another seed"):
        search(Plan(Method.RANDOM, trials=12, seed=2), tmp_path / "study")
    with pytest.raises(ConflictError, match="another data"):
        optimise(crosses(), evaluate, DAY.slice(1, 1000), Plan(Method.RANDOM, trials=12), file=tmp_path / "study")


def test_a_file_that_is_no_study_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("buy milk\nsell it\n")
    with pytest.raises(CorruptError, match=r"notes\.txt is no study"):
        search(Plan(Method.RANDOM, trials=12), file)
    assert file.read_text() == "buy milk\nsell it\n"


def test_two_at_one_study_are_noticed(tmp_path: Path) -> None:
    plan = Plan(Method.RANDOM, trials=24, batch=12)

    def meanwhile(combos: Sequence[Mapping[str, str]], series: BarSeries) -> list[Summary]:
        storage = JournalStorage(JournalFileBackend(str(tmp_path / "study")))
        optuna.load_study(storage=storage, study_name="tradedeck").ask()
        return evaluate(combos, series)

    with pytest.raises(ConflictError, match="another process"):
        optimise(crosses(), meanwhile, DAY, plan, file=tmp_path / "study")


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (Plan(objectives=("beauty",)), "no objective beauty"),
        (Plan(objectives=()), "no objective"),
        (Plan(Method.TPE), "how many trials"),
        (Plan(Method.GENETIC, trials=10, batch=2), "generation"),
        (Plan(objectives=("profit", "sharpe"), prune=Prune.HALVING), "pruning"),
    ],
)
def test_plans_without_sense_are_refused(plan: Plan, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        search(plan)


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_every_objective_ranks_combinations_and_those_that_never_trade_last(name: str) -> None:
    space = space_of(DECLARED, ["fast=5,10", "slow=20,1000"])
    found = optimise(space, evaluate, DAY.slice(0, 900), Plan(objectives=(name,)))
    scores = {(trial.params["slow"]): trial.score for trial in found.trials}
    assert scores["1000"] == -math.inf
    assert math.isfinite(scores["20"])
    assert found.best is not None
    assert found.best.params["slow"] == "20"


def test_when_nothing_trades_there_is_no_best() -> None:
    found = optimise(space_of(DECLARED, ["fast=5,10", "slow=900,1000"]), evaluate, DAY.slice(0, 800), Plan())
    assert found.best is None
    assert found.warnings == ("no combination traded at all: widen the ranges or take more data",)
    assert found.pareto.is_empty()
