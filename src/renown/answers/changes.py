"""Changes: why a score moved between two published days, in signed parts that sum to the move."""

from dataclasses import dataclass

from renown.answers.evidence import SIDED, gather, method_of, suppose
from renown.answers.who import Who
from renown.engines import Engine
from renown.errors import UnknownWho
from renown.lake import Lake
from renown.method import Method
from renown.records import day_number
from renown.steps import Step
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


@dataclass(frozen=True)
class Part:
    """One cause of a move."""

    kind: str
    """One of `PARTS`."""
    points: float
    """Signed points of score."""


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


def changes(asked: Who, first: Published, last: Published, engine: Engine, lake: Lake) -> Changes:
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
    """
    scores = [published.score(asked.key) for published in (first, last)]
    if not any(scores):
        msg = f"{asked.name} has no score on {first.of.day} nor on {last.of.day}; see `renown show` for other days"
        raise UnknownWho(msg)
    before, after = (score.score if score else 1.0 for score in scores)
    accounts = {strength.account for published in (first, last) for strength in published.strengths(asked.key)}
    who, own, newer = {asked.key: asked.name}, method_of(first), method_of(last)
    gather(engine, lake, first, own, who, accounts, "first")
    gather(engine, lake, last, own, who, accounts, "later")
    if own.digest != newer.digest:
        gather(engine, lake, last, newer, who, accounts, "last")
    reached = _replay(engine, asked.key, own, newer, left_day_no=day_number(last.of.day) - int(own["window_days"]))
    moves = {
        kind: reached[kind] - earlier
        for kind, earlier in zip(reached, [reached["first"], *reached.values()], strict=False)
    }
    moves["forgotten"] = (reached["first"] - before) + (after - reached["method"])
    return Changes(
        asked.name,
        first.of.day.isoformat(),
        last.of.day.isoformat(),
        before,
        after,
        after - before,
        tuple(Part(kind, moves[kind]) for kind in PARTS),
    )


def _replay(engine: Engine, person: int, own: Method, newer: Method, *, left_day_no: int) -> dict[str, float]:
    """Return the score after each cause, in the order of `PARTS`; `left_day_no` is the youngest day that left."""

    def later(*tables: str) -> dict[str, str]:
        return {table: f"select * from {table}_later" for table in tables}

    same = "f.actor = l.actor and f.signal = l.signal"
    strangers = f"from actors_later l left join actors_first f on {same} where f.actor is null"
    weights = f"select * from actors_first union all select l.* {strangers}"
    # Presence is only ever added to, and the youngest counts: actors whose acts leave the window stay as they were.
    presence = "select * from presence_first union all select * from presence_later"
    back = "select l.* from members_later l join absent_first g on g.account = l.account"
    members = f"select * from members_first union all {back}"
    causes = {
        "first": {table: f"select * from {table}_first" for table in SIDED} | later("accounts"),
        "undone": later("undone"),
        "absence": {"presence": presence, "members": members, "actors": weights},
        "left": {"ages": f"select * from ages_first where day_no > {left_day_no}"},
        "decay": later("ages"),
        "new": later("interactions", "tallies", "undone"),
        "standing": later("actors"),
        "profile": later("profiles", "constants"),
        "coverage": later("observed", "scales"),
        "identities": later("members"),
        "method": {} if own.digest == newer.digest else {table: f"select * from {table}_last" for table in SIDED},
    }
    reached: dict[str, float] = {}
    tables: dict[str, str] = {}
    for kind, replaced in causes.items():
        tables |= replaced
        suppose(engine, newer if kind == "method" else own, tables)
        if kind == "first":
            engine.run(Step("absent_first", "select account from absent", {"account": "bigint"}))
        found = engine.rows(f"select score from scores where person = {person}")
        reached[kind] = float(found[0][0]) if found else 1.0
    return reached
