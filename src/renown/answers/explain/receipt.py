"""The receipt of a published score: points per signal that add up to it, and the amount of data behind it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from renown.engines.base import Engine
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.method.parameters import BASE_SCORE
from renown.records import LAKE_COLUMNS, day_number
from renown.scoring.accounts import Subject, load_names
from renown.scoring.points import load_points
from renown.scoring.replay import read_constants
from renown.store import PublishedDay, PublishedPoints, PublishedScore, PublishedTables
from renown.text import plural


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Amount of data behind a score."""

    days: int
    """Observed days in the window, of the network with most of them."""
    window: int
    """Length of the window, in days."""
    networks: int
    accounts: int
    people: int
    """People reached, distinct per account."""
    warnings: tuple[str, ...]
    """Reasons why there is not enough data; empty if there is."""
    self_reported_points: float
    """
    Points of the score from figures that the person provided (an archive).

    They are easy to edit, so they count less, and leaderboards, group standings and odds leave their accounts out.
    """
    has_counts_only: bool = False
    """Whether nobody who reacted is known by name, but counts of reactions are."""


@dataclass(frozen=True, kw_only=True)
class SignalPoints:
    """Points that one signal of one account adds to a score."""

    network: str
    account: str
    """``network:handle``, or its id if it has no handle."""
    signal: str
    received: float
    """In the signal's unit: trusted people, followers, lists."""
    value: float
    """ln(1 + follower-equivalents); reactions without the share that may be chance, lists plus the presumed ones."""
    weight: float
    """Weight in the network's strength, before renormalizing over the observable signals."""
    points: float
    self_reported: float
    """The part of `received` that the account's owner provided (an archive)."""

    def rename(self, own_names: Mapping[str, str]) -> "SignalPoints":
        """Return a copy with the name of the account, by its former name."""
        return replace(self, account=own_names.get(self.account, self.account))


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A score and the points that add up to it."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    method: str
    """Version of the method."""
    inputs: str
    """Digest of all data that counted on that day."""
    score: float
    """1 to 100."""
    strength: float
    """Follower-equivalents."""
    coverage: Coverage
    base_score: float
    """The 1 point that every score starts with."""
    points: tuple[SignalPoints, ...]
    """Largest first; with `base_score` they sum to the score."""

    def is_of(self, day: PublishedDay) -> bool:
        """Tell whether it is of what is published of a day, which may have been scored again."""
        return (self.day, self.method, self.inputs) == (day.day.isoformat(), day.method, day.inputs)


def compute_receipt(subject: Subject, published: PublishedTables, engine: Engine, lake: Lake) -> Receipt:
    """
    Compute the receipt of a person's published score.

    Raises
    ------
    PersonNotFoundError
        If they have no score on that day.
    """
    find_score(subject, published)
    rows = load_points(engine, lake, published, [subject.key])[subject.key]
    return build_receipts([subject], published, engine, lake, {subject.key: rows})[0]


def find_score(subject: Subject, published: PublishedTables) -> PublishedScore:
    """
    Return a person's published score.

    Raises
    ------
    PersonNotFoundError
        If they have no score on that day.
    """
    day, score = published.day, published.read_score(subject.key)
    if score is None:
        raise PersonNotFoundError(
            f"{subject.name} has no score on {day.day}: there are no reactions to them in the window and no profile, "
            "or they claimed their accounts later",
            remedy=f"import more data of their network, or score the day again (`renown score --day {day.day}`)",
        )
    return score


def build_receipts(
    subjects: Sequence[Subject],
    published: PublishedTables,
    engine: Engine,
    lake: Lake,
    points: Mapping[int, Sequence[PublishedPoints]],
) -> list[Receipt]:
    """Build the receipts of people's published scores from the rows of their points, by score key."""
    constants = read_constants(published)
    account_names = load_names(
        engine, lake, {(row.network, row.account) for subject in subjects for row in points[subject.key]}
    )
    scores = [find_score(subject, published) for subject in subjects]
    few_people = {score.person for score in scores if score.people < constants["enough_people"]}
    accounts = {row.account for key in few_people for row in points[key]}
    counted = _find_counted_accounts(accounts, published.day, engine, lake, window=int(constants["window_days"]))
    receipts = []
    for subject, score in zip(subjects, scores, strict=True):
        rows = points[subject.key]
        has_counts = any(row.account in counted for row in rows)
        coverage = _compute_coverage(score, constants, _sum_self_reported(rows), has_counts=has_counts)
        signals = tuple(_to_signal_points(row, account_names[row.account]) for row in rows)
        receipts.append(_build_receipt(subject.name, score, published.day, coverage, signals))
    return receipts


def _build_receipt(
    name: str, score: PublishedScore, day: PublishedDay, coverage: Coverage, points: tuple[SignalPoints, ...]
) -> Receipt:
    return Receipt(
        name=name,
        day=day.day.isoformat(),
        method=day.method,
        inputs=day.inputs,
        score=score.score,
        strength=score.strength / 1e9,
        coverage=coverage,
        base_score=BASE_SCORE,
        points=points,
    )


def _to_signal_points(row: PublishedPoints, account_name: str) -> SignalPoints:
    return SignalPoints(
        network=row.network,
        account=account_name,
        signal=row.signal,
        received=row.received / 1e6,
        value=row.value,
        weight=row.weight / 1e6,
        points=row.points,
        self_reported=row.self_reported / 1e6,
    )


def _sum_self_reported(rows: Iterable[PublishedPoints]) -> float:
    """Return the points from figures that the person provided."""
    return sum(row.points * row.self_reported / row.received for row in rows if row.received)


def _find_counted_accounts(
    accounts: Collection[int], day: PublishedDay, engine: Engine, lake: Lake, *, window: int
) -> set[int]:
    """Return those of the accounts of which the lake has counts of reactions in the window of the day."""
    last_day, version = day_number(day.day), day.lake.get("tallies")
    if not accounts or version is None:
        return set()
    days = range(last_day - window + 1, last_day + 1)
    engine.scan("day_tallies", lake.files("tallies", days=days, version=version), LAKE_COLUMNS["tallies"])
    accounts_sql = ", ".join(map(str, sorted(accounts)))
    return {
        account
        for (account,) in engine.query(
            f"select distinct account from day_tallies where account in ({accounts_sql}) and count > 0"
        )
    }


def _compute_coverage(
    score: PublishedScore, constants: Mapping[str, float], self_reported_points: float, *, has_counts: bool
) -> Coverage:
    window, enough_days = int(constants["window_days"]), constants["enough_days"]
    warnings = []
    if score.days < enough_days:
        verb = "was" if score.days == 1 else "were"
        warnings.append(f"only {score.days} of {window} days {verb} observed, at least {enough_days:g} are needed")
    return Coverage(
        days=score.days,
        window=window,
        networks=score.networks,
        accounts=score.accounts,
        people=score.people,
        warnings=(*warnings, *_warn_of_few_people(score.people, constants, has_counts=has_counts)),
        self_reported_points=self_reported_points,
        has_counts_only=has_counts and not score.people,
    )


def _warn_of_few_people(people: int, constants: Mapping[str, float], *, has_counts: bool) -> list[str]:
    """Return the warnings if few people reacted, or only counts tell how many did."""
    enough_people, chance_people = constants["enough_people"], constants.get("chance_people", 0)
    if people >= enough_people:
        return []
    if has_counts and not people:
        return ["only counts of reactions are known, not who reacted"]
    if has_counts:
        known = plural(people, "person who reacted is", "people who reacted are")
        named = f"only {known} known by name, at least {enough_people:g} are needed"
        return [named, "of the other reactions only counts are known"]
    if not people:
        return [f"nobody reacted, at least {plural(int(enough_people), 'person is', 'people are')} needed"]
    warnings = [f"only {plural(people, 'person', 'people')} reacted, at least {enough_people:g} are needed"]
    if people <= chance_people:
        warnings.append(f"reactions of {chance_people:g} people may be chance, so only those of further people count")
    return warnings
