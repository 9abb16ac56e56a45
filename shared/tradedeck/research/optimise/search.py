"""The search: choose a batch, evaluate it, keep it, tell how far it is; until done or interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradedeck.history.series import BarSeries
from tradedeck.kit.clock import SystemClock
from tradedeck.research.optimise.choosing import Chooser, total_of
from tradedeck.research.optimise.store import BATCH, OF, Store
from tradedeck.research.optimise.terms import LEARNING, Evaluate, Method, Plan, Progress, Prune, Trial, scores_of
from tradedeck.research.result import Summary
from tradedeck.research.space import Space

if TYPE_CHECKING:
    import optuna

_SHARES = (1 / 9, 1 / 3, 1.0)
_KEEP = 3
"""Successive halving by three: the better third goes on to three times the bars."""

_LAST = -1e300
"""Where the values of pruned members of a generation begin: no score is as low."""

Show = Callable[[Progress], None]


class Search:
    """One search over one stretch of bars. `run` may be called once.

    Raises:
        RefusedError: the plan or the space makes no sense.
        ConflictError: `file` holds another search.
    """

    def __init__(
        self,
        space: Space,
        evaluate: Evaluate,
        series: BarSeries,
        plan: Plan,
        *,
        file: Path | None = None,
        show: Show | None = None,
    ) -> None:
        import optuna

        plan.check()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.total = total_of(space, plan)
        self.trials: list[Trial] = []
        self.interrupted = False
        self._evaluate, self._series, self._plan, self._show = evaluate, series, plan, show
        self._known: dict[tuple[tuple[str, str], ...], Trial] = {}
        self._study = optuna.create_study(directions=("maximize",) * len(plan.objectives))
        self._store = Store(file, len(plan.objectives), _terms(space, series, plan)) if file else None
        self._batches = self._resume()
        self._chooser = Chooser(self._study, space, plan, len(self.trials))

    def run(self) -> None:
        """Fill `trials` up to `total`. Ctrl-C ends it with the batches that are done and sets `interrupted`."""
        clock, resumed = SystemClock(), len(self.trials)
        begun = clock.now_ns()
        try:
            while len(self.trials) < self.total and self._batch():
                if self._show is not None:
                    elapsed = (clock.now_ns() - begun) / 1e9
                    done, left = len(self.trials) - resumed, self.total - len(self.trials)
                    self._show(
                        Progress(len(self.trials), self.total, best_of(self.trials), elapsed, elapsed / done * left)
                    )
        except KeyboardInterrupt:
            self.interrupted = True

    def _batch(self) -> bool:
        size = min(self._plan.batch_size, self.total - len(self.trials))
        first = len(self._study.get_trials(deepcopy=False))
        chosen = self._chooser.batch(self._batches, size)
        found = self._outcomes([params for _, params in chosen])
        for (asked, _), trial in zip(chosen, found, strict=True):
            if asked is not None:
                self._tell(asked, trial)
        if self._store is not None:
            learned = deepcopy(self._study.get_trials(deepcopy=False)[first:])
            if learned:
                self._keep(self._store, first, learned)
            else:
                self._keep(self._store, len(self.trials), [self._frozen(trial) for trial in found])
        self.trials += found
        self._batches += 1
        return bool(found)

    def _outcomes(self, combos: Sequence[dict[str, str]]) -> list[Trial]:
        keys = [_key(params) for params in combos]
        fresh = {key: params for key, params in zip(keys, combos, strict=True) if key not in self._known}
        for trial in self._race(list(fresh.values())):
            self._known[_key(trial.params)] = trial
        first = len(self.trials)
        return [_numbered(self._known[key], first + place) for place, key in enumerate(keys)]

    def _race(self, combos: list[dict[str, str]]) -> Iterable[Trial]:
        """Evaluate, on growing parts of the data where the plan prunes."""
        shares = _shares(self._plan.prune, self._batches)
        racing = combos
        for share in shares:
            series = self._series.slice(0, max(1, int(len(self._series) * share)))
            summaries: Sequence[Summary] = self._evaluate(racing, series) if racing else ()
            trials = [
                Trial(0, params, scores_of(self._plan.objectives, summary, series), summary, share)
                for params, summary in zip(racing, summaries, strict=True)
            ]
            if share == 1.0:
                yield from trials
                return
            ranked = sorted(trials, key=lambda trial: -trial.score)
            go_on = -(-len(ranked) // _KEEP)
            yield from ranked[go_on:]
            racing = [trial.params for trial in ranked[:go_on]]

    def _tell(self, asked: optuna.Trial, trial: Trial) -> None:
        from optuna.trial import TrialState

        if self._store is not None:
            for name, value in _attributes(trial).items():
                asked.set_user_attr(name, value)
        if trial.pruned and self._plan.method is Method.GENETIC:
            # A generation has no gaps: who was given up is in it, and loses to everyone who went further.
            self._study.tell(asked, _handicapped(trial))
        elif trial.pruned:
            asked.report(trial.score, _step(trial))
            self._study.tell(asked, state=TrialState.PRUNED)
        else:
            self._study.tell(asked, list(trial.scores))

    def _frozen(self, trial: Trial) -> optuna.trial.FrozenTrial:
        """A trial of a list, which no study has asked for, as a study keeps it."""
        from optuna.trial import TrialState, create_trial

        params, distributions = self._chooser.natives(trial.params)
        return create_trial(
            state=TrialState.PRUNED if trial.pruned else TrialState.COMPLETE,
            values=None if trial.pruned else trial.scores,
            params=params,
            distributions=distributions,
            user_attrs=_attributes(trial),
            intermediate_values={_step(trial): trial.score} if trial.pruned else None,
        )

    def _keep(self, store: Store, first: int, batch: Sequence[optuna.trial.FrozenTrial]) -> None:
        for frozen in batch:
            frozen.set_user_attr(BATCH, self._batches)
            frozen.set_user_attr(OF, len(batch))
        store.keep(first, batch)

    def _resume(self) -> int:
        """Take over the batches the file holds; returns how many there are."""
        from optuna.trial import TrialState

        if self._store is None:
            return 0
        kept = self._store.load()
        if self._plan.method in LEARNING:
            self._study.add_trials(kept)
        for frozen in kept:
            if frozen.state is not TrialState.FAIL:
                trial = _thawed(len(self.trials), frozen, self._plan, self._series)
                self.trials.append(trial)
                self._known[_key(trial.params)] = trial
        return kept[-1].user_attrs[BATCH] + 1 if kept else 0


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """The highest first score of those tried on all bars; the earliest of equals."""
    return max((trial for trial in trials if not trial.pruned), key=lambda trial: trial.score, default=None)


def _shares(prune: Prune, batch: int) -> tuple[float, ...]:
    match prune:
        case Prune.NONE:
            return (1.0,)
        case Prune.HALVING:
            return _SHARES
        case Prune.HYPERBAND:
            return _SHARES[batch % len(_SHARES) :]


def _attributes(trial: Trial) -> dict[str, Any]:
    return {"params": trial.params, "summary": asdict(trial.summary), "share": trial.share}


def _step(trial: Trial) -> int:
    """How much of the data a pruned trial saw, in ninths."""
    return round(trial.share * 9)


def _handicapped(trial: Trial) -> float:
    """A value below every real score: by how far the trial came, then by its score there."""
    return _LAST * (1 - trial.share - math.atan(trial.score) / 100)


def _key(params: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(params.items()))


def _numbered(trial: Trial, number: int) -> Trial:
    return Trial(number, trial.params, trial.scores, trial.summary, trial.share)


def _thawed(number: int, frozen: optuna.trial.FrozenTrial, plan: Plan, series: BarSeries) -> Trial:
    attributes: dict[str, Any] = frozen.user_attrs
    summary, share = Summary(**attributes["summary"]), attributes["share"]
    part = series.slice(0, max(1, int(len(series) * share)))
    return Trial(number, attributes["params"], scores_of(plan.objectives, summary, part), summary, share)


def _terms(space: Space, series: BarSeries, plan: Plan) -> dict[str, str]:
    return {
        "space": str(space),
        "data": series.digest(),
        "method": plan.method,
        "objectives": ", ".join(plan.objectives),
        "seed": str(plan.seed),
        "batch": str(plan.batch_size),
        "pruning": plan.prune,
        "assumptions": plan.assumptions,
    }
