"""Ranks of people who are hidden, or deleted from what is served: the ranks that are shown do not count them."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from renown.store import ServedScore, ServedScoreStore


@dataclass(frozen=True)
class HiddenRanks:
    """Ranks of hidden people in a snapshot: the ranks that others see do not count them."""

    ranks: tuple[int, ...] = ()
    """Ascending."""

    def exclude(self, score: ServedScore) -> ServedScore:
        """Return a visible person's score with rank and percentile among everybody but the hidden."""
        if not self.ranks:
            return score
        rank = score.rank - bisect_left(self.ranks, score.rank)
        # The share of people above gives their total number; without anybody above, the percentile is 100 anyway.
        above = 1 - score.percentile / 100
        people = round((score.rank - 1) / above) - len(self.ranks) if above > 0 else 1
        percentile = 100 * (people - rank + 1) / people if rank > 1 else 100.0
        return replace(score, rank=rank, percentile=percentile)

    def count_people(self, score_store: ServedScoreStore, rank: int) -> int:
        """Return the number of people whom a rank counts, without the hidden."""
        return max(1, score_store.count_up_to(rank)[0] - len(self.ranks))

    def top_percent(self, score_store: ServedScoreStore, rank: int) -> float:
        """Return the percent of people, without the hidden, whose score is at least that of a snapshot's rank."""
        if not self.ranks:
            return score_store.top_percent(rank)
        people, at_least = score_store.count_up_to(rank)
        people, at_least = people - len(self.ranks), at_least - bisect_right(self.ranks, at_least)
        return min(100.0, 100.0 * at_least / people) if people > 0 and at_least > 0 else 100.0


def find_departed_ranks(score_store: ServedScoreStore) -> HiddenRanks:
    """Find the ranks of people who were deleted from the served snapshot since it was published."""
    return HiddenRanks(tuple(sorted(score_store.list_departed_ranks())))
