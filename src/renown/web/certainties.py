"""How sure served scores are, for lists of people."""

from collections.abc import Iterable, Sequence

from renown import answers
from renown.answers import Certainty
from renown.store import ServedScore
from renown.web.people import find_by_names
from renown.web.state import AppState


def load_certainties(state: AppState, scores: Sequence[ServedScore]) -> dict[str, Certainty]:
    """Tell how sure served scores are, by the people's names."""
    if not scores:
        return {}
    latest = scores[0]
    ranges = state.scores.ranges.read_of_day({score.key for score in scores}, latest.day)
    minimums = state.snapshot_cache.find_minimums(latest.snapshot_id, latest.day)
    return answers.judge_certainties(scores, ranges, minimums)


def load_named_certainties(state: AppState, names: Iterable[str]) -> dict[str, Certainty]:
    """Tell how sure the scores of visible people are, by name; who has none is left out."""
    return load_certainties(state, [score for score in find_by_names(state, list(names)) if score])
