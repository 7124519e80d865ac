"""Replay: a person's score after each cause of a move, what it is made of then, and who gave how much more or less."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from renown.answers.evidence import SIDED, stored, suppose
from renown.engines import Engine
from renown.method import Method, read_steps
from renown.steps import Step

Spot = tuple[str, int, str]
"""(network, account, signal)"""

_SELDOM = {
    "undone": ("undone",),
    "absence": ("presence", "members"),
    "coverage": ("observed", "scales"),
    "identities": ("members",),
}
"""Causes that are passed over where none of these tables changed; the others nearly always change something."""
_GIVEN = {
    "account": "bigint",
    "signal": "smallint",
    "kind": "string",
    "name": "string",
    "received": "bigint",
    "acts": "bigint",
}
_MADE = """
select p.network, p.account, p.signal, p.points, p.received,
  coalesce(cast(v.part as double) / 1e6 / cast(nullif(s.weights, 0) as double), 0e0)
from points p
join values v on v.account = p.account and v.signal = p.signal
join strengths s on s.account = p.account
where p.person = {person}"""
_ACTORS = """
select k.account, k.signal, 'actor' as kind, cast(k.actor as varchar) as name, k.received,
  cast(k.acts as bigint) as acts
from contributions k join strengths s on s.account = k.account where s.person = {person}
union all
select u.account, u.signal, 'unknown', '', u.received, u.people
from unknown_actors u join strengths s on s.account = u.account where s.person = {person} and u.people > 0"""
_POSTS = """
select p.account, p.signal, case when p.post = '' then 'account' else 'post' end as kind, p.post as name,
  p.received, p.acts
from post_shares p join strengths s on s.account = p.account where s.person = {person}"""
_TELLINGS = {"actors": _ACTORS, "posts": _POSTS}


@dataclass(frozen=True)
class Gave:
    """What one giver gave more or less of than before: an actor, a post, or a whole sort of them."""

    kind: str
    """`actor`, `unknown`, `post` or `account`, as the lines of a receipt; `others` beyond those asked for."""
    name: str
    """Key of the actor, id of the post; empty for a sum."""
    acts: int
    """Signed; of `others` how many there are."""
    received: int
    """Signed; in the unit of its telling."""
    size: int
    """The same without its sign, summed over those it stands for."""


@dataclass(frozen=True)
class Made:
    """What one signal of one account is in a score."""

    points: float = 0.0
    received: int = 0
    """Millionths of the signal's unit."""
    exponent: float = 0.0
    """Its summand of ln(1 + strength of the account)."""


@dataclass(frozen=True)
class State:
    """What a score is made of after a cause."""

    kind: str
    """The cause; `first` before all."""
    score: float
    made: Mapping[Spot, Made]
    strengths: Mapping[int, float]
    """Account to follower-equivalents."""
    actors: Mapping[Spot, Sequence[Gave]]
    """Who gave more or less than before the cause, most first."""
    posts: Mapping[Spot, Sequence[Gave]]


def replay(engine: Engine, person: int, own: Method, newer: Method, *, left_day_no: int, top: int) -> Iterator[State]:
    """
    Put what the later day knew in place of what the first knew, one cause after another, and run the steps again.

    Parameters
    ----------
    engine : Engine
        Holds what was gathered of both sides, as ``<table>_first``, ``_later`` and, by another method, ``_last``.
    person : int
    own, newer : Method
    left_day_no : int
        Number of the youngest day that left the window.
    top : int
        Givers told apart of each signal; the others are one.

    Yields
    ------
    State
        `first`, then one for each cause that changed any of the tables that the steps read.
    """
    own, newer = stored(own), stored(newer)
    before = ""
    for kind, replaced in _causes(own, newer, left_day_no).items():
        seldom = _SELDOM.get(kind, replaced)
        if not seldom or (kind in _SELDOM and not any(_differs(engine, table, replaced[table]) for table in seldom)):
            continue
        used = newer if kind == "method" else own
        suppose(engine, used, replaced)
        if kind == "first":
            engine.run(Step("absent_first", "select account from absent", {"account": "bigint"}))
        for step in read_steps("explanations"):
            engine.run(step)
        yield _state(engine, person, own, used, kind=kind, before=before or kind, top=top)
        before = kind


def _state(engine: Engine, person: int, own: Method, used: Method, *, kind: str, before: str, top: int) -> State:
    names = {signal.number: signal.name for signal in (*own.signals, *used.signals)}
    found = engine.rows(f"select score from scores where person = {person}")
    made = {
        (network, account, names[number]): Made(*rest)
        for network, account, number, *rest in engine.rows(_MADE.format(person=person))
    }
    strengths = engine.rows(f"select account, cast(strength as double) / 1e9 from strengths where person = {person}")
    gave = []
    for telling, select in _TELLINGS.items():
        engine.run(Step(f"{telling}_at_{kind}", select.format(person=person), _GIVEN))
        gave.append(_gave(engine, f"{telling}_at_{before}", f"{telling}_at_{kind}", names, top))
    return State(kind, float(found[0][0]) if found else 1.0, made, dict(strengths), *gave)


def _gave(engine: Engine, before: str, now: str, names: Mapping[int, str], top: int) -> dict[Spot, list[Gave]]:
    """Return, of each signal, who gave more or less in one table than in another, most first."""
    same = " and ".join(f"n.{column} = b.{column}" for column in ("account", "signal", "kind", "name"))
    either = ", ".join(
        f"coalesce(n.{column}, b.{column}) as {column}" for column in ("account", "signal", "kind", "name")
    )
    more = ", ".join(
        f"coalesce(n.{column}, 0) - coalesce(b.{column}, 0) as {column}" for column in ("received", "acts")
    )
    rows = engine.rows(f"""
        select a.network, g.account, g.signal, g.kind, g.name, g.acts, g.received, g.size
        from (
          select account, signal, case when place > {top} then 'others' else kind end as kind,
            case when place > {top} then '' else name end as name,
            case when least(place, {top} + 1) > {top} then count(*) else sum(acts) end as acts,
            sum(received) as received, sum(abs(received)) as size, min(place) as place
          from (
            select *, row_number() over (partition by account, signal order by abs(received) desc, kind, name) as place
            from (select {either}, {more} from {now} n full join {before} b on {same}) compared
            where received <> 0
          ) ordered
          group by account, signal, least(place, {top} + 1), 3, 4
        ) g
        join accounts a on a.account = g.account
        order by g.account, g.signal, g.place""")
    found: dict[Spot, list[Gave]] = {}
    for network, account, number, *gave in rows:
        kind, name, acts, received, size = gave
        found.setdefault((network, account, names[number]), []).append(
            Gave(kind, name, int(acts), int(received), int(size))
        )
    return found


def _causes(own: Method, newer: Method, left_day_no: int) -> dict[str, dict[str, str]]:
    """Return, of each cause in the order of `changes.PARTS`, the tables that it replaces and by which rows."""

    def later(*tables: str) -> dict[str, str]:
        return {table: f"select * from {table}_later" for table in tables}

    same = "f.actor = l.actor and f.signal = l.signal"
    strangers = f"from actors_later l left join actors_first f on {same} where f.actor is null"
    # Who is absent or has not acted yet on the first day has no weight of it, and needs one when they do.
    weights = {"actors": f"select * from actors_first union all select l.* {strangers}"}
    # Presence is only ever added to, and the youngest counts: actors whose acts leave the window stay as they were.
    presence = "select * from presence_first union all select * from presence_later"
    back = "select l.* from members_later l join absent_first g on g.account = l.account"
    members = f"select * from members_first union all {back}"
    return {
        "first": {table: f"select * from {table}_first" for table in SIDED} | later("accounts") | weights,
        "undone": later("undone"),
        "absence": {"presence": presence, "members": members},
        "left": {"ages": f"select * from ages_first where day_no > {left_day_no}"},
        "decay": later("ages"),
        "new": later("interactions", "tallies", "undone"),
        "standing": later("actors"),
        "profile": later("profiles", "constants"),
        "coverage": later("observed", "scales"),
        "identities": later("members"),
        "method": {} if own.digest == newer.digest else {table: f"select * from {table}_last" for table in SIDED},
    }


def _differs(engine: Engine, table: str, select: str) -> bool:
    """Return whether a table would have other rows, whatever their number."""
    now, then = f"(select * from {table})", f"({select})"
    both = f"({now} except {then}) union all ({then} except {now})"
    return bool(engine.rows(f"select 1 from ({both}) differing limit 1"))
