"""A trial of other weights: the method's last steps, run on what was published of people."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from renown.answers.evidence import method_of
from renown.engines import Engine
from renown.errors import BadInput, BadMethod
from renown.inputs import take_in
from renown.lake import Lake
from renown.method import INPUTS, Method, read_steps, tables
from renown.records import KEPT, day_number
from renown.spelling import offer
from renown.steps import Step
from renown.store import Published

MOST_TIMES = 10.0
"""Most that a weight can be multiplied by: beyond it, one signal is nearly all there is."""
SHOWN = 50
"""People who are listed, highest first, where nobody asks for another number."""
FARTHEST = 5
"""People named of those who rose, and of those who fell."""
_LAST = ("values", "strengths", "scores")
"""Steps that read weights, or what came of them, up to the score."""
_READ = ("points", "strengths")
"""Published tables that a trial starts from."""
_SMALL = ("constants", "scales", "observed")
"""Of the tables that constants become, those that the steps `_LAST` read."""
_SAME = 1e-9
"""Points by which a score that is made again may differ from what was published."""
_OWN = "published_strengths s join asked a on a.person = s.person"
_GIVEN = {
    "accounts": f"select s.network, s.account, '' as account_id from {_OWN}",
    "members": f"select s.account, s.person, '' as name from {_OWN}",
    # An account that has gone was not published.
    "absent": "select account from published_strengths where false",
}


@dataclass(frozen=True)
class TriedWeight:
    """A signal's weight as it is, and as it is tried."""

    signal: str
    times: float
    """What the weight is multiplied by."""
    learned: float
    """Share of a network's strength by the method of the day."""
    tried: float
    """The same in the trial: all weights are divided by their sum, so that they sum to 1 again."""
    source: str
    """How the method's weight was set."""


@dataclass(frozen=True)
class TriedScore:
    """Somebody's score and place, as published and as tried."""

    who: str
    rank_before: int
    """Among the people of the trial; equal scores share it."""
    rank: int
    score_before: float
    """1 to 100, as published."""
    score: float
    moved: float
    """Points from `score_before` to `score`."""


@dataclass(frozen=True)
class Trial:
    """A ranking by other weights, beside the published one. Nothing of it is kept."""

    day: str
    """UTC day, as 2026-11-23."""
    method: str
    """Version of the method that published the day."""
    weights: tuple[TriedWeight, ...]
    people: int
    """Everybody of the trial."""
    kept: int
    """People whose rank is what it was."""
    ranking: tuple[TriedScore, ...]
    """Highest scores by the tried weights first."""
    risen: tuple[TriedScore, ...]
    """Those who rose by most ranks."""
    fallen: tuple[TriedScore, ...]
    """Those who fell by most ranks."""
    asked: TriedScore | None
    """Whom one asked for."""

    @property
    def as_is(self) -> bool:
        """Whether every weight is the method's own."""
        return all(weight.times == 1 for weight in self.weights)


class Tryout:
    """
    What was published of some people on a day, held ready for trials, one after another.

    Parameters
    ----------
    engine : Engine
        A session of its own; it is closed with the tryout.
    lake : Lake
        Says which verbs the networks' data showed that day.
    published : Published
    people : iterable of int
        Keys of claimed people.

    Raises
    ------
    BadMethod
        If the day was published by other steps than this renown's, or they do not make again what was published.
    """

    def __init__(self, engine: Engine, lake: Lake, published: Published, people: Iterable[int]) -> None:
        self.day = published.of
        self.method = method_of(published)
        self._engine = engine
        self._day_no = day_number(self.day.day)
        columns = {step.name: step.columns for step in self.method.steps}
        take_in(engine, lake, self.method, self._day_no, self.day.lake)
        self._coverage = engine.rows("select distinct network, verb from coverage")
        for table in _READ:
            engine.scan(f"published_{table}", self.day.files(table), columns[f"published_{table}"])
        engine.table("asked", [(person,) for person in sorted(people)], {"person": "bigint"})
        self._days: dict[str, int] = dict(
            engine.rows("select network, max(days) from published_strengths group by network")
        )
        self._weigh(self.method)
        for table, select in _GIVEN.items():
            engine.run(Step(table, select, columns.get(table) or KEPT[table]))
        for step in read_steps("trials"):
            engine.run(step)
        self.before = self.scores(self.method)
        self._check(published)

    def scores(self, method: Method) -> dict[int, float]:
        """Return the scores of the people who have one, by their keys, with the weights of a method."""
        self._weigh(method)
        for step in method.steps:
            if step.name in _LAST:
                self._engine.run(step)
        return dict(self._engine.rows("select person, score from scores"))

    def close(self) -> None:
        """End the session."""
        self._engine.close()

    def _weigh(self, method: Method) -> None:
        made = tables(method, self._day_no, coverage=self._coverage, days=self._days)
        for table in _SMALL:
            self._engine.table(table, made[table], INPUTS[table])

    def _check(self, published: Published) -> None:
        scores = published.scores(list(self.before))
        if any(abs(score - scores.get(key, 0.0)) > _SAME for key, score in self.before.items()):
            msg = (
                f"what was published of {self.day.day} does not give its scores again by the steps of this renown; "
                "weights can be tried on a day that it publishes"
            )
            raise BadMethod(msg)


def times_of(method: Method, asked: Mapping[str, str]) -> dict[str, float]:
    """
    Return what each signal's weight is to be multiplied by, 1 where nothing is said.

    Raises
    ------
    BadInput
        If there is no such signal, a number is none, or all are 0.

    Examples
    --------
    >>> from renown import method
    >>> times_of(method.load(), {"curation": "0", "audience": "2.5"})["audience"]
    2.5
    """
    names = [signal.name for signal in method.signals]
    for name in asked:
        if name not in names:
            msg = f"{name[:40]!r} is no signal of method {method.version!r}; {offer(name[:40], names)}"
            raise BadInput(msg)
    times = {name: _times(name, asked.get(name, "1")) for name in names}
    if not any(times[signal.name] * signal.weight.value for signal in method.signals):
        msg = f"nothing weighs anything so; leave one of {', '.join(names)} above 0"
        raise BadInput(msg)
    return times


def _times(name: str, text: str) -> float:
    try:
        times = float(text)
    except ValueError:
        times = math.nan
    if not 0 <= times <= MOST_TIMES:
        msg = f"{name} is {text[:40]!r}; write a number from 0 to {MOST_TIMES:g}: what its weight is multiplied by"
        raise BadInput(msg)
    return abs(times)


def reweighed(method: Method, times: Mapping[str, float]) -> Method:
    """Return a method with each weight multiplied, and all divided by their sum: they sum to 1 again."""
    raw = {signal.name: signal.weight.value * times[signal.name] for signal in method.signals}
    total = sum(raw.values())
    signals = tuple(
        replace(signal, weight=replace(signal.weight, value=raw[signal.name] / total)) for signal in method.signals
    )
    return replace(method, signals=signals)


def trial(
    tryout: Tryout,
    people: Mapping[int, str],
    times: Mapping[str, float],
    *,
    asked: int | None = None,
    limit: int = SHOWN,
) -> Trial:
    """
    Rank people by other weights.

    Parameters
    ----------
    tryout : Tryout
    people : mapping of int to str
        Key to name of who is shown; of others nothing is told.
    times : mapping of str to float
        As `times_of` returns.
    asked : int, optional
        Key of whom to tell of, wherever they stand.
    limit : int
        People listed.
    """
    tried = reweighed(tryout.method, times)
    before = {key: score for key, score in tryout.before.items() if key in people}
    after = tryout.scores(tried)
    ranks, ranks_before = _ranks({key: after[key] for key in before}), _ranks(before)
    rows = {
        key: TriedScore(people[key], ranks_before[key], ranks[key], before[key], after[key], after[key] - before[key])
        for key in sorted(before, key=lambda key: (ranks[key], ranks_before[key], people[key]))
    }
    far = sorted(rows.values(), key=lambda row: row.rank - row.rank_before)
    return Trial(
        tryout.day.day.isoformat(),
        tryout.day.method,
        tuple(
            TriedWeight(was.name, times[was.name], was.weight.value, now.weight.value, was.weight.source)
            for was, now in zip(tryout.method.signals, tried.signals, strict=True)
        ),
        len(rows),
        sum(row.rank == row.rank_before for row in rows.values()),
        tuple(rows.values())[:limit],
        tuple(row for row in far[:FARTHEST] if row.rank < row.rank_before),
        tuple(row for row in far[: -FARTHEST - 1 : -1] if row.rank > row.rank_before),
        rows.get(asked) if asked is not None else None,
    )


def _ranks(scores: Mapping[int, float]) -> dict[int, int]:
    """Return everybody's rank, 1 for the highest; equal scores share it."""
    ranks: dict[int, int] = {}
    place, last = 0, float("inf")
    for number, (key, score) in enumerate(sorted(scores.items(), key=lambda each: -each[1]), 1):
        place = place if score == last else number
        ranks[key], last = place, score
    return ranks
