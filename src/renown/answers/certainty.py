"""How sure served scores are: the confidence range, and whether there is enough data; for lists of many people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from renown.method.file import parse_constant_values
from renown.store import PublishedDay, ScoreRange, ServedScore


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """How sure a score is; the receipt has the reasons why there is not enough data."""

    range_low: float | None
    """Lower end of the 90% confidence range of the score; None if no range is known, as of unclaimed accounts."""
    range_high: float | None
    has_few_people: bool
    """Whether fewer people than enough are known to have reacted."""
    has_few_days: bool
    """Whether fewer days than enough were observed."""

    @property
    def has_enough_data(self) -> bool:
        """Whether enough people reacted, by name, on enough observed days."""
        return not (self.has_few_people or self.has_few_days)

    @property
    def margin(self) -> float | None:
        """Half of the range; None if no range is known."""
        if self.range_low is None or self.range_high is None:
            return None
        return (self.range_high - self.range_low) / 2


def find_minimums(day: PublishedDay) -> tuple[float, float]:
    """Return how many people and observed days are enough, by the method of a day."""
    constants = parse_constant_values(day.method_text)
    return constants["enough_people"], constants["enough_days"]


def judge_certainty(
    people: int, days: int, minimums: tuple[float, float], score_range: ScoreRange | None = None
) -> Certainty:
    """Tell how sure a score is by so many people and observed days, with its range if it is known."""
    enough_people, enough_days = minimums
    return Certainty(
        range_low=score_range.low if score_range else None,
        range_high=score_range.high if score_range else None,
        has_few_people=people < enough_people,
        has_few_days=days < enough_days,
    )


def judge_certainties(
    scores: Sequence[ServedScore], ranges: Mapping[int, ScoreRange], minimums: tuple[float, float]
) -> dict[str, Certainty]:
    """
    Tell how sure scores are, by the people's names.

    Parameters
    ----------
    scores : sequence of ServedScore
    ranges : mapping of int to ScoreRange
        Of the served day, by score key; one of another score, of before the day was scored again, is left out.
    minimums : (float, float)
        As `find_minimums` returns them.
    """
    certainties = {}
    for score in scores:
        known = ranges.get(score.key)
        score_range = known if known and known.score == score.score else None
        certainties[score.name] = judge_certainty(score.people, score.days, minimums, score_range)
    return certainties
