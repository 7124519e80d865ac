"""
Explain a published score: a receipt with points per signal, actor and post that add up to the score.

Shares are the points of a receipt summed by network and by signal.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.answers.explain.ledger_rows import (
    Discount,
    find_unjudged_networks,
    load_discounts,
    load_ledger_rows,
)
from renown.engines.base import Engine
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.scoring.accounts import Subject, load_names
from renown.scoring.points import find_points, load_points
from renown.scoring.replay import (
    last_explained_step,
    load_day_tables,
    load_published_method,
    publishes_all_points,
    read_constants,
    replay_tables,
    rerun_steps,
    run_explanation_steps,
)
from renown.store import PublishedPoints, PublishedScore, PublishedTables

DEFAULT_TOP = 10
"""Default number of actors, and of posts, listed per signal."""
MIN_UNNAMED_PEOPLE = 3
"""Minimum people that a line of unnamed actors stands for, if the signal has as many."""
_ACTOR_KINDS = ("actor", "others", "forgotten")
"""Kinds of lines that are people, or sums over people."""


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


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One line of a signal's receipt: an actor, a post, or a sum over several."""

    kind: str
    """`actor` or `post`, or a sum: `account` (acts on the account itself), `others` (those beyond the listed
    ones), `unknown` (actors known only as a number), `self_reported` (counts that the owner provided), `profile`
    (followers or lists), `forgotten` (counted on that day, no longer in the lake)."""
    name: str
    """``network:handle`` of an actor; only the network for the line that sums all redacted actors; id of a post; empty
    for another sum."""
    count: int
    """Number of acts; for `others`, number of actors or posts."""
    received: float
    """In the signal's unit: trusted people, followers, lists."""
    points: float
    account: int = 0
    """Account key of the actor; 0 if the line is not an actor, or is redacted."""
    acts: int = 0
    """Number of acts behind a line `others` of a receipt, whose `count` is the number of actors or posts."""

    def anonymize(self, keys: AbstractSet[int]) -> "ReceiptLine":
        """Return a copy without the name if the line is one of these accounts."""
        return replace(self, kind="forgotten", name="", account=0) if self.account in keys else self


@dataclass(frozen=True)
class SignalReceipt:
    """Points of one signal of one account, split once by actors and once by posts."""

    subject: SignalPoints
    actors: tuple[ReceiptLine, ...]
    """Their points sum to the signal's."""
    posts: tuple[ReceiptLine, ...]
    """Their points sum to the signal's."""
    discounts: tuple[Discount, ...] = ()
    """What counts only in part, largest first; empty for methods without a ledger."""

    def anonymize(self, keys: AbstractSet[int]) -> "SignalReceipt":
        """Return a copy without the names of these accounts."""
        return replace(self, actors=tuple(line.anonymize(keys) for line in self.actors))

    def redact_names(self, allowed_names: AbstractSet[str]) -> "SignalReceipt":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(
            self,
            actors=redact_actors(self.actors, allowed_names, self.subject.network),
            discounts=tuple(discount for discount in self.discounts if not 0 < discount.accounts < MIN_UNNAMED_PEOPLE),
        )


@dataclass(frozen=True)
class Explanation:
    """A receipt with its actors and posts."""

    receipt: Receipt
    signals: tuple[SignalReceipt, ...]
    """In the order of the receipt's points."""
    unjudged_networks: tuple[str, ...] = ()
    """Networks on which nobody can be told apart, so that everybody who reacts counts as known."""

    def actors(self) -> list[ReceiptLine]:
        """Return the receipt lines of all actors."""
        return [line for signal in self.signals for line in signal.actors]

    def anonymize(self, keys: AbstractSet[int]) -> "Explanation":
        """Return a copy without the names of these accounts; all sums stay."""
        return replace(self, signals=tuple(signal.anonymize(keys) for signal in self.signals))

    def redact_names(self, allowed_names: AbstractSet[str]) -> "Explanation":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, signals=tuple(signal.redact_names(allowed_names) for signal in self.signals))


@dataclass(frozen=True)
class Share:
    """Points of one network or signal."""

    name: str
    """Name of the network or signal."""
    points: float
    percent: float
    """Percent of the score."""


@dataclass(frozen=True)
class Shares:
    """A score split by network and by signal; each split plus `base` sums to the score, and to 100 percent."""

    base: Share
    """The 1 point that every score starts with."""
    networks: tuple[Share, ...]
    """Largest first."""
    signals: tuple[Share, ...]
    """Summed over all networks, largest first."""


def compute_receipt(subject: Subject, published: PublishedTables, engine: Engine, lake: Lake) -> Receipt:
    """
    Compute the receipt of a person's published score.

    Raises
    ------
    PersonNotFoundError
        If they have no score on that day.
    """
    _find_score(subject, published)
    rows = load_points(engine, lake, published, [subject.key])[subject.key]
    return build_receipt(subject, published, engine, lake, rows)


def _find_score(subject: Subject, published: PublishedTables) -> PublishedScore:
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
            "or they claimed their accounts later; import more data of their network, "
            f"or score the day again (`renown score --day {day.day}`)"
        )
    return score


def build_receipt(
    subject: Subject, published: PublishedTables, engine: Engine, lake: Lake, rows: Sequence[PublishedPoints]
) -> Receipt:
    """Build the receipt of a person's published score from the rows of their points."""
    day, score = published.day, _find_score(subject, published)
    account_names = load_names(engine, lake, [(row.network, row.account) for row in rows])
    points = tuple(
        SignalPoints(
            network=row.network,
            account=account_names[row.account],
            signal=row.signal,
            received=row.received / 1e6,
            value=row.value,
            weight=row.weight / 1e6,
            points=row.points,
            self_reported=row.self_reported / 1e6,
        )
        for row in rows
    )
    self_reported_points = sum(row.points * row.self_reported / row.received for row in rows if row.received)
    coverage = _compute_coverage(score, read_constants(published), self_reported_points)
    strength = score.strength / 1e9
    return Receipt(
        name=subject.name,
        day=day.day.isoformat(),
        method=day.method,
        inputs=day.inputs,
        score=score.score,
        strength=strength,
        coverage=coverage,
        base_score=1.0,
        points=points,
    )


def explain(
    subject: Subject, published: PublishedTables, engine: Engine, lake: Lake, *, top: int = DEFAULT_TOP
) -> Explanation:
    """
    Explain a published score down to actors and posts, from the day's rows in the lake.

    Parameters
    ----------
    subject : Subject
    published : PublishedTables
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    top : int
        Maximum actors, and posts, listed per signal; the rest is one line.

    Raises
    ------
    PersonNotFoundError
        If they have no score on that day.
    InvalidMethodError
        If the day was published by a method whose SQL is not in this version.
    """
    _find_score(subject, published)
    method = load_published_method(published)
    accounts = {strength.account for strength in published.read_strengths(subject.key)}
    load_day_tables(
        engine,
        lake=lake,
        published=published,
        method=method,
        people={subject.key: subject.name},
        accounts=accounts,
        suffix="that_day",
    )
    selects = {table: f"select * from {table}_that_day" for table in replay_tables(method)}
    # Points that were not published are computed again, by the steps after those that a receipt needs.
    has_points = subject.key < 0 or publishes_all_points(published)
    rerun_steps(engine, method, selects, last_step=last_explained_step(method) if has_points else "points")
    points = find_points(engine, published, subject.key)
    run_explanation_steps(engine, method)
    receipt = build_receipt(subject, published, engine, lake, points)
    return build_explanation(engine, lake, points, receipt, published, top=top)


def build_explanation(
    engine: Engine,
    lake: Lake,
    points: Sequence[PublishedPoints],
    receipt: Receipt,
    published: PublishedTables,
    *,
    top: int,
) -> Explanation:
    """Build an explanation from an engine in which the day's steps were run for the accounts with these points."""
    method = load_published_method(published)
    signal_sources = {signal.name: (signal.number, signal.reads) for signal in method.signals}
    load_rows = _load_ledger_signal_rows if method.has_ledger else _load_signal_rows
    signal_rows = [load_rows(engine, row, *signal_sources[row.signal]) for row in points]
    actors = [(rows.network, line[0]) for rows in signal_rows for line in rows.actors[:top]]
    account_names = load_names(engine, lake, actors)
    signals = (
        _build_signal_receipt(row, rows, account_names, top)
        for row, rows in zip(receipt.points, signal_rows, strict=True)
    )
    return Explanation(receipt, tuple(signals), find_unjudged_networks(engine, points) if method.has_ledger else ())


def redact_actors(
    lines: Sequence[ReceiptLine], allowed_names: AbstractSet[str], network: str
) -> tuple[ReceiptLine, ...]:
    """
    Sum all actors of a signal that must not be named into one line.

    One line each would tell, for whoever knows who reacted in public, what every one of them weighs. So does the line
    of too few people: then those who contributed least of the others join it.

    Parameters
    ----------
    lines : sequence of ReceiptLine
        The actors of one signal, largest contribution first.
    allowed_names : set of str
        Names of the actors that may be named.
    network : str
    """
    named = [line for line in lines if line.kind == "actor" and line.name in allowed_names]
    unnamed = [line for line in lines if line.kind in _ACTOR_KINDS and line not in named]
    if not unnamed or _is_anonymous_sum(unnamed, named):
        return tuple(lines)
    while named and sum(map(_count_people, unnamed)) < MIN_UNNAMED_PEOPLE:
        unnamed.append(named.pop())
    total = ReceiptLine(
        kind="actor",
        name=network,
        count=sum(max(line.acts, line.count) if line.kind == "others" else line.count for line in unnamed),
        received=sum(line.received for line in unnamed),
        points=sum(line.points for line in unnamed),
    )
    return (*named, total, *(line for line in lines if line.kind not in _ACTOR_KINDS))


def _is_anonymous_sum(unnamed: Sequence[ReceiptLine], named: Sequence[ReceiptLine]) -> bool:
    """Return whether the unnamed lines are a single sum already, of enough people or without anybody to join it."""
    return (
        len(unnamed) == 1
        and unnamed[0].kind != "actor"
        and (not named or _count_people(unnamed[0]) >= MIN_UNNAMED_PEOPLE)
    )


def _count_people(line: ReceiptLine) -> int:
    """Count the people of a line; those who were erased may be none or one."""
    return {"actor": 1, "others": line.count}.get(line.kind, 0)


def compute_shares(receipt: Receipt) -> Shares:
    """Sum the points of a receipt by network and by signal."""
    return Shares(
        Share("everybody", receipt.base_score, 100 * receipt.base_score / receipt.score),
        _group_shares(receipt.score, ((row.network, row.points) for row in receipt.points)),
        _group_shares(receipt.score, ((row.signal, row.points) for row in receipt.points)),
    )


@dataclass(frozen=True, kw_only=True)
class _SignalRows:
    """Rows behind one signal of one account, largest first: (actor or post, acts, received)."""

    network: str
    received: float
    """Millionths of the signal's unit, as published; the rows sum to at most this."""
    by_profile: bool
    """Whether it comes from the profile (followers, lists) and has no actors."""
    actors: Sequence[tuple[int, int, float]] = ()
    unknown: Sequence[tuple[str, int, float]] = ()
    """Kind of line, acts, received."""
    posts: Sequence[tuple[str, int, float]] = ()
    discounts: tuple[Discount, ...] = ()


def _load_signal_rows(engine: Engine, row: PublishedPoints, number: int, reads: str) -> _SignalRows:
    if reads != "interactions":
        return _SignalRows(network=row.network, received=row.received, by_profile=True)
    condition = f"account = {row.account} and signal = {number}"
    return _SignalRows(
        network=row.network,
        received=row.received,
        by_profile=False,
        actors=engine.query(
            f"select actor, acts, received from contributions where {condition} order by received desc, actor"
        ),
        unknown=engine.query(f"""
            select 'unknown', people - self_reported_people, received - self_reported
            from unknown_actors where {condition} and people > self_reported_people
            union all
            select 'self_reported', self_reported_people, self_reported
            from unknown_actors where {condition} and self_reported_people > 0"""),
        posts=engine.query(
            f"select post, acts, received from post_shares where {condition} order by received desc, post"
        ),
    )


def _load_ledger_signal_rows(engine: Engine, row: PublishedPoints, number: int, reads: str) -> _SignalRows:
    discounts = load_discounts(engine, row.account, number)
    if reads != "interactions":
        return _SignalRows(network=row.network, received=row.received, by_profile=True, discounts=discounts)
    rows = load_ledger_rows(engine, row, number)
    return _SignalRows(
        network=row.network,
        received=rows.received,
        by_profile=False,
        actors=rows.actors,
        unknown=rows.unnamed,
        posts=rows.posts,
        discounts=discounts,
    )


def _build_signal_receipt(
    row: SignalPoints, rows: _SignalRows, account_names: Mapping[int, str], top: int
) -> SignalReceipt:
    """Split one signal's points in proportion to what each actor, and each post, contributed."""
    if rows.by_profile:
        profile_line = ReceiptLine(
            kind="profile", name="", count=round(row.received), received=row.received, points=row.points
        )
        return SignalReceipt(row, (profile_line,), (profile_line,), rows.discounts)
    points_per_unit = row.points / rows.received if rows.received else 0.0
    present = sum(line[2] for line in rows.actors) + sum(line[2] for line in rows.unknown)
    # Shares of posts are rounded down, each by less than a billionth; scaling makes them sum to the whole again.
    scale = present / (sum(line[2] for line in rows.posts) or 1)
    actors = [
        ReceiptLine(
            kind="actor",
            name=account_names.get(actor, ""),
            count=acts,
            received=received / 1e6,
            points=received * points_per_unit,
            account=actor,
        )
        for actor, acts, received in rows.actors[:top]
    ]
    posts = [
        ReceiptLine(
            kind="post" if post else "account",
            name=post,
            count=acts,
            received=received * scale / 1e6,
            points=received * scale * points_per_unit,
        )
        for post, acts, received in rows.posts[:top]
    ]
    unknown = [
        ReceiptLine(kind=kind, name="", count=acts, received=received / 1e6, points=received * points_per_unit)
        for kind, acts, received in rows.unknown
    ]
    missing = rows.received - present
    missing_lines = (
        [ReceiptLine(kind="forgotten", name="", count=0, received=missing / 1e6, points=missing * points_per_unit)]
        if missing
        else []
    )
    return SignalReceipt(
        row,
        (*actors, *_sum_others(rows.actors[top:], 1.0, points_per_unit), *unknown, *missing_lines),
        (*posts, *_sum_others(rows.posts[top:], scale, points_per_unit), *missing_lines),
        rows.discounts,
    )


def _sum_others(
    rows: Sequence[tuple[int | str, int, float]], scale: float, points_per_unit: float
) -> tuple[ReceiptLine, ...]:
    """Sum the actors, or posts, that are not listed, into one line; there is none if all are."""
    if not rows:
        return ()
    others = ReceiptLine(
        kind="others",
        name="",
        count=len(rows),
        received=sum(received * scale / 1e6 for _, _, received in rows),
        points=sum(received * scale * points_per_unit for _, _, received in rows),
        acts=sum(acts for _, acts, _ in rows),
    )
    return (others,)


def _compute_coverage(score: PublishedScore, constants: Mapping[str, float], self_reported_points: float) -> Coverage:
    window, enough_days, enough_people = (
        int(constants["window_days"]),
        constants["enough_days"],
        constants["enough_people"],
    )
    warnings = []
    if score.days < enough_days:
        warnings.append(f"only {score.days} of {window} days were observed, at least {enough_days:g} are needed")
    if score.people < enough_people:
        noun = "person" if score.people == 1 else "people"
        warnings.append(f"only {score.people} {noun} reacted, at least {enough_people:g} are needed")
    chance_people = constants.get("chance_people", 0)
    if 0 < score.people <= chance_people:
        warnings.append(f"reactions of {chance_people:g} people may be chance: they count from the next person on")
    return Coverage(
        days=score.days,
        window=window,
        networks=score.networks,
        accounts=score.accounts,
        people=score.people,
        warnings=tuple(warnings),
        self_reported_points=self_reported_points,
    )


def _group_shares(score: float, rows: Iterable[tuple[str, float]]) -> tuple[Share, ...]:
    sums: dict[str, float] = {}
    for name, points in rows:
        sums[name] = sums.get(name, 0.0) + points
    shares = (Share(name, points, 100 * points / score) for name, points in sums.items())
    return tuple(sorted(shares, key=lambda share: (-share.points, share.name)))
