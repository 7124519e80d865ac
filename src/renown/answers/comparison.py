"""Compare people side by side: scores, confidence ranges, histories and points by signal."""

from collections.abc import Sequence
from dataclasses import dataclass

from renown.answers.explain.shares import compute_shares
from renown.answers.history import History, load_history
from renown.answers.profile import PersonProfile
from renown.answers.simulate.range import ConfidenceRange
from renown.errors import InvalidInputError
from renown.store import ServedScore, ServedScoreStore

MIN_COMPARED, MAX_COMPARED = 2, 5
"""Number of people that are compared at once: more lines and columns than five are hard to tell apart."""


@dataclass(frozen=True, kw_only=True)
class ComparedPerson:
    """One of several people side by side."""

    name: str
    score: float
    """1 to 100."""
    rank: int
    """1 for the highest verified score; ties share a rank."""
    percentile: float
    people: int
    """People reached in the window."""
    networks: int
    audience: int | None
    """Followers, summed over the person's accounts; None if unknown."""
    range: ConfidenceRange
    warnings: tuple[str, ...]
    """Reasons why there is not enough data; empty if there is."""
    signals: dict[str, float]
    """Points by signal, over all networks, the most first; with `base` of the comparison they sum to the score."""
    history: History


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """People side by side, in the order in which they were named."""

    day: str
    """UTC day, as 2026-11-23."""
    base: float
    """The 1 point that every score starts with."""
    people: tuple[ComparedPerson, ...]


def list_compared(subjects: Sequence[ServedScore]) -> list[ServedScore]:
    """
    Return the people to compare, each once.

    Raises
    ------
    InvalidInputError
        If they are fewer than two people, or more than `MAX_COMPARED`.
    """
    people = list({subject.key: subject for subject in subjects}.values())
    if len(people) < MIN_COMPARED <= len(subjects):
        raise InvalidInputError(f"all of these are {people[0].name}; name two different people")
    if not MIN_COMPARED <= len(people) <= MAX_COMPARED:
        raise InvalidInputError(
            f"{len(people)} {'name was' if len(people) == 1 else 'names were'} given; "
            f"name {MIN_COMPARED} to {MAX_COMPARED} people to compare"
        )
    return people


def compare_people(
    subjects: Sequence[ServedScore], profiles: Sequence[PersonProfile], scores: ServedScoreStore
) -> Comparison:
    """
    Compare people of the served day.

    Parameters
    ----------
    subjects : sequence of ServedScore
        As `list_compared` returns them.
    profiles : sequence of PersonProfile
        Of the same people, in the same order.
    scores : ServedScoreStore
        Their histories.
    """
    return Comparison(
        day=subjects[0].day.isoformat(),
        base=profiles[0].explanation.receipt.base_score,
        people=tuple(
            _describe_person(subject, profile, load_history(scores, subject.key))
            for subject, profile in zip(subjects, profiles, strict=True)
        ),
    )


def _describe_person(subject: ServedScore, profile: PersonProfile, history: History) -> ComparedPerson:
    receipt = profile.explanation.receipt
    return ComparedPerson(
        name=subject.name,
        score=subject.score,
        rank=subject.rank,
        percentile=subject.percentile,
        people=subject.people,
        networks=subject.networks,
        audience=subject.audience,
        range=profile.known_range,
        warnings=receipt.coverage.warnings,
        signals={share.name: share.points for share in compute_shares(receipt).signals},
        history=history,
    )
