"""The receipt: what a published score is made of, read from the published rows."""

from dataclasses import dataclass

from renown.answers.who import Who
from renown.errors import UnknownWho
from renown.method import Method
from renown.store import Points, Published, Score


@dataclass(frozen=True)
class Receipt:
    """A score with the points that add up to it."""

    score: Score
    everybody: float
    """The point that everybody has."""
    points: tuple[Points, ...]
    """By network and signal, most first; with `everybody` they sum to the score."""
    doubts: tuple[str, ...]
    """Why there is not enough data to rely on it; empty where there is."""


def receipt(asked: Who, published: Published, method: Method) -> Receipt:
    """
    Return the receipt of somebody's published score.

    Raises
    ------
    UnknownWho
        If they were not scored that day.
    """
    score = published.score(asked.key)
    if score is None:
        msg = (
            f"{asked.name} has no score on {published.of.day}: nobody was seen reacting to them in the window "
            "and no profile is known; import more of their network"
        )
        raise UnknownWho(msg)
    return Receipt(score, 1.0, tuple(published.points(asked.key)), _doubts(score, method))


def _doubts(score: Score, method: Method) -> tuple[str, ...]:
    days, people = method["enough_days"], method["enough_people"]
    said = []
    if score.days < days:
        said.append(f"only {score.days} of {method['window_days']:g} days were observed, {days:g} are enough")
    if score.people < people:
        said.append(f"only {score.people} people were seen reacting, {people:g} are enough")
    return tuple(said)
