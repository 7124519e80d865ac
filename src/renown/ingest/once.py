"""
Once: every record is taken in once, whoever sends it how often.

A record's identity is all of its columns; that of an act with an id of its
network is its actor, that id, its verb and its target: one post may reply to
somebody and mention others, all under its id, and is taken back by it. Where one
identity comes with different content, the earliest is kept, so that the order of
imports does not matter.
"""

from collections.abc import Sequence

from renown.records import KEPT
from renown.steps import Step, literal

_ORDER = {
    "interactions": ("day_no", "second", "post"),
    "undone": ("day_no", "second"),
}


def identity(table: str, *, with_ids: bool = True) -> list[str]:
    """
    Return SQL for the parts of a record's identity.

    Without ids, acts are told apart by their content alone; cheaper, and right
    where no arriving act has an id.
    """
    if table == "undone":
        return ["interaction"]
    content = [name for name in KEPT[table] if name != "network"]
    if table != "interactions" or not with_ids:
        return [_quoted(name) for name in content]
    parts = ["actor", "interaction", "verb", "target"]
    return [*parts, *(f"case when interaction is null then {name} end" for name in content if name not in parts)]


def suspects(table: str, arrived: str, present: str | None, *, with_ids: bool) -> str:
    """
    Return SQL for the fingerprints that occur more than once among the rows of two SELECTs, and how often they arrived.

    A fingerprint may be that of several identities: it leaves out what is dear to read.
    """
    mark = f"select {_fingerprint(table, with_ids=with_ids)} as suspect"
    if present is None:
        return f"{mark}, count(*) as times from ({arrived}) group by suspect having count(*) > 1"
    both = f"{mark}, true as new from ({arrived}) union all {mark}, false from ({present})"
    times = "count(*) filter (where new)"
    return f"select suspect, {times} as times from ({both}) group by suspect having count(*) > 1 and {times} > 0"


def contested(table: str) -> Step:
    """Return the step `contested`: every row of a suspect fingerprint, of each identity the one to keep first."""
    parts = ", ".join(identity(table))
    order = ", ".join(f'"{name}" nulls first' for name in _ORDER[table])
    sql = f"""
select *, row_number() over (partition by {parts} order by {order}, new, file) as place
from (
  select *, true as new, '' as file from arrived
  union all by name
  select *, false as new from present
)
where {_fingerprint(table, with_ids=True)} in (select suspect from suspects)"""
    columns = KEPT[table] | {"new": "boolean", "file": "string", "place": "bigint"}
    return Step("contested", sql, columns, ("arrived", "present", "suspects"))


def settled(table: str) -> Step:
    """
    Return the step `settled`: the suspect rows of `arrived` that `present` lacks, each once.

    For records whose identity is all of their columns; `contested` is for the others.
    """
    mark = f"where {_fingerprint(table, with_ids=False)} in (select suspect from suspects)"
    sql = f"select {_columns(table)} from arrived {mark}\nexcept\nselect {_columns(table)} from present {mark}"
    return Step("settled", sql, dict(KEPT[table]), ("arrived", "present", "suspects"))


def surviving(table: str, *, with_ids: bool) -> Step:
    """Return the step `surviving`: the rows of `arrived` that the lake lacks."""
    columns = _columns(table)
    rest = "contested where new and place = 1" if with_ids else "settled"
    sql = f"""
select {columns} from arrived where {_fingerprint(table, with_ids=with_ids)} not in (select suspect from suspects)
union all
select {columns} from {rest}"""
    return Step("surviving", sql, dict(KEPT[table]), ("arrived", rest.split(maxsplit=1)[0], "suspects"), stored=False)


def doubled(*, with_ids: bool) -> str:
    """Return SQL for a row where anything that arrived came twice, or was there."""
    if with_ids:
        return "select 1 from contested where place > 1 limit 1"
    return "select 1 where (select sum(times) from suspects) > (select count(*) from settled)"


def losers() -> str:
    """Return SQL for the live files with rows that an earlier arrival replaces."""
    return "select distinct file from contested where not new and place > 1 order by file"


def remaining(table: str, files: Sequence[str]) -> Step:
    """
    Return the step `remaining`: the rows of live files without those that another row of theirs replaces.

    A row that stays may lie in such a file, too: the lake holds doubles where a stream told twice.
    """
    listed = ", ".join(literal(file) for file in files)
    sql = f"""
select {_columns(table)} from present
where file in ({listed}) and {_fingerprint(table, with_ids=True)} not in (select suspect from suspects)
union all
select {_columns(table)} from contested where file in ({listed}) and not new and place = 1"""
    return Step("remaining", sql, dict(KEPT[table]), ("present", "contested", "suspects"), stored=False)


def merged(table: str) -> Step:
    """Return the step `merged`: the rows of `crowd`, those of a directory each once."""
    each = "" if "day_no" in KEPT[table] else "distinct "
    return Step("merged", f"select {each}{_columns(table)} from crowd", dict(KEPT[table]), ("crowd",), stored=False)


def _hash(table: str, *, with_ids: bool) -> str:
    return f"hash({', '.join(identity(table, with_ids=with_ids))})"


def _fingerprint(table: str, *, with_ids: bool) -> str:
    if table != "interactions" or with_ids:
        return _hash(table, with_ids=with_ids)
    return "hash(actor, target, verb, day_no, second)"


def _columns(table: str) -> str:
    return ", ".join(_quoted(name) for name in KEPT[table])


def _quoted(name: str) -> str:
    return f'"{name}"'
