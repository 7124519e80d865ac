"""
Explain why a score changed between two published days: signed causes whose points sum to the change.

The points of each cause are attributed to signals, accounts, people and posts.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from renown.answers.explain.attribution import allocate_to_signals, find_accounts_to_name
from renown.answers.explain.causes import ChangeCause
from renown.answers.explain.change_summary import summarize_changes
from renown.answers.explain.changes import Changes
from renown.answers.explain.day_comparison import DayComparison, compare_days, compute_points
from renown.answers.explain.people_change import build_people_change, list_reactors
from renown.answers.explain.post_index import PostIndex, load_post_index
from renown.engines.base import Engine
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.method.parameters import BASE_SCORE
from renown.scoring.accounts import Subject, load_names
from renown.store import PublishedTables

MAX_LINES = 5
"""Actors, and posts, listed per signal of a cause; the rest is one line."""


def explain_changes(
    subject: Subject, first: PublishedTables, last: PublishedTables, engine: Engine, lake: Lake, *, top: int = MAX_LINES
) -> Changes:
    """
    Explain a score change: replace the data of the first day by that of the last, one cause after another.

    Parameters
    ----------
    subject : Subject
    first, last : PublishedTables
        Two published days.
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    top : int
        Maximum actors, and posts, listed per signal of a cause.

    Returns
    -------
    Changes

    Raises
    ------
    PersonNotFoundError
        If they have a score on neither day.
    InvalidMethodError
        If a day was published by a method whose SQL is not in this version.

    Notes
    -----
    The points of a cause are the difference that it makes after the causes before it. In another order a cause would be
    a little larger or smaller; the sum would be the same.

    They are allocated to signals, those of a signal to actors, and again to posts, by what changed (see
    `compute_deltas`); points that belong to nobody in particular are the line `rest`.
    """
    changes = explain_all_changes([subject], first, last, engine, lake, top=top)
    if subject.key not in changes:
        raise PersonNotFoundError(
            f"{subject.name} has no score on {first.day.day} or {last.day.day}",
            remedy="`renown history` lists days with one",
        )
    return changes[subject.key]


def explain_all_changes(
    subjects: Sequence[Subject],
    first: PublishedTables,
    last: PublishedTables,
    engine: Engine,
    lake: Lake,
    *,
    top: int = MAX_LINES,
) -> dict[int, Changes]:
    """
    Explain the score changes of several people, running the steps once for all of them; see `explain_changes`.

    Returns
    -------
    dict of int to Changes
        By score key; people with a score on neither day are omitted.
    """
    for published in (first, last):
        published.load_people([subject.key for subject in subjects])
    scores = [_read_scores(published, subjects) for published in (first, last)]
    subjects = [subject for subject in subjects if any(subject.key in day_scores for day_scores in scores)]
    if not subjects:
        return {}
    comparison = compare_days(subjects, first, last, engine, lake, top=top)
    account_names = load_names(
        engine,
        lake,
        [
            *(account for deltas in comparison.deltas.values() for account in find_accounts_to_name(deltas.values())),
            *list_reactors(comparison.people_rows),
        ],
    )
    networks = {network for subject in subjects for network, _ in subject.accounts}
    own_accounts = {account for subject in subjects for _, account in subject.accounts}
    post_index = load_post_index(engine, own_accounts, "interactions_later", networks=networks)
    changes = {}
    for subject in subjects:
        before, after = (day_scores.get(subject.key, BASE_SCORE) for day_scores in scores)
        causes = _explain_causes(
            comparison, subject.key, before, after, account_names=account_names, post_index=post_index
        )
        changes[subject.key] = Changes(
            name=subject.name,
            first_day=first.day.day.isoformat(),
            last_day=last.day.day.isoformat(),
            first=before,
            last=after,
            move=after - before,
            causes=causes,
            summary=summarize_changes(causes, first.day.day, last.day.day, after - before),
            people=build_people_change(comparison.people_rows, subject.key, account_names),
        )
    return changes


def _read_scores(published: PublishedTables, subjects: Sequence[Subject]) -> dict[int, float]:
    rows = (published.read_score(subject.key) for subject in subjects)
    return {row.person: row.score for row in rows if row}


def _explain_causes(
    comparison: DayComparison,
    person: int,
    before: float,
    after: float,
    *,
    account_names: Mapping[int, str],
    post_index: PostIndex,
) -> tuple[ChangeCause, ...]:
    """Explain what each cause changed of a person's score, by signals, accounts, people and posts."""
    points_by_cause = compute_points(comparison.states[person], before, after, starts_with_method=comparison.is_switch)
    points = [points_by_cause.get(kind, 0.0) for kind in comparison.kinds]
    running_scores = pairwise(accumulate(points, initial=before))
    causes = []
    for kind, cause_points, (start, end) in zip(comparison.kinds, points, running_scores, strict=True):
        signals = allocate_to_signals(
            comparison.deltas[person].get(kind, {}),
            account_names,
            post_index,
            profiles=comparison.profile_signals,
            rest_kind="forgotten" if kind == "forgotten" else "rest",
        )
        causes.append(ChangeCause(kind, cause_points, start, end, signals))
    return tuple(causes)
