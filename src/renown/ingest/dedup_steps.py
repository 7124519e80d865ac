"""Steps of deduplication: SELECTs over the rows of a batch and those of the lake."""

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


def duplicate_fingerprints_sql(table: str, batch_sql: str, lake_sql: str | None, *, with_ids: bool) -> str:
    """
    Return SQL for fingerprints that occur more than once in batch and lake, and how often they occur in the batch.

    Different identities may share a fingerprint: it omits columns that are expensive to read.
    """
    select_sql = f"select {_fingerprint_sql(table, with_ids=with_ids)} as fingerprint"
    if lake_sql is None:
        return f"{select_sql}, count(*) as batch_count from ({batch_sql}) group by fingerprint having count(*) > 1"
    union_sql = f"{select_sql}, true as is_new from ({batch_sql}) union all {select_sql}, false from ({lake_sql})"
    batch_count_sql = "count(*) filter (where is_new)"
    return (
        f"select fingerprint, {batch_count_sql} as batch_count from ({union_sql}) "
        f"group by fingerprint having count(*) > 1 and {batch_count_sql} > 0"
    )


def adoptable_ids_step() -> Step:
    """Return the step `adoptable_ids`: the ids of the batch, and of the lake where the batch lacks them, by content."""
    content_sql = ", ".join(map(_quote, _CONTENT_COLUMNS))
    equal_sql = " and ".join(f"a.{_quote(name)} is not distinct from p.{_quote(name)}" for name in _CONTENT_COLUMNS)
    sql = f"""
select {content_sql}, min(interaction) as interaction
from (
  select {content_sql}, interaction from stored_batch_rows where interaction is not null
  union all
  select {content_sql}, interaction from stored_lake_rows p
  where interaction is not null
    and exists (select 1 from stored_batch_rows a where a.interaction is null and {equal_sql})
) rows_with_ids
group by {content_sql}"""
    columns = {name: LAKE_COLUMNS["interactions"][name] for name in (*_CONTENT_COLUMNS, "interaction")}
    return Step(name="adoptable_ids", sql=sql, columns=columns, reads=("stored_batch_rows", "stored_lake_rows"))


def adopted_ids_step(name: str, columns: dict[str, str]) -> Step:
    """Return the step `batch_rows` or `lake_rows`, in which rows without an id have that of `adoptable_ids`."""
    equal_sql = " and ".join(
        f"k.{_quote(column)} is not distinct from r.{_quote(column)}" for column in _CONTENT_COLUMNS
    )
    columns_sql = ", ".join("k.interaction" if column == "interaction" else f"r.{_quote(column)}" for column in columns)
    sql = f"""
select {", ".join(map(_quote, columns))}, false as has_adopted_id from stored_{name} where interaction is not null
union all
select {columns_sql}, true from stored_{name} r left join adoptable_ids k on {equal_sql} where r.interaction is null"""
    reads = (f"stored_{name}", "adoptable_ids")
    return Step(name=name, sql=sql, columns=columns | {"has_adopted_id": "boolean"}, reads=reads, stored=False)


def own_ids_step(name: str, columns: dict[str, str]) -> Step:
    """Return the step `batch_rows` or `lake_rows` with the rows as they are."""
    sql = f"select {', '.join(map(_quote, columns))}, false as has_adopted_id from stored_{name}"
    return Step(
        name=name, sql=sql, columns=columns | {"has_adopted_id": "boolean"}, reads=(f"stored_{name}",), stored=False
    )


def ranked_duplicates_step(table: str) -> Step:
    """Return the step `ranked_duplicates`: rows with a duplicate fingerprint, ranked per identity; rank 1 stays."""
    identity_sql = ", ".join(identity_columns(table))
    order_sql = ", ".join(f'"{name}" nulls first' for name in _ORDER_COLUMNS[table])
    sql = f"""
select {_columns_sql(table)}, is_new, file,
  row_number() over (partition by {identity_sql} order by {order_sql}, has_adopted_id, is_new, file) as duplicate_rank
from (
  select *, true as is_new, '' as file from batch_rows
  union all by name
  select *, false as is_new from lake_rows
)
where {_fingerprint_sql(table, with_ids=True)} in (select fingerprint from duplicate_fingerprints)"""
    columns = LAKE_COLUMNS[table] | {"is_new": "boolean", "file": "string", "duplicate_rank": "bigint"}
    return Step(
        name="ranked_duplicates", sql=sql, columns=columns, reads=("batch_rows", "lake_rows", "duplicate_fingerprints")
    )


def distinct_new_rows_step(table: str) -> Step:
    """
    Return the step `distinct_new_rows`: distinct batch rows with a duplicate fingerprint that the lake does not have.

    For records whose identity is all of their columns; `ranked_duplicates` is for the others.
    """
    where_sql = f"where {_fingerprint_sql(table, with_ids=False)} in (select fingerprint from duplicate_fingerprints)"
    columns_sql = _columns_sql(table)
    # An interaction without an id is in the lake if an equal one with an id is.
    compared_sql = columns_sql.replace('"interaction"', "cast(null as bigint) as interaction")
    sql = f"select {columns_sql} from batch_rows {where_sql}\nexcept\nselect {compared_sql} from lake_rows {where_sql}"
    return Step(
        name="distinct_new_rows",
        sql=sql,
        columns=dict(LAKE_COLUMNS[table]),
        reads=("batch_rows", "lake_rows", "duplicate_fingerprints"),
    )


def new_rows_step(table: str, *, with_ids: bool) -> Step:
    """Return the step `deduplicated_rows`: the rows of `batch_rows` to add to the lake."""
    columns_sql, fingerprint_sql = _columns_sql(table), _fingerprint_sql(table, with_ids=with_ids)
    distinct_sql = "ranked_duplicates where is_new and duplicate_rank = 1" if with_ids else "distinct_new_rows"
    sql = f"""
select {columns_sql} from batch_rows where {fingerprint_sql} not in (select fingerprint from duplicate_fingerprints)
union all
select {columns_sql} from {distinct_sql}"""
    return Step(
        name="deduplicated_rows",
        sql=sql,
        columns=dict(LAKE_COLUMNS[table]),
        reads=("batch_rows", distinct_sql.split(maxsplit=1)[0], "duplicate_fingerprints"),
        stored=False,
    )


def has_duplicates_sql(*, with_ids: bool) -> str:
    """Return SQL for a row if the batch has duplicates, or records that the lake has."""
    if with_ids:
        return "select 1 from ranked_duplicates where duplicate_rank > 1 limit 1"
    batch_count_sql = "select sum(batch_count) from duplicate_fingerprints"
    return f"select 1 where ({batch_count_sql}) > (select count(*) from distinct_new_rows)"


def superseded_files_sql() -> str:
    """Return SQL for the lake's files with rows that an earlier record of the batch supersedes."""
    return "select distinct file from ranked_duplicates where not is_new and duplicate_rank > 1 order by file"


def remaining_rows_step(table: str, files: Sequence[str]) -> Step:
    """
    Return the step `remaining_rows`: the rows of superseded files that are still valid.

    These files may also contain the row to keep of duplicates that a stream wrote.
    """
    files_sql = ", ".join(quote_literal(file) for file in files)
    sql = f"""
select {_columns_sql(table)} from lake_rows
where file in ({files_sql})
  and {_fingerprint_sql(table, with_ids=True)} not in (select fingerprint from duplicate_fingerprints)
union all
select {_columns_sql(table)} from ranked_duplicates
where file in ({files_sql}) and not is_new and duplicate_rank = 1"""
    return Step(
        name="remaining_rows",
        sql=sql,
        columns=dict(LAKE_COLUMNS[table]),
        reads=("lake_rows", "ranked_duplicates", "duplicate_fingerprints"),
        stored=False,
    )


def merged_rows_step(table: str) -> Step:
    """Return the step `merged_rows`: the rows of `small_file_rows`; distinct rows for directories."""
    distinct_sql = "" if "day_no" in LAKE_COLUMNS[table] else "distinct "
    return Step(
        name="merged_rows",
        sql=f"select {distinct_sql}{_columns_sql(table)} from small_file_rows",
        columns=dict(LAKE_COLUMNS[table]),
        reads=("small_file_rows",),
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
