"""Who makes whom known: verified people from whom credit starts, and what a day would be without one of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown.answers.trust_reach import TrustInputs, load_strengths_before, measure_reach
from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.progress import NullProgress, Progress
from renown.records import day_number
from renown.scoring.aliases import load_alias_ids, load_alias_keys
from renown.scoring.entries import load_ledger
from renown.scoring.entry_inputs import VERIFIED_ACCOUNT_COLUMNS
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger
from renown.scoring.score import claim_rows
from renown.scoring.seeds import seed_group, seed_rows
from renown.store import PeopleStore, Person

DEFAULT_MOVES = 10
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


def list_seeds(engine: DuckDB, inputs: TrustInputs, *, progress: Progress | None = None) -> list[TrustSeed]:
    """
    List all verified people, those without whom most accounts would not be known first.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    inputs : TrustInputs
    progress : Progress, optional

    Raises
    ------
    InvalidInputError
        If the method passes on no credit.
    """
    _require_ledger(inputs.method)
    removed = inputs.people.trust.removed_seeds()
    verified = [person for person in inputs.people.all_consenting() if _count_verified(person)]
    seeds = [person for person in verified if person.key not in removed]
    reach = measure_reach(engine, inputs, seeds, progress=progress or NullProgress())
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


def preview_without(
    engine: DuckDB,
    inputs: TrustInputs,
    person: Person,
    *,
    n: int = DEFAULT_MOVES,
    progress: Progress | None = None,
) -> TrustPreview:
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
    progress : Progress, optional

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
    reporter = progress or NullProgress()
    reporter.start(f"scoring {inputs.day} twice", 2)
    reporter.advance(f"with {person.name}")
    known, scores = _score_with(engine, inputs, seeds)
    reporter.advance(f"without {person.name}")
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
    load_strengths_before(engine, inputs)
    alias_ids = load_alias_ids(engine, inputs.lake, load_alias_keys(engine, inputs.lake))
    engine.create_table("verified_accounts", seed_rows(seeds, alias_ids), VERIFIED_ACCOUNT_COLUMNS)
    day_no, versions = day_number(inputs.day), inputs.lake.versions()
    load_ledger(engine, inputs.lake, ledger, inputs.method, day_no, versions=versions)


def _score_with(engine: DuckDB, inputs: TrustInputs, seeds: list[Person]) -> tuple[int, _Scores]:
    """Score the day with these seeds; return the number of known accounts and everybody's score."""
    alias_ids = load_alias_ids(engine, inputs.lake, load_alias_keys(engine, inputs.lake))
    claims = claim_rows(inputs.people.all_consenting(), alias_ids)
    with engine.temporary_folder() as folder:
        ledger = Ledger(folder)
        _enter_days(engine, inputs, [(person, seed_group(person, inputs.method)) for person in seeds], ledger)
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
