"""How the next combinations are chosen: Optuna's samplers over a space, seeded anew for every batch.

The seed of a batch is drawn from the plan's seed and the batch's number, and nothing is chosen while a batch
runs. So neither the number of workers nor a resumption changes what is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tradedeck.research.optimise.terms import Method, Plan
from tradedeck.research.space import Axis, Space, nothing_allowed

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_TRIES = 100
"""Proposals against the conditions before one by chance is taken instead."""


def listed(space: Space, plan: Plan) -> Iterator[dict[str, str]] | None:
    """The combinations in order where they do not depend on what was found; None where they do."""
    match plan.method:
        case Method.GRID:
            return space.points()
        case Method.RANDOM:
            return space.draws(plan.seed)
        case _:
            return None


def total_of(space: Space, plan: Plan) -> int:
    """How many trials there will be.

    Raises:
        RefusedError: no combination meets the conditions, or a grid's range has no steps.
    """
    points = listed(space, plan)
    if points is None:
        next(space.draws(plan.seed))
        return plan.trials
    found = sum(1 for _ in islice(points, plan.trials or None))
    if not found:
        raise nothing_allowed(space)
    return found


class Chooser:
    """Asks for batches: from a list where there is one, else from an Optuna study that learns."""

    def __init__(self, study: optuna.Study, space: Space, plan: Plan, done: int) -> None:
        self._study = study
        self._space = space
        self._plan = plan
        self._points = listed(space, plan)
        self._distributions = {axis.name: _distribution(axis) for axis in space.axes}
        if self._points is not None:
            next(islice(self._points, done, done), None)
        elif plan.method is Method.GENETIC:
            self._recall_parents()

    def batch(self, number: int, size: int) -> list[tuple[optuna.Trial | None, dict[str, str]]]:
        """Up to `size` combinations, each with its running trial where the study learns; fewer at a list's end.

        Proposals that break a condition are told to the study as failed, between those returned.
        """
        if self._points is not None:
            return [(None, params) for params in islice(self._points, size)]
        seed = _seed(self._plan.seed, number)
        self._study.sampler = _sampler(self._plan, seed)
        spare = cycle(self._space.draws(seed))
        return [self._proposed(spare) for _ in range(size)]

    def natives(self, params: dict[str, str]) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        """A combination in Optuna's terms."""
        return {axis.name: _native(axis, params[axis.name]) for axis in self._space.axes}, self._distributions

    def _recall_parents(self) -> None:
        """Choose the parents of every generation of a resumed study in turn, as the first run did.

        Left to itself the sampler would choose them from the last back to the first, and take others among equals.
        """
        sampler = _sampler(self._plan, 0)
        trials = self._study.get_trials(deepcopy=False)
        last = max((sampler.get_trial_generation(self._study, trial) for trial in trials), default=0)
        for generation in range(1, last + 1):
            sampler.get_parent_population(self._study, generation)

    def _fixed(self, params: dict[str, str]) -> optuna.Trial:
        self._study.enqueue_trial(self.natives(params)[0])
        return self._study.ask(self._distributions)

    def _proposed(self, spare: Iterator[dict[str, str]]) -> tuple[optuna.Trial, dict[str, str]]:
        from optuna.trial import TrialState

        for _ in range(_TRIES):
            trial = self._study.ask(self._distributions)
            params = {**self._space.fixed, **_texts(self._space.axes, trial.params)}
            if self._space.allows(params):
                return trial, params
            self._study.tell(trial, state=TrialState.FAIL)
        params = next(spare)
        return self._fixed(params), params


def _seed(seed: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, batch]).generate_state(1)[0])


def _sampler(plan: Plan, seed: int) -> Any:
    from optuna import samplers

    match plan.method:
        case Method.TPE:
            return samplers.TPESampler(seed=seed, n_startup_trials=plan.batch_size)
        case Method.GENETIC:
            return samplers.NSGAIISampler(seed=seed, population_size=plan.batch_size)
        case _:
            return samplers.RandomSampler(seed=seed)


def _distribution(axis: Axis) -> BaseDistribution:
    """Numbers by their place in the list (any spacing is even there); names as categories; else a range."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not axis.values:
        return FloatDistribution(axis.low, axis.high)
    if axis.ordered:
        return IntDistribution(0, len(axis.values) - 1)
    return CategoricalDistribution(axis.values)


def _native(axis: Axis, value: str) -> Any:
    if not axis.values:
        return float(value)
    return axis.values.index(value) if axis.ordered else value


def _texts(axes: Sequence[Axis], chosen: dict[str, Any]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for axis in axes:
        value = chosen[axis.name]
        if axis.values:
            texts[axis.name] = axis.values[value] if axis.ordered else value
        else:
            texts[axis.name] = axis.text(value)
    return texts
