"""Compute the profiles of people on a published day, reading the lake once for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renown.answers.activity import ACTIVITY_VERBS, load_activities
from renown.answers.explain.changes import StoredChanges
from renown.answers.explain.explain_changes import explain_all_changes
from renown.answers.explain.explanation import Explanation, build_explanations, load_explanation_rows
from renown.answers.explain.posts import load_post_shares, rank_posts, sum_posts
from renown.answers.explain.reaction_times import load_reaction_days, load_reaction_hours
from renown.answers.explain.receipt import build_receipts
from renown.answers.explain.topics import rank_topics
from renown.answers.explain.trust_remark import remark_on_trust
from renown.answers.profile import (
    LINES_PER_SIGNAL,
    MAX_NAMED,
    PRIOR_POSTS,
    Influencer,
    InfluencerList,
    PersonProfile,
)
from renown.answers.simulate.confidence import confidence_ranges, derive_seed, resample
from renown.answers.simulate.inputs import load_scoring_inputs
from renown.answers.simulate.ledger_confidence import ledger_confidence_ranges, resample_ledgers
from renown.answers.simulate.ledger_inputs import load_ledger_inputs
from renown.answers.simulate.range import ConfidenceRange
from renown.engines.base import Engine
from renown.errors import InvalidMethodError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import BASE_SCORE, INPUT_COLUMNS, MILLION
from renown.method.step_files import read_steps
from renown.scoring.accounts import Subject, load_names
from renown.scoring.aliases import load_alias_ids, load_alias_keys
from renown.scoring.points import load_points
from renown.scoring.replay import (
    RequestedRows,
    load_day_tables,
    load_published_method,
    replay_tables,
    rerun_steps,
    run_explanation_steps,
    with_stored_steps,
)
from renown.scoring.score import ClaimRow, claim_rows
from renown.steps import Step
from renown.store import Person, PublishedTables

_SHARED_STEPS = ("claimed", "given_acts")
"""Steps that read the rows of all people; the others read only those of the people whose profiles are computed."""

_OWNER_COLUMNS = {"account": "bigint", "person": "bigint"}

_PASSING_COLUMNS = {"signal": "smallint"}


def compute_profiles(
    subjects: Sequence[Subject],
    people: Iterable[Person],
    published: PublishedTables,
    engine: Engine,
    lake: Lake,
    *,
    others: PublishedTables | None = None,
) -> list[PersonProfile]:
    """
    Compute the profiles of people on a published day, reading the lake once for all of them.

    Parameters
    ----------
    subjects : sequence of Subject
        Those without a score on that day are omitted.
    people : iterable of Person
        Everybody who claimed an account.
    published : PublishedTables
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    others : PublishedTables, optional
        Day with the scores of influencers and influencees; by default the same day.

    Raises
    ------
    InvalidMethodError
        If the day was published by a method whose SQL is not in this version.
    """
    published.load_people([subject.key for subject in subjects])
    scored = {subject.key: (subject, score) for subject in subjects if (score := published.read_score(subject.key))}
    subjects, scores = [subject for subject, _ in scored.values()], [score for _, score in scored.values()]
    points = load_points(engine, lake, published, scored)
    receipts = build_receipts(subjects, published, engine, lake, points)
    method = load_published_method(published)
    _load_tables(subjects, people, published, engine, lake=lake, method=method)
    _run_all_steps(engine, method)
    points_by_person = [points[subject.key] for subject in subjects]
    rows = load_explanation_rows(engine, points_by_person, method)
    explanations = build_explanations(engine, lake, points_by_person, receipts, rows, top=LINES_PER_SIGNAL)
    explanations_by_person = {s.key: explanation for s, explanation in zip(subjects, explanations, strict=True)}
    profiles = _build_profiles(engine, explanations_by_person, others or published, method)
    post_shares = load_post_shares(engine)
    post_totals = [
        sum_posts(post_shares, profile.key, profile.explanation, points[profile.key], method) for profile in profiles
    ]
    simulations = _load_simulations(engine, lake, method, published, profiles)
    # Self-reported figures may be made up, so the range goes down to the score without them.
    return [
        replace(
            profile,
            **inputs,
            posts=rank_posts(totals, rows.post_index, profile.explanation.receipt.score),
            topics=rank_topics(totals, rows.post_index, profile.explanation.receipt.score),
            range=range_.extend_to(score.verified_score or BASE_SCORE) if score.has_self_reported else range_,
        )
        for profile, (inputs, range_), totals, score in zip(profiles, simulations, post_totals, scores, strict=True)
    ]


def add_changes(
    profiles: Sequence[PersonProfile],
    subjects: Sequence[Subject],
    *,
    first: PublishedTables,
    last: PublishedTables,
    engine: Engine,
    lake: Lake,
) -> list[PersonProfile]:
    """Add to profiles of a day why each score changed since an earlier day; without the SQL of that day, nothing."""
    try:
        changes = explain_all_changes(subjects, first, last, engine, lake)
    except InvalidMethodError:
        return list(profiles)
    return [
        replace(profile, changes=StoredChanges(first.day.inputs, last.day.inputs, changes[profile.key]))
        for profile in profiles
    ]


def _load_tables(
    subjects: Sequence[Subject],
    people: Iterable[Person],
    published: PublishedTables,
    engine: Engine,
    *,
    lake: Lake,
    method: Method,
) -> None:
    """Load the rows of the day about the accounts of people, and the tables that say whose they are."""
    owner_rows = [
        (strength.account, subject.key) for subject in subjects for strength in published.read_strengths(subject.key)
    ]
    load_day_tables(
        engine,
        lake=lake,
        published=published,
        method=method,
        requested=RequestedRows(
            people={subject.key: subject.name for subject in subjects},
            accounts=[account for account, _ in owner_rows],
        ),
        suffix="that_day",
    )
    alias_ids = load_alias_ids(engine, lake, load_alias_keys(engine, lake))
    _create_input_tables(engine, method, owner_rows, claim_rows(people, alias_ids))


def _create_input_tables(
    engine: Engine, method: Method, owner_rows: Sequence[tuple[int, int]], claims: Iterable[ClaimRow]
) -> None:
    """Create the tables of account owners, claims, and signals that repost."""
    repost_signals = [
        (signal.number,) for signal in method.signals if set(signal.verbs) & set(ACTIVITY_VERBS["sharing"])
    ]
    engine.create_table("owners", owner_rows, _OWNER_COLUMNS)
    engine.create_table("claims", claims, INPUT_COLUMNS["claims"])
    engine.create_table("passing", repost_signals, _PASSING_COLUMNS)


def _run_all_steps(engine: Engine, method: Method) -> None:
    """Run the steps of the method and of the profiles on the loaded rows, first those that read the rows of all."""
    steps = _list_steps(method)
    _run_steps(engine, [step for step in steps if step.name in _SHARED_STEPS])
    day_selects = {table: f"select * from {table}_that_day" for table in replay_tables(method)}
    rerun_steps(engine, with_stored_steps(method), day_selects)
    run_explanation_steps(engine, method)
    _run_steps(engine, [step for step in steps if step.name not in _SHARED_STEPS])


def _list_steps(method: Method) -> tuple[Step, ...]:
    """Return the steps of the profiles; who reacted is found out differently with a ledger."""
    steps = read_steps("profiles")
    if not method.has_ledger:
        return steps
    return (*(step for step in steps if step.name != "reactors"), *read_steps("profiles/3"))


def _load_simulations(
    engine: Engine, lake: Lake, method: Method, published: PublishedTables, profiles: Sequence[PersonProfile]
) -> list[tuple[dict[str, Any], ConfidenceRange]]:
    """Load the inputs for simulations of people, as fields of their profile, and compute their confidence ranges."""
    scores = {profile.key: profile.explanation.receipt.score for profile in profiles}
    strengths = {key: published.read_strengths(key) for key in scores}
    accounts = [(row.network, row.account) for rows in strengths.values() for row in rows]
    accounts_by_person = {key: [row.account for row in rows] for key, rows in strengths.items()}
    names = load_names(engine, lake, accounts)
    # Reactions are read before loading the inputs, which replaces the tables by those of later days.
    seeds = {
        score.person: derive_seed(score.name, published.day.day.isoformat())
        for score in published.read_scores(list(scores))
    }
    if method.has_ledger:
        ledger_draws = resample_ledgers(engine, {key: seeds[key] for key in scores}, accounts)
        ledger_inputs = load_ledger_inputs(
            engine, lake, method, published, accounts_by_person=accounts_by_person, account_names=names
        )
        ranges = ledger_confidence_ranges(engine, list(zip(ledger_inputs, ledger_draws, scores.values(), strict=True)))
        return [({"ledger_inputs": inputs}, range_) for inputs, range_ in zip(ledger_inputs, ranges, strict=True)]
    draws = [resample(engine, key, seeds[key]) for key in scores]
    all_inputs = load_scoring_inputs(engine, method, published, accounts_by_person, names)
    ranges = confidence_ranges(engine, list(zip(all_inputs, draws, scores.values(), strict=True)))
    return [({"inputs": inputs}, range_) for inputs, range_ in zip(all_inputs, ranges, strict=True)]


def _run_steps(engine: Engine, steps: Iterable[Step]) -> None:
    for step in steps:
        engine.run(step)


def _rank_others(published: PublishedTables, others: Mapping[str, NDArray[np.int64]]) -> dict[int, InfluencerList]:
    """
    Rank the others of each person by their score, and count them.

    Parameters
    ----------
    published : PublishedTables
    others : mapping of str to ndarray of int64, shape (n,)
        Columns `person` and `other`, score keys.

    Returns
    -------
    dict of int to InfluencerList
        By score key.
    """
    keys, counts = np.unique(others["person"], return_counts=True)
    ranked = published.rank_by_score(others["person"], others["other"], MAX_NAMED)
    named_keys = {key for others_of_person in ranked.values() for key in others_of_person}
    influencers = {
        score.person: Influencer(score.person, score.name, score.score)
        for score in published.read_scores(sorted(named_keys))
    }
    return {
        key: InfluencerList(tuple(influencers[other] for other in ranked.get(key, ())), count)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
    }


def _influencees_table(method: Method) -> str:
    return "influencees" if method.has_ledger else "reactors"


def _sum_trust(engine: Engine, method: Method) -> dict[int, tuple[int, int]]:
    """Return by score key how many reacted whose trust is above the floor, and their trust in millionths."""
    floor = 0.0 if method.has_ledger else max(method["trust_floor"], method["trust_unknown"])
    rows = engine.query(f"""
        select person, count(*), cast(sum(trust) as bigint) from {_influencees_table(method)}
        where cast(trust as double) / {MILLION} > {floor!r} group by person""")
    return {person: (count, trust) for person, count, trust in rows}


def _build_profiles(
    engine: Engine, explanations: Mapping[int, Explanation], others: PublishedTables, method: Method
) -> list[PersonProfile]:
    """Build the profiles of people by their key, without posts and simulations, with one query for each table."""
    influencers, influencees = (
        _rank_others(others, engine.query_columns(f"select distinct person, other from {table}", ("person", "other")))
        for table in ("given_acts", _influencees_table(method))
    )
    trusted = _sum_trust(engine, method)
    post_counts = engine.query_by_key("select person, posts, passed_on from posts_made", width=1)
    posts = {key: post_counts.get((key,), [(0, 0)])[0] for key in explanations}
    hours, reaction_days = load_reaction_hours(engine), load_reaction_days(engine)
    activities = load_activities(
        engine,
        {key: own_posts for key, (own_posts, _) in posts.items()},
        {key: explanation.receipt.coverage.days for key, explanation in explanations.items()},
    )
    profiles = []
    for key, explanation in explanations.items():
        reach, trust = trusted.get(key, (0, 0))
        own_posts, reposted = posts[key]
        profiles.append(
            PersonProfile(
                key=key,
                explanation=explanation,
                influencers=influencers.get(key, InfluencerList((), 0)),
                # The published number, which every page, table and API shows.
                influencees=replace(
                    influencees.get(key, InfluencerList((), 0)), count=explanation.receipt.coverage.people
                ),
                reach=reach,
                amplification=100 * reposted / (own_posts + PRIOR_POSTS),
                network=100 * trust / MILLION / reach if reach else 0.0,
                activity=activities[key],
                remark=remark_on_trust(explanation),
                hours=tuple((hour, count) for hour, count in hours.get((key,), ())),
                reaction_days=tuple((day_no, count) for day_no, count in reaction_days.get((key,), ())),
            )
        )
    return profiles
