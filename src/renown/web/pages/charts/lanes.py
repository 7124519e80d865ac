"""Layout of a race: a lane per member from below the lowest score to beyond the goal, in percent of its width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from renown.answers import MemberStanding
from renown.web.pages.charts.bars import COLOUR_COUNT

_MARGIN = 2.0
"""Points of score that are free at both ends."""
ODDS_BLOCKS = 5
"""Blocks of a bar that shows odds."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The lane of a member who has a score."""

    row: MemberStanding
    position: float
    """Where the score is, in percent of the lane."""
    start: float
    """Where the first score was."""
    colour: int
    initials: str
    odds_blocks: int | None
    """Filled blocks of the odds, 0 to 5; None without odds."""


@dataclass(frozen=True)
class Race:
    """All lanes of a race, on one scale."""

    lanes: tuple[Lane, ...]
    goal: float
    """Where the finish is, in percent of the lane."""
    low: float
    """Score at the start of a lane."""
    high: float

    @property
    def colours(self) -> dict[str, int]:
        """Member to the number of the colour of their lane."""
        return {lane.row.name: lane.colour for lane in self.lanes}


def build_race(rows: Sequence[MemberStanding], goal: float) -> Race | None:
    """Lay out the members who have a score; None if nobody has one."""
    scored = [row for row in rows if row.score is not None]
    if not scored:
        return None
    values = [value for row in scored for value in (row.score, row.start) if value is not None]
    low = max(0.0, math.floor(min(*values, goal) - _MARGIN))
    high = min(100.0 + _MARGIN, math.ceil(max(*values, goal) + _MARGIN))

    def position(score: float | None) -> float:
        return round(100 * ((low if score is None else score) - low) / (high - low), 2)

    lanes = tuple(
        Lane(
            row=row,
            position=position(row.score),
            start=position(row.start),
            colour=index % COLOUR_COUNT,
            initials=build_initials(row.name),
            odds_blocks=None if row.odds is None else round(row.odds * ODDS_BLOCKS),
        )
        for index, row in enumerate(scored)
    )
    return Race(lanes, position(goal), low, high)


def build_initials(name: str) -> str:
    """
    Return up to two initials of a name.

    Examples
    --------
    >>> build_initials("ada lovelace"), build_initials("bob"), build_initials("mastodon:ada")
    ('AL', 'B', 'MA')
    """
    words = "".join(character if character.isalnum() else " " for character in name).split()
    return "".join(word[0] for word in words[:2]).upper() or "?"
