"""Changes: why a score moved between two published days, in signed parts that sum to the move, down to people."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from renown.answers.evidence import gather, method_of
from renown.answers.moves import SignalMove, actors_of, between, differences, signal_moves, together
from renown.answers.receipt import Line
from renown.answers.replay import Made, Spot, replay
from renown.answers.who import Who, names
from renown.engines import Engine
from renown.errors import UnknownWho
from renown.lake import Lake
from renown.method import Method
from renown.records import day_number
from renown.store import Published

PARTS = {
    "undone": "acts that were taken back",
    "absence": "accounts that went or came back",
    "left": "acts older than the window",
    "decay": "the ageing of what stayed",
    "new": "new acts and counts",
    "standing": "how much those who act weigh",
    "profile": "followers and lists",
    "coverage": "what can be seen of the networks",
    "identities": "accounts linked or let go",
    "method": "another version of the method",
    "forgotten": "acts no longer in the lake",
}
"""What can move a score, in the order in which it is supposed to happen."""


MOST = 5
"""Actors and posts named of each signal of a part; the rest is one line."""


@dataclass(frozen=True)
class Part:
    """One cause of a move."""

    kind: str
    """One of `PARTS`."""
    points: float
    """Signed points of score."""
    before: float
    """Score before this cause, after those above it."""
    after: float
    """Score after it: the next part's `before`."""
    signals: tuple[SignalMove, ...]
    """Most moved first; their points sum to the part's."""

    def discreet(self, named: AbstractSet[str]) -> "Part":
        """Return the same with the names of some actors alone."""
        return replace(self, signals=tuple(signal.discreet(named) for signal in self.signals))


@dataclass(frozen=True)
class Changes:
    """The move of a score from one published day to another."""

    who: str
    first_day: str
    last_day: str
    first: float
    """Score of the first day; 1, that of everybody, where there was none."""
    last: float
    move: float
    parts: tuple[Part, ...]
    """A part for each of `PARTS`; they sum to the move."""

    def actors(self) -> list[Line]:
        """Return the lines of all actors."""
        return [line for part in self.parts for signal in part.signals for line in signal.actors]

    def discreet(self, named: AbstractSet[str]) -> "Changes":
        """Return the same move with the names of some actors alone."""
        return replace(self, parts=tuple(part.discreet(named) for part in self.parts))


def changes(asked: Who, first: Published, last: Published, engine: Engine, lake: Lake, *, top: int = MOST) -> Changes:
    """
    Explain a score's move: replace what the first day knew by what the last knew, one cause after another.

    Parameters
    ----------
    asked : Who
    first, last : Published
        Two published days.
    engine : Engine
        A session of its own.
    lake : Lake
    top : int
        How many actors and posts are named of each signal of a part.

    Returns
    -------
    Changes

    Raises
    ------
    UnknownWho
        If they were scored on neither day.
    BadMethod
        If a day was published by other steps than this renown's.

    Notes
    -----
    A part is the difference that its cause makes after the causes before it; in another
    order a part would be a little larger or smaller, their sum would not.

    A part is shared out among signals, and a signal's points among actors, and again among posts, by what
    changed there, see `moves.between`; what moved without anybody in particular is the line `rest`.
    """
    scores = [published.score(asked.key) for published in (first, last)]
    if not any(scores):
        msg = f"{asked.name} has no score on {first.of.day} nor on {last.of.day}; see `renown show` for other days"
        raise UnknownWho(msg)
    own, newer = method_of(first), method_of(last)
    _gather(engine, lake, asked, first, last, own=own, newer=newer)
    left_day_no = day_number(last.of.day) - int(own["window_days"])
    states = list(replay(engine, asked.key, own, newer, left_day_no=left_day_no, top=top))
    before, after = (score.score if score else 1.0 for score in scores)
    moves = {state.kind: state.score - earlier.score for earlier, state in pairwise(states)}
    moves["forgotten"] = (states[0].score - before) + (after - states[-1].score)
    moved = {state.kind: between(earlier, state) for earlier, state in pairwise(states)}
    moved["forgotten"] = together(
        differences(_made(first, asked), states[0].made), differences(states[-1].made, _made(last, asked))
    )
    called = names(engine, lake, actors_of(moved.values()))
    profiles = {signal.name for signal in (*own.signals, *newer.signals) if signal.reads != "interactions"}
    reached = accumulate((moves.get(kind, 0.0) for kind in PARTS), initial=before)
    parts = tuple(
        Part(
            kind,
            moves.get(kind, 0.0),
            start,
            end,
            signal_moves(
                moved.get(kind, {}), called, profiles=profiles, alone="forgotten" if kind == "forgotten" else "rest"
            ),
        )
        for kind, (start, end) in zip(PARTS, pairwise(reached), strict=True)
    )
    first_day, last_day = (published.of.day.isoformat() for published in (first, last))
    return Changes(asked.name, first_day, last_day, before, after, after - before, parts)


def _gather(
    engine: Engine, lake: Lake, asked: Who, first: Published, last: Published, *, own: Method, newer: Method
) -> None:
    """Keep what both days knew of somebody, the last one by both methods where there are two."""
    accounts = {strength.account for published in (first, last) for strength in published.strengths(asked.key)}
    who = {asked.key: asked.name}
    gather(engine, lake, first, own, who, accounts, "first")
    gather(engine, lake, last, own, who, accounts, "later")
    if own.digest != newer.digest:
        gather(engine, lake, last, newer, who, accounts, "last")


def _made(published: Published, asked: Who) -> dict[Spot, Made]:
    rows = published.points(asked.key)
    return {(row.network, row.account, row.signal): Made(row.points, row.received) for row in rows}
