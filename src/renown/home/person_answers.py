"""Answer questions about one person: profile, influence, goal, what if; for the command line and Python."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from renown import answers, scoring
from renown.home.parts import Home
from renown.store import PublishedTables, ServedScore

if TYPE_CHECKING:
    from renown.answers import GoalPlan, Influence, PersonProfile, SimilarPerson, WhatIfResult


def load_profile(home: Home, served_score: ServedScore) -> "PersonProfile":
    """Load the stored profile of a served score; build it if it is missing."""
    if profile := answers.load_current_profile(home.profiles, served_score):
        return profile
    people = home.people.all()
    with home.reader() as engine, PublishedTables(home.days.find(served_score.day), engine.connection) as published:
        subject = scoring.resolve_subject(served_score.name, engine, home.lake, home.people)
        return answers.compute_profiles([subject], people, published, engine, home.lake)[0]


def name_influence(home: Home, served_score: ServedScore, name: str) -> "Influence":
    """Name whom a person reacts to, and who reacts to the person."""
    profile = load_profile(home, served_score)
    with home.reader() as engine:
        return answers.name_influence(
            name,
            served_score.day,
            profile,
            lambda accounts: scoring.load_handles(engine, home.lake, accounts),
            hidden_keys=home.people.list_departed_keys(),
        )


def plan_goal(home: Home, served_score: ServedScore, name: str, *, target: float) -> "GoalPlan":
    """Plan what brings a person to a score, with its odds at the current trend, and the decay without new reactions."""
    inputs = load_profile(home, served_score).known_inputs
    history = answers.read_trend_history(home.served_scores, home.days, served_score)
    with home.reader() as engine:
        return answers.plan_goal(name, served_score.score, inputs, history, engine, target=target)


def simulate_changes(home: Home, served_score: ServedScore, name: str, changes: Sequence[str]) -> "WhatIfResult":
    """Simulate the score of a person after hypothetical changes, such as ``likes=x1.5``."""
    parsed_changes = [answers.parse_change(change) for change in changes]
    inputs = load_profile(home, served_score).known_inputs
    with home.reader() as engine:
        return answers.simulate_changes(name, served_score.score, inputs, parsed_changes, engine)


def find_similar_person(home: Home, served_score: ServedScore, *, target: float) -> "SimilarPerson":
    """Find the person with a score or more who is most similar, and compare both signal by signal."""
    return answers.find_similar_person(
        served_score,
        answers.LeaderboardIndex(home.reader, home.days, home.served_scores).get_comparison_band(),
        home.served_scores.find,
        lambda score: load_profile(home, score).explanation.receipt,
        target=target,
        hidden_keys=home.people.list_departed_keys(),
    )
