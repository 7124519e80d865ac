"""Ranks and standings as others see them: without hidden people."""

from contextlib import suppress
from datetime import date

from renown import answers
from renown.answers import HiddenRanks, Landmark, Standing, Standings, TopScore, Visibility
from renown.errors import DayNotPublishedError, HomeError
from renown.store import PublishedTables, ServedScore
from renown.web.state import AppState


def present_score(state: AppState, score: ServedScore, visibility: Visibility | None = None) -> ServedScore:
    """Return a score as others see it: with its rank and percentile among everybody but hidden people."""
    visibility = visibility or state.visibility
    return state.snapshot_cache.find_hidden_ranks(visibility, score.snapshot_id).exclude(score)


def compute_top_percent(state: AppState, score: ServedScore) -> float | None:
    """Return the percent of people, without hidden ones, whose score is at least as high; None without a rank."""
    if score.verified_score is None:
        return None
    return _find_hidden_ranks(state, score.snapshot_id).top_percent(state.scores, score.rank)


def compute_standing(state: AppState, subject: ServedScore, goal: float, in_a_row: int) -> Standing:
    """Compute a person's standing as others see it."""
    hidden = _find_hidden_ranks(state, subject.snapshot_id)
    return answers.compute_standing(state.scores, subject.key, goal=goal, in_a_row=in_a_row, hidden=hidden)


def count_ranked_people(state: AppState) -> int:
    """Return how many people and unclaimed accounts the ranks over all networks count."""
    snapshot_id = state.scores.snapshot_id()
    return _find_hidden_ranks(state, snapshot_id).count_people(state.scores, 1) if snapshot_id else 0


def list_top_scores(state: AppState, subject: ServedScore) -> tuple[TopScore, ...]:
    """Return the scores that shares of all people reach on the day of a score, without hidden people."""
    # Pages are shown even if the files of the day are damaged.
    with suppress(HomeError, DayNotPublishedError):
        return state.snapshot_cache.find_top_scores(state.visibility, subject.snapshot_id, subject.day)
    return ()


def list_landmarks(state: AppState, subject: ServedScore) -> tuple[Landmark, ...]:
    """Return the landmarks that others may see beside a person's score: not the person themself."""
    visibility, shown = state.visibility, []
    for landmark in state.landmarks:
        owner = state.profiles.find_owner(landmark.network, landmark.account_id)
        if landmark.is_visible(visibility, owner) and owner != subject.key:
            shown.append(landmark)
    return tuple(shown)


def list_group_standings(state: AppState, subject: ServedScore) -> list[Standings]:
    """Return the standings of a person's groups, as others see them."""
    visibility = state.visibility
    return [
        state.standings_cache.get_standings(group.name, 0, visibility) for group in state.groups.by_member(subject.key)
    ]


def read_past_standing(state: AppState, subject: ServedScore, day: date) -> tuple[int | None, int | None]:
    """Return the rank on a published day, without people who are hidden now, and how many people had reacted."""
    visibility = state.visibility
    hidden = [person.key for person in state.people.all() if person.key not in visibility.people]
    with suppress(HomeError, DayNotPublishedError), PublishedTables(state.days.find(day)) as published:
        score = published.read_score(subject.key)
        is_ranked = score is not None and score.verified_score is not None
        rank = published.read_rank(subject.key, [*hidden, *visibility.opted_out_keys]) if is_ranked else None
        return rank, score.people if score else None
    return None, None


def _find_hidden_ranks(state: AppState, snapshot_id: str) -> HiddenRanks:
    return state.snapshot_cache.find_hidden_ranks(state.visibility, snapshot_id)
