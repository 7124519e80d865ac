"""Score and rank people with custom signal weights, by the method's last steps on the published data."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from renown.engines.base import Engine
from renown.errors import InvalidInputError, InvalidMethodError
from renown.lake import Lake
from renown.method.constants import Constant
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS, build_parameter_tables
from renown.method.step_files import read_steps
from renown.records import LAKE_COLUMNS, day_number
from renown.scoring.inputs import load_inputs
from renown.scoring.replay import load_published_method
from renown.steps import Step
from renown.store import PublishedTables
from renown.text import suggest_spelling

MAX_FACTOR = 10.0
"""Largest factor of a weight; beyond it, one signal makes up nearly the whole score."""
DEFAULT_LIMIT = 50
"""Default length of the ranking."""
MAX_MOVERS = 5
"""Number of people listed with the largest rises, and with the largest falls."""
WEIGHTED_STEPS = ("values", "strengths", "scores")
"""Steps that depend on the weights, up to the score."""
_PUBLISHED_TABLES = ("points", "strengths")
"""Published tables that are read."""
_PARAMETER_TABLES = ("constants", "scales", "observed")
"""Parameter tables that these steps read."""
_STRENGTHS_SQL = "published_strengths s join requested_people a on a.person = s.person"
_INPUT_SELECTS = {
    "accounts": f"select s.network, s.account, '' as account_id from {_STRENGTHS_SQL}",
    "members": f"select s.account, s.person, '' as name from {_STRENGTHS_SQL}",
    # Deleted accounts are not published.
    "absent": "select account from published_strengths where false",
}


@dataclass(frozen=True)
class CustomWeight:
    """A signal's default weight and custom weight."""

    signal: str
    factor: float
    """Factor that the default weight is multiplied by."""
    default_weight: float
    """Share of a network's strength, by the method of the day."""
    weight: float
    """Custom share; all are divided by their sum, so that they sum to 1."""
    source: str
    """Source of the default weight."""


@dataclass(frozen=True, kw_only=True)
class CustomScore:
    """A person's score and rank, as published and with custom weights."""

    name: str
    rank_before: int
    """Published rank among the compared people; equal scores share a rank."""
    rank: int
    score_before: float
    """1 to 100, as published."""
    score: float
    move: float
    """Points from `score_before` to `score`."""


@dataclass(frozen=True, kw_only=True)
class CustomWeightsResult:
    """A ranking by custom weights compared with the published one; it is not stored."""

    day: str
    """UTC day, as 2026-11-23."""
    method: str
    """Version of the method that published the day."""
    weights: tuple[CustomWeight, ...]
    people: int
    """Number of compared people."""
    unchanged: int
    """Number of people whose rank did not change."""
    ranking: tuple[CustomScore, ...]
    """Highest custom scores first."""
    largest_rises: tuple[CustomScore, ...]
    """People who rose by most ranks."""
    largest_falls: tuple[CustomScore, ...]
    """People who fell by most ranks."""
    selected: CustomScore | None
    """The selected person; None if none was selected, or they have no score."""

    @property
    def is_default(self) -> bool:
        """Whether all weights are the method's own."""
        return all(weight.factor == 1 for weight in self.weights)


class WeightSandbox:
    """
    Published data of some people on one day, loaded once to be scored many times with custom weights.

    Parameters
    ----------
    engine : Engine
        A session that nothing else uses; it is closed with the sandbox.
    lake : Lake
        Its `coverage` has the verbs that could be observed on that day.
    published : PublishedTables
    people : iterable of int
        Keys of claimed people.

    Raises
    ------
    InvalidMethodError
        If the day was published by a method whose SQL is not in this version, or its scores cannot be reproduced.
    """

    tolerance = 1e-9
    """Tolerance, in points, when a recomputed score is compared with the published one."""

    def __init__(self, engine: Engine, lake: Lake, published: PublishedTables, people: Iterable[int]) -> None:
        self.day = published.day
        self.method = load_published_method(published)
        self._engine = engine
        self._day_no = day_number(self.day.day)
        columns = {step.name: step.columns for step in self.method.steps}
        load_inputs(engine, lake, self.method, self._day_no, self.day.lake)
        self._coverage = engine.query("select distinct network, verb from coverage")
        for table in _PUBLISHED_TABLES:
            engine.scan(f"published_{table}", self.day.files(table), columns[f"published_{table}"])
        engine.create_table("requested_people", [(person,) for person in sorted(people)], {"person": "bigint"})
        self._observed_days: dict[str, int] = dict(
            engine.query("select network, max(days) from published_strengths group by network")
        )
        self._set_weights(self.method)
        for table, select in _INPUT_SELECTS.items():
            engine.run(Step(name=table, sql=select, columns=columns.get(table) or LAKE_COLUMNS[table]))
        self._load_points()
        self.published_scores = self.compute_scores(self.method)
        self._verify_reproducible(published)

    def compute_scores(self, method: Method) -> dict[int, float]:
        """Compute the scores of all people with the weights of a method, by key."""
        self._set_weights(method)
        for step in method.steps:
            if step.name in WEIGHTED_STEPS:
                self._engine.run(step)
        return self._read_scores()

    def close(self) -> None:
        """Close the engine session."""
        self._engine.close()

    def _load_points(self) -> None:
        """Load the published points as inputs of the weighted steps."""
        for step in read_steps("trials"):
            self._engine.run(step)

    def _read_scores(self) -> dict[int, float]:
        return dict(self._engine.query("select person, verified_score from scores where verified_score is not null"))

    def _set_weights(self, method: Method) -> None:
        rows_by_table = build_parameter_tables(method, self._day_no, coverage=self._coverage, days=self._observed_days)
        for table in _PARAMETER_TABLES:
            self._engine.create_table(table, rows_by_table[table], INPUT_COLUMNS[table])

    def _verify_reproducible(self, published: PublishedTables) -> None:
        scores = published.read_verified_scores(list(self.published_scores))
        if any(abs(score - scores.get(key, 0.0)) > self.tolerance for key, score in self.published_scores.items()):
            raise InvalidMethodError(
                f"the scores of {self.day.day} cannot be reproduced by this version of renown; "
                "custom weights work on days that this version published"
            )


def list_weights(method: Method) -> dict[str, Constant]:
    """
    List the weights of a method by name: one for each signal, but with a ledger reactions share one.

    Examples
    --------
    >>> from renown import method
    >>> list(list_weights(method.load_method()))
    ['audience', 'curation', 'reactions']
    """
    return {method.value_names[signal.name]: signal.weight for signal in method.signals}


def parse_factors(method: Method, texts: Mapping[str, str]) -> dict[str, float]:
    """
    Parse the factor of each signal's weight; it is 1 for signals that are not in `texts`.

    Raises
    ------
    InvalidInputError
        If there is no such signal, a factor is not a number from 0 to `MAX_FACTOR`, or all weights are 0.

    Examples
    --------
    >>> from renown import method
    >>> parse_factors(method.load_method(), {"curation": "0", "audience": "2.5"})["audience"]
    2.5
    >>> parse_factors(method.load_method(), {"audience": "50%"})["audience"]
    0.5
    """
    weights = list_weights(method)
    names = list(weights)
    for name in texts:
        if name not in names:
            raise InvalidInputError(
                f"{name[:40]!r} is not a signal of method {method.version!r}; {suggest_spelling(name[:40], names)}"
            )
    factors = {name: _parse_factor(name, texts.get(name, "1")) for name in names}
    if not any(factors[name] * weight.value for name, weight in weights.items()):
        raise InvalidInputError(f"all weights are 0; set at least one of {', '.join(names)} above 0")
    return factors


def apply_factors(method: Method, factors: Mapping[str, float]) -> Method:
    """Return a copy of a method with each weight multiplied by its factor, normalized to sum to 1."""
    weights = {name: weight.value * factors[name] for name, weight in list_weights(method).items()}
    total = sum(weights.values())
    signals = tuple(
        replace(signal, weight=replace(signal.weight, value=weights[method.value_names[signal.name]] / total))
        for signal in method.signals
    )
    return replace(method, signals=signals)


def score_with_weights(
    sandbox: WeightSandbox,
    people: Mapping[int, str],
    factors: Mapping[str, float],
    *,
    selected: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> CustomWeightsResult:
    """
    Score and rank people with custom weights.

    Parameters
    ----------
    sandbox : WeightSandbox
    people : mapping of int to str
        Key to name of the visible people; others are excluded.
    factors : mapping of str to float
        As `parse_factors` returns them.
    selected : int, optional
        Key of a person to return whatever their rank.
    limit : int
        Length of the ranking.
    """
    custom_method = apply_factors(sandbox.method, factors)
    custom_weights = list_weights(custom_method)
    published_scores = {key: score for key, score in sandbox.published_scores.items() if key in people}
    rows = _rank_people(people, published_scores, sandbox.compute_scores(custom_method))
    by_rank_change = sorted(rows.values(), key=lambda row: row.rank - row.rank_before)
    return CustomWeightsResult(
        day=sandbox.day.day.isoformat(),
        method=sandbox.day.method,
        weights=tuple(
            CustomWeight(name, factors[name], weight.value, custom_weights[name].value, weight.source)
            for name, weight in list_weights(sandbox.method).items()
        ),
        people=len(rows),
        unchanged=sum(row.rank == row.rank_before for row in rows.values()),
        ranking=tuple(rows.values())[:limit],
        largest_rises=tuple(row for row in by_rank_change[:MAX_MOVERS] if row.rank < row.rank_before),
        largest_falls=tuple(row for row in by_rank_change[: -MAX_MOVERS - 1 : -1] if row.rank > row.rank_before),
        selected=rows.get(selected) if selected is not None else None,
    )


def _parse_factor(name: str, text: str) -> float:
    try:
        factor = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        factor = math.nan
    if not 0 <= factor <= MAX_FACTOR:
        raise InvalidInputError(
            f"the factor of {name!r} is {text[:40]!r}; write a number from 0 to {MAX_FACTOR:g}, such as 0.5 or 50%"
        )
    return abs(factor)


def _rank_people(
    people: Mapping[int, str], published_scores: Mapping[int, float], custom_scores: Mapping[int, float]
) -> dict[int, CustomScore]:
    """Rank those with a published score by their custom ones, the first first, by key."""
    published_ranks = _compute_ranks(published_scores)
    ranks = _compute_ranks({key: custom_scores[key] for key in published_scores})
    return {
        key: CustomScore(
            name=people[key],
            rank_before=published_ranks[key],
            rank=ranks[key],
            score_before=published_scores[key],
            score=custom_scores[key],
            move=custom_scores[key] - published_scores[key],
        )
        for key in sorted(published_scores, key=lambda key: (ranks[key], published_ranks[key], people[key]))
    }


def _compute_ranks(scores: Mapping[int, float]) -> dict[int, int]:
    """Compute ranks, 1 for the highest; equal scores share a rank."""
    ranks: dict[int, int] = {}
    rank, last_score = 0, float("inf")
    for position, (key, score) in enumerate(sorted(scores.items(), key=lambda item: -item[1]), 1):
        rank = rank if score == last_score else position
        ranks[key], last_score = rank, score
    return ranks
