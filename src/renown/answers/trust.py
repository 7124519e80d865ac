"""Who makes whom known: verified people from whom credit starts, and what a day would be without one of them."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.records import day_number
from renown.scoring.aliases import load_alias_ids, load_alias_keys
from renown.scoring.entries import VERIFIED_ACCOUNT_COLUMNS, load_ledger
from renown.scoring.inputs import input_columns, load_inputs
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger
from renown.scoring.score import claim_rows, seed_rows
from renown.store import PeopleStore, Person, PublishedDay

DEFAULT_MOVES = 10
_MAX_SEEDS = 32_000
"""Most seeds that can be told apart; a group's number is a smallint."""
_Scores = dict[int, tuple[str, float]]
"""Score key to name and score."""


@dataclass(frozen=True, kw_only=True)
class TrustSeed:
    """A verified person, and whom their credit makes known."""

    name: str
    accounts: int
    """Number of verified accounts."""
    known: int
    """Known accounts that enough of their credit reaches."""
    only: int
    """Accounts that would not be known without this person."""
    removed_at: str
    """When an operator removed them as a seed; empty if they are one."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class TrustMove:
    """A score with and without a seed."""

    name: str
    before: float
    after: float
    difference: float


@dataclass(frozen=True, kw_only=True)
class TrustPreview:
    """What a day would be if a person had never been a seed."""

    name: str
    day: str
    known_before: int
    known_after: int
    changed: int
    """Number of scores that differ by more than a hundredth of a point."""
    moves: tuple[TrustMove, ...]
    """Largest differences first."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """A person's request to review what was discounted."""

    number: int
    name: str
    message: str
    requested_at: str
    answer: str
    """Empty as long as it is open."""
    answered_at: str


@dataclass(frozen=True, kw_only=True)
class TrustInputs:
    """What credit is passed on from, on a day."""

    lake: Lake
    people: PeopleStore
    method: Method
    day: date
    previous_day: PublishedDay | None
    """The latest published day before, from whose strengths trust comes."""


def list_seeds(engine: DuckDB, inputs: TrustInputs) -> list[TrustSeed]:
    """
    List all verified people, those without whom most accounts would not be known first.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    inputs : TrustInputs

    Raises
    ------
    InvalidInputError
        If the method passes on no credit, or there are too many seeds to tell apart.
    """
    _require_ledger(inputs.method)
    removed = inputs.people.trust.removed_seeds()
    verified = [person for person in inputs.people.all_consenting() if _count_verified(person)]
    seeds = [person for person in verified if person.key not in removed]
    reach = _measure_reach(engine, inputs, seeds)
    rows = [
        TrustSeed(
            name=person.name,
            accounts=_count_verified(person),
            known=reach.get(person.key, (0, 0))[0],
            only=reach.get(person.key, (0, 0))[1],
            removed_at=removed[person.key].removed_at.isoformat() if person.key in removed else "",
            reason=removed[person.key].reason if person.key in removed else "",
        )
        for person in verified
    ]
    return sorted(rows, key=lambda row: (row.removed_at != "", -row.only, -row.known, row.name))


def has_seed(people: PeopleStore) -> bool:
    """Tell whether credit starts at anybody: a verified person who was not removed."""
    removed = people.trust.removed_seeds()
    return any(_count_verified(person) and person.key not in removed for person in people.all_consenting())


def preview_without(engine: DuckDB, inputs: TrustInputs, person: Person, *, n: int = DEFAULT_MOVES) -> TrustPreview:
    """
    Score a day in temporary ledgers with and without a person as a seed, as if that had always been so.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    inputs : TrustInputs
    person : Person
    n : int
        Number of largest moves.

    Raises
    ------
    InvalidInputError
        If the method passes on no credit, or the person is no seed.
    """
    _require_ledger(inputs.method)
    removed = inputs.people.trust.removed_seeds().keys()
    seeds = [row for row in inputs.people.all_consenting() if _count_verified(row) and row.key not in removed]
    if person.key not in {row.key for row in seeds}:
        raise InvalidInputError(
            f"no credit starts at {person.name!r}: no claim is verified, or they were removed; see `renown trust list`"
        )
    known, scores = _score_with(engine, inputs, seeds)
    new_known, new_scores = _score_with(engine, inputs, [row for row in seeds if row.key != person.key])
    moves = [
        TrustMove(name=name, before=before, after=new_scores[key][1], difference=new_scores[key][1] - before)
        for key, (name, before) in scores.items()
        if key in new_scores
    ]
    moves.sort(key=lambda move: (-abs(move.difference), move.name))
    changed = [move for move in moves if abs(move.difference) > 0.01]  # noqa: PLR2004 - rounded away when printed
    return TrustPreview(
        name=person.name,
        day=inputs.day.isoformat(),
        known_before=known,
        known_after=new_known,
        changed=len(changed),
        moves=tuple(changed[:n]),
    )


def list_reviews(people: PeopleStore) -> list[Review]:
    """List the requests for reviews, open ones first."""
    names = {person.key: person.name for person in people.all()}
    reviews = [
        Review(
            number=request.review_id,
            name=names.get(request.key, ""),
            message=request.message,
            requested_at=request.requested_at.isoformat(),
            answer=request.answer,
            answered_at=request.answered_at.isoformat() if request.answered_at else "",
        )
        for request in people.trust.list_reviews()
    ]
    return sorted(reviews, key=lambda review: (review.answered_at != "", review.number))


def _require_ledger(method: Method) -> None:
    if not method.has_ledger:
        raise InvalidInputError(
            f"method {method.version} takes trust from scores alone, no credit starts at anybody; "
            "choose a method with a ledger: --method 3"
        )


def _count_verified(person: Person) -> int:
    return sum(claim.is_verified for claim in person.claims)


def _enter_days(engine: DuckDB, inputs: TrustInputs, seeds: Iterable[tuple[Person, int]], ledger: Ledger) -> None:
    """Enter the window of a day into an empty ledger, with these seeds in these groups."""
    day_no, versions = day_number(inputs.day), inputs.lake.versions()
    load_inputs(engine, inputs.lake, inputs.method, day_no, versions)
    alias_ids = load_alias_ids(engine, inputs.lake, load_alias_keys(engine, inputs.lake))
    rows = seed_rows(seeds, alias_ids)
    engine.create_table("verified_accounts", rows, VERIFIED_ACCOUNT_COLUMNS)
    files = inputs.previous_day.files("strengths") if inputs.previous_day else []
    engine.scan("strengths_before", files, input_columns(inputs.method)["strengths_before"])
    load_ledger(engine, inputs.lake, ledger, inputs.method, day_no, versions=versions)


def _measure_reach(engine: DuckDB, inputs: TrustInputs, seeds: list[Person]) -> dict[int, tuple[int, int]]:
    """Return how many known accounts each seed's credit reaches, and how many are known only with it, by score key."""
    if len(seeds) > _MAX_SEEDS:
        raise InvalidInputError(f"there are {len(seeds):,} verified people; up to {_MAX_SEEDS:,} can be told apart")
    day_no, method = day_number(inputs.day), inputs.method
    with tempfile.TemporaryDirectory(prefix="renown-trust-") as folder:
        ledger = Ledger(Path(folder))
        _enter_days(engine, inputs, [(person, number) for number, person in enumerate(seeds)], ledger)
        days = range(day_no + 1 - int(method["credit_days"]), day_no + 1)
        engine.scan("flows", ledger.files("flows", days=days), LEDGER_COLUMNS["flows"])
        engine.run(method.credit_steps[0])
    groups = np.array([person.person_id % int(method["seed_groups"]) for person in seeds], dtype=np.int64)
    sizes = np.bincount(groups, minlength=int(method["seed_groups"]))
    number_of_groups = int((sizes > 0).sum())
    rows = [
        (number, int(group), _needed_groups(method, number_of_groups - (sizes[group] == 1)))
        for number, group in enumerate(groups)
    ]
    columns = {"seed": "smallint", "seed_group": "smallint", "needed": "integer"}
    engine.create_table("numbered_seeds", rows, columns)
    return {
        seeds[number].key: (known, only)
        for number, known, only in engine.query(_reach_sql(method, _needed_groups(method, number_of_groups)))
    }


def _needed_groups(method: Method, number_of_groups: int) -> int:
    """Return from how many groups credit must come, as step `new_standings` does."""
    return max(1, min(int(method["vouching_groups"]), (number_of_groups + 1) // 2))


def _reach_sql(method: Method, min_vouching: int) -> str:
    """Return the SELECT of each seed's reach: seed, known accounts, accounts known only with it."""
    known_credit = int(method["known_credit"])
    return f"""
        with parts as (
          select c.account, n.seed, n.seed_group, n.needed, c.credit
          from (select account, seed_group, sum(credit) as credit from credits group by account, seed_group) c
          join numbered_seeds n on n.seed = c.seed_group
        ), sums as (select account, seed_group, sum(credit) as credit from parts group by account, seed_group),
        vouched as (
          select account, count(*) as vouching from sums where credit >= {known_credit} group by account
        )
        select p.seed, count(*) filter (where p.credit >= {known_credit}),
          count(*) filter (where s.account is null and v.vouching - cast(
            g.credit >= {known_credit} and g.credit - p.credit < {known_credit} as integer) < p.needed)
        from parts p
        join sums g on g.account = p.account and g.seed_group = p.seed_group
        join vouched v on v.account = p.account and v.vouching >= {min_vouching}
        left join (select distinct account from seeds) s on s.account = p.account
        group by p.seed"""


def _score_with(engine: DuckDB, inputs: TrustInputs, seeds: list[Person]) -> tuple[int, _Scores]:
    """Score the day with these seeds; return the number of known accounts and everybody's score."""
    groups = int(inputs.method["seed_groups"])
    alias_ids = load_alias_ids(engine, inputs.lake, load_alias_keys(engine, inputs.lake))
    claims = claim_rows(inputs.people.all_consenting(), alias_ids)
    with tempfile.TemporaryDirectory(prefix="renown-trust-") as folder:
        ledger = Ledger(Path(folder))
        _enter_days(engine, inputs, [(person, person.person_id % groups) for person in seeds], ledger)
        engine.create_table("claims", claims, INPUT_COLUMNS["claims"])
        for step in inputs.method.steps_until("scores"):
            engine.run(step)
        known = _count_known(engine, ledger)
        rows = engine.query("""
            select s.person, coalesce(m.name, concat(a.network, ':', a.account_id)), s.score from scores s
            left join (select person, max(name) as name from members group by person) m on m.person = s.person
            left join accounts a on a.account = s.person""")
    return known, {key: (name, score) for key, name, score in rows}


def _count_known(engine: DuckDB, ledger: Ledger) -> int:
    engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
    return int(engine.query("select count(*) from standings where known = 1")[0][0])
