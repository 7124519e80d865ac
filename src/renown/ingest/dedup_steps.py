"""Steps of deduplication: SELECTs over the arrived and the present rows of a table."""

from collections.abc import Sequence

from renown.records import LAKE_COLUMNS
from renown.steps import Step, quote_literal

_ORDER_COLUMNS = {
    "interactions": ("unverified", "day_no", "second", "post"),
    "undone": ("day_no", "second"),
}
_CONTENT_COLUMNS = ("actor", "target", "verb", "day_no", "second", "post")
"""What two interactions have in common if one of them is the other without its id."""


def identity_columns(table: str, *, with_ids: bool = True) -> list[str]:
    """
    Return SQL for the columns of a record's identity.

    Without ids, interactions are compared by content alone: cheaper, and correct if no
    interaction of the batch has an id.
    """
    if table == "undone":
        return ["interaction"]
    content = [name for name in LAKE_COLUMNS[table] if name not in {"network", "unverified"}]
    if table != "interactions" or not with_ids:
        return [_quote(name) for name in content]
    parts = ["actor", "interaction", "verb", "target"]
    return [*parts, *(f"case when interaction is null then {name} end" for name in content if name not in parts)]


def duplicate_fingerprints_sql(table: str, arrived: str, present: str | None, *, with_ids: bool) -> str:
    """
    Return SQL for fingerprints that occur more than once in batch and lake, and how often they occur in the batch.

    Different identities may share a fingerprint: it omits columns that are expensive to read.
    """
    select_sql = f"select {_fingerprint_sql(table, with_ids=with_ids)} as suspect"
    if present is None:
        return f"{select_sql}, count(*) as times from ({arrived}) group by suspect having count(*) > 1"
    union_sql = f"{select_sql}, true as new from ({arrived}) union all {select_sql}, false from ({present})"
    batch_count_sql = "count(*) filter (where new)"
    return (
        f"select suspect, {batch_count_sql} as times from ({union_sql}) "
        f"group by suspect having count(*) > 1 and {batch_count_sql} > 0"
    )


def adoptable_ids_step() -> Step:
    """Return the step `adoptable`: the ids of the batch, and of the lake where the batch lacks them, by content."""
    content_sql = ", ".join(map(_quote, _CONTENT_COLUMNS))
    equal_sql = " and ".join(f"a.{_quote(name)} is not distinct from p.{_quote(name)}" for name in _CONTENT_COLUMNS)
    sql = f"""
select {content_sql}, min(interaction) as interaction
from (
  select {content_sql}, interaction from arrived_rows where interaction is not null
  union all
  select {content_sql}, interaction from present_rows p
  where interaction is not null and exists (select 1 from arrived_rows a where a.interaction is null and {equal_sql})
) rows_with_ids
group by {content_sql}"""
    columns = {name: LAKE_COLUMNS["interactions"][name] for name in (*_CONTENT_COLUMNS, "interaction")}
    return Step(name="adoptable", sql=sql, columns=columns, reads=("arrived_rows", "present_rows"))


def adopted_ids_step(name: str, columns: dict[str, str]) -> Step:
    """Return the step `arrived` or `present`, in which rows without an id have that of `adoptable`."""
    equal_sql = " and ".join(
        f"k.{_quote(column)} is not distinct from r.{_quote(column)}" for column in _CONTENT_COLUMNS
    )
    columns_sql = ", ".join("k.interaction" if column == "interaction" else f"r.{_quote(column)}" for column in columns)
    sql = f"""
select {", ".join(map(_quote, columns))}, false as adopted from {name}_rows where interaction is not null
union all
select {columns_sql}, true from {name}_rows r left join adoptable k on {equal_sql} where r.interaction is null"""
    reads = (f"{name}_rows", "adoptable")
    return Step(name=name, sql=sql, columns=columns | {"adopted": "boolean"}, reads=reads, stored=False)


def own_ids_step(name: str, columns: dict[str, str]) -> Step:
    """Return the step `arrived` or `present` with the rows as they are."""
    sql = f"select {', '.join(map(_quote, columns))}, false as adopted from {name}_rows"
    return Step(name=name, sql=sql, columns=columns | {"adopted": "boolean"}, reads=(f"{name}_rows",), stored=False)


def ranked_duplicates_step(table: str) -> Step:
    """Return the step `contested`: rows with a fingerprint in `suspects`, ranked per identity; rank 1 is kept."""
    identity_sql = ", ".join(identity_columns(table))
    order_sql = ", ".join(f'"{name}" nulls first' for name in _ORDER_COLUMNS[table])
    sql = f"""
select {_columns_sql(table)}, new, file,
  row_number() over (partition by {identity_sql} order by {order_sql}, adopted, new, file) as place
from (
  select *, true as new, '' as file from arrived
  union all by name
  select *, false as new from present
)
where {_fingerprint_sql(table, with_ids=True)} in (select suspect from suspects)"""
    columns = LAKE_COLUMNS[table] | {"new": "boolean", "file": "string", "place": "bigint"}
    return Step(name="contested", sql=sql, columns=columns, reads=("arrived", "present", "suspects"))


def distinct_new_rows_step(table: str) -> Step:
    """
    Return the step `settled`: distinct rows of `arrived` with a fingerprint in `suspects` that are not in `present`.

    For records whose identity is all of their columns; `contested` is for the others.
    """
    where_sql = f"where {_fingerprint_sql(table, with_ids=False)} in (select suspect from suspects)"
    columns_sql = _columns_sql(table)
    # An interaction without an id is in the lake if an equal one with an id is.
    compared_sql = columns_sql.replace('"interaction"', "cast(null as bigint) as interaction")
    sql = f"select {columns_sql} from arrived {where_sql}\nexcept\nselect {compared_sql} from present {where_sql}"
    return Step(name="settled", sql=sql, columns=dict(LAKE_COLUMNS[table]), reads=("arrived", "present", "suspects"))


def new_rows_step(table: str, *, with_ids: bool) -> Step:
    """Return the step `surviving`: the rows of `arrived` to add to the lake."""
    columns_sql, fingerprint_sql = _columns_sql(table), _fingerprint_sql(table, with_ids=with_ids)
    deduplicated_sql = "contested where new and place = 1" if with_ids else "settled"
    sql = f"""
select {columns_sql} from arrived where {fingerprint_sql} not in (select suspect from suspects)
union all
select {columns_sql} from {deduplicated_sql}"""
    return Step(
        name="surviving",
        sql=sql,
        columns=dict(LAKE_COLUMNS[table]),
        reads=("arrived", deduplicated_sql.split(maxsplit=1)[0], "suspects"),
        stored=False,
    )


def has_duplicates_sql(*, with_ids: bool) -> str:
    """Return SQL for a row if the batch has duplicates, or records that the lake has."""
    if with_ids:
        return "select 1 from contested where place > 1 limit 1"
    return "select 1 where (select sum(times) from suspects) > (select count(*) from settled)"


def superseded_files_sql() -> str:
    """Return SQL for the lake's files with rows that an earlier record of the batch supersedes."""
    return "select distinct file from contested where not new and place > 1 order by file"


def remaining_rows_step(table: str, files: Sequence[str]) -> Step:
    """
    Return the step `remaining`: the rows of superseded files that are still valid.

    These files may also contain the row to keep of duplicates that a stream wrote.
    """
    files_sql = ", ".join(quote_literal(file) for file in files)
    sql = f"""
select {_columns_sql(table)} from present
where file in ({files_sql}) and {_fingerprint_sql(table, with_ids=True)} not in (select suspect from suspects)
union all
select {_columns_sql(table)} from contested where file in ({files_sql}) and not new and place = 1"""
    return Step(
        name="remaining",
        sql=sql,
        columns=dict(LAKE_COLUMNS[table]),
        reads=("present", "contested", "suspects"),
        stored=False,
    )


def merged_rows_step(table: str) -> Step:
    """Return the step `merged`: the rows of `crowd`; distinct rows for directories."""
    distinct_sql = "" if "day_no" in LAKE_COLUMNS[table] else "distinct "
    return Step(
        name="merged",
        sql=f"select {distinct_sql}{_columns_sql(table)} from crowd",
        columns=dict(LAKE_COLUMNS[table]),
        reads=("crowd",),
        stored=False,
    )


def _hash_sql(table: str, *, with_ids: bool) -> str:
    return f"hash({', '.join(identity_columns(table, with_ids=with_ids))})"


def _fingerprint_sql(table: str, *, with_ids: bool) -> str:
    if table != "interactions" or with_ids:
        return _hash_sql(table, with_ids=with_ids)
    return "hash(actor, target, verb, day_no, second)"


def _columns_sql(table: str) -> str:
    return ", ".join(_quote(name) for name in LAKE_COLUMNS[table])


def _quote(name: str) -> str:
    return f'"{name}"'
