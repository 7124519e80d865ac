"""Evidence: one person's own rows of a published day, with the method's steps run over them again."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from renown.engines import Engine
from renown.errors import BadMethod
from renown.inputs import take_in
from renown.lake import Lake
from renown.method import INPUTS, Method, parse, stated
from renown.records import KEPT, day_number
from renown.steps import Step
from renown.store import Published

OWN = {"interactions": "target", "tallies": "account", "profiles": "account", "accounts": "account"}
"""The lake's tables of which only a person's own rows matter, with the column that says whose they are."""

SMALL = ("constants", "ages", "verbs", "limits", "worths", "scales", "observed")
GIVEN = ("members", "actors")
"""Steps that read everybody's rows: their rows of that day were published."""

SIDED = (*OWN, "undone", "presence", *SMALL, *GIVEN)
"""Every table that the steps read, kept for each side of a comparison."""


def constants_of(published: Published) -> dict[str, float]:
    """Return the constants that a day was published by; its steps may have been others than ours."""
    return stated(published.of.method_text)


def method_of(published: Published) -> Method:
    """
    Return the method that a day was published by, to run its steps again.

    Raises
    ------
    BadMethod
        If its steps were other ones: they cannot be run again.
    """
    day = published.of
    method = _parsed(published)
    if method is None or method.digest != day.method_digest:
        msg = (
            f"{day.day} was published by method {day.method!r} with steps that this renown no longer has; "
            "its points can be shown (`renown show`), its actors and posts need the renown that published it"
        )
        raise BadMethod(msg)
    return method


def _parsed(published: Published) -> Method | None:
    """Return the method of a day, None where our steps need constants that it does not state."""
    try:
        return parse(published.of.method_text, f"of {published.of.day}")
    except BadMethod:
        return None


def gather(
    engine: Engine,
    lake: Lake,
    published: Published,
    method: Method,
    people: Mapping[int, str],
    accounts: Iterable[int],
    side: str,
) -> None:
    """
    Keep what a published day knew of some accounts, each table as ``<table>_<side>``.

    Parameters
    ----------
    engine : Engine
    lake : Lake
    published : Published
    method : Method
        Whose window and constants are to be used.
    people : mapping of int to str
        Key to name of whom is to be explained.
    accounts : iterable of int
        Keys of the accounts to be explained.
    side : str
        A suffix of its own for each day that is gathered.
    """
    take_in(engine, lake, method, day_number(published.of.day), published.of.lake)
    engine.table("asked", [(account,) for account in sorted(accounts)], {"account": "bigint"})
    for table, owner in OWN.items():
        _keep(engine, table, side, f"select k.* from {table} k join asked q on q.account = k.{owner}")
    own = f"(select distinct interaction from interactions_{side})"
    _keep(engine, "undone", side, f"select u.* from undone u join {own} i on i.interaction = u.interaction")
    for table in SMALL:
        _keep(engine, table, side, f"select * from {table}")
    # Whether those who acted are still there decides what counts, so theirs is kept beside the asked accounts' own.
    there = f"(select account from asked union select actor from interactions_{side})"
    _keep(engine, "presence", side, f"select p.* from presence p join {there} t on t.account = p.account")
    claimed = [(person, name) for person, name in people.items() if person < 0]
    members = [(strength.account, person, name) for person, name in claimed for strength in published.strengths(person)]
    engine.table(f"members_{side}", members, _columns("members", method))
    columns = _columns("actors", method)
    engine.scan("actors", published.of.files("actors"), columns)
    listed = ", ".join(f"a.{column}" for column in columns)
    acted = f"(select distinct actor from interactions_{side})"
    _keep(engine, "actors", side, f"select {listed} from actors a join {acted} i on i.actor = a.actor", columns)


def stored(method: Method) -> Method:
    """Return a method whose steps are all stored: what a day reads once is read here time and again."""
    return replace(method, steps=tuple(replace(step, stored=True) for step in method.steps))


def suppose(engine: Engine, method: Method, selects: Mapping[str, str], *, last: str = "points") -> None:
    """Let each table be the rows of a SELECT, then run the method's steps that hang on them, up to `last`."""
    for table, select in selects.items():
        engine.run(Step(table, select, _columns(table, method), stored=False))
    changed = set(selects)
    for step in method.until(last):
        if step.name not in GIVEN and changed.intersection(step.reads):
            engine.run(step)
            changed.add(step.name)


def _columns(table: str, method: Method) -> dict[str, str]:
    made = {step.name: step.columns for step in method.steps}
    return KEPT.get(table) or INPUTS.get(table) or made[table]


def _keep(engine: Engine, table: str, side: str, select: str, columns: dict[str, str] | None = None) -> None:
    engine.run(Step(f"{table}_{side}", select, columns or KEPT.get(table) or INPUTS[table]))
