"""
Directories: names and aliases of accounts, titles, addresses and tags of posts, and what is observed of each account.

They describe accounts and posts. A row is added only if it tells something new.
"""

from renown.engines.duckdb import DuckDB
from renown.ingest import account_keys
from renown.ingest.batch import ImportResult
from renown.ingest.batch_records import Records, load_batch
from renown.ingest.new_accounts import stage_account_keys
from renown.ingest.opt_outs import drop_opted_out
from renown.lake import Lake
from renown.records import LAKE_COLUMNS, MAX_ID_BYTES
from renown.steps import Step, quote_literal

DIRECTORY_TABLES = ("names", "aliases", "posts", "account_coverage")
"""Tables of a batch that are directories."""
MAX_TITLE_LENGTH = 200
"""Maximum characters of a title."""
_POST_DETAILS = ("title", "url", "tags")
_POST_ORDER = "(seen, title, url, tags)"
"""Order of the rows of a post, in SQL: the last one that has a detail counts, as where they are read."""


def import_directory(engine: DuckDB, lake: Lake, records: Records, *, table: str, network: str) -> ImportResult:
    """
    Import records of a directory into the lake, without those of opted-out accounts (idempotent).

    Parameters
    ----------
    engine : DuckDB
    lake : Lake
    records : Records
    table : str
        One of `DIRECTORY_TABLES`.
    network : str

    Returns
    -------
    ImportResult
    """
    with lake.write_batch() as batch:
        load_batch(engine, records, table)
        drop_opted_out(engine, lake.load_opt_outs(), table, network)
        files = stage_account_keys(engine, lake, batch, table, network)
        if table in LAKE_COLUMNS:
            engine.scan("directory_rows", lake.files(table, network=network), LAKE_COLUMNS[table])
            engine.run(_NEW_ROWS_STEPS[table](network))
            files[table] = engine.write_partitioned(
                "new_directory_rows", batch.folder / table, partition_by=["network"], prefix="n"
            )
        [(records_count,)] = engine.query("select count(*) from batch")
        for directory, new_files in files.items():
            if new_files:
                lake.commit(directory, new_files, batch=batch)
    return ImportResult(
        table=table,
        records=records_count,
        new=sum(file.rows for file in files.get(table, files["handles"])),
        accounts=sum(file.rows for file in files["accounts"]),
        days=0,
    )


def new_aliases_step(network: str) -> Step:
    """Return the step `new_directory_rows`: aliases with their account, later than the known ones."""
    keys = [account_keys.hashed_key_sql(network, f"b.{column}") for column in ("alias_id", "account_id")]
    sql = f"""
select {quote_literal(network)} as network, n.alias, n.account, n.seen
from (
  select alias, arg_max(account, (seen, account)) as account, max(seen) as seen
  from (
    select coalesce(x.account, {keys[0]}) as alias, coalesce(y.account, {keys[1]}) as account, b."at" as seen
    from batch b
    left join rehashed_keys x on x.account_id = b.alias_id
    left join rehashed_keys y on y.account_id = b.account_id
  ) b
  group by alias
) n
left join (
  select alias, arg_max(account, (seen, account)) as account, max(seen) as seen from directory_rows group by alias
) l on l.alias = n.alias
where l.alias is null or (n.seen, n.account) > (l.seen, l.account)"""
    columns = dict(LAKE_COLUMNS["aliases"])
    return Step(name="new_directory_rows", sql=sql, columns=columns, reads=("batch", "rehashed_keys", "directory_rows"))


def new_posts_step(network: str) -> Step:
    """
    Return the step `new_directory_rows`: rows with a title, URL or tags that count from now on.

    Of each post the latest title, URL and tags count, each by itself, as a row may lack some.
    """
    sql = f"""
with described as (
  select {_account_sql(network)} as account, b.post_id as post, {_title_sql()} as title,
    case when length(b.url) <= {MAX_ID_BYTES} then b.url end as url, b.tags, b."at" as seen, true as fresh
  from batch b left join rehashed_keys x on x.account_id = b.account_id
), known as (
  select account, post, title, url, tags, seen, false as fresh
  from directory_rows p where exists (select 1 from described d where d.account = p.account and d.post = p.post)
), latest as (
  select account, post, {", ".join(map(_latest_detail_sql, _POST_DETAILS))}
  from (select * from described union all select * from known) group by account, post
)
select distinct {quote_literal(network)} as network, d.account, d.post, d.title, d.url, d.tags, d.seen
from described d join latest l on l.account = d.account and l.post = d.post
where {" or ".join(map(_is_new_detail_sql, _POST_DETAILS))}"""
    return Step(
        name="new_directory_rows",
        sql=sql,
        columns=dict(LAKE_COLUMNS["posts"]),
        reads=("batch", "rehashed_keys", "directory_rows"),
    )


def count_ambiguous_posts(engine: DuckDB) -> int:
    """Count the posts of `batch` that have several titles, URLs or lists of tags at one instant."""
    has_several = " or ".join(f"min({detail}) <> max({detail})" for detail in _POST_DETAILS)
    [(count,)] = engine.query(
        "select count(distinct (account_id, post_id)) from ("
        f'select account_id, post_id from batch group by account_id, post_id, "at" having {has_several}) posts'
    )
    return int(count)


def _latest_detail_sql(detail: str) -> str:
    """Return SQL for the known value of a detail, and the row that has its latest value."""
    is_told = f"{detail} is not null"
    return (
        f"arg_max({detail}, {_POST_ORDER}) filter (where {is_told} and not fresh) as known_{detail}, "
        f"max({_POST_ORDER}) filter (where {is_told}) as latest_{detail}"
    )


def _is_new_detail_sql(detail: str) -> str:
    """Return SQL that tells whether a row of `described` has the latest value of a detail, which was not known."""
    row = "(d.seen, d.title, d.url, d.tags)"
    return (
        f"(d.{detail} is not null and d.{detail} is distinct from l.known_{detail} "
        f"and {row} is not distinct from l.latest_{detail})"
    )


def new_coverage_step(network: str) -> Step:
    """Return the step `new_directory_rows`: verbs not observed of an account yet, or from later on."""
    sql = f"""
select {quote_literal(network)} as network, n.account, n.verb, n.since
from (
  select {_account_sql(network)} as account, b.verb, min(b."at") as since
  from batch b left join rehashed_keys x on x.account_id = b.account_id
  group by 1, 2
) n
left join (select account, verb, min(since) as since from directory_rows group by account, verb) l
  on l.account = n.account and l.verb = n.verb
where l.since is null or n.since < l.since"""
    columns = dict(LAKE_COLUMNS["account_coverage"])
    return Step(name="new_directory_rows", sql=sql, columns=columns, reads=("batch", "rehashed_keys", "directory_rows"))


_NEW_ROWS_STEPS = {"aliases": new_aliases_step, "posts": new_posts_step, "account_coverage": new_coverage_step}


def _account_sql(network: str) -> str:
    return f"coalesce(x.account, {account_keys.hashed_key_sql(network, 'b.account_id')})"


def _title_sql() -> str:
    """Return SQL for a title in one line without control characters: it is text from elsewhere."""
    line = "trim(regexp_replace(b.title, '[[:cntrl:][:space:]]+', ' ', 'g'))"
    return f"left(nullif({line}, ''), {MAX_TITLE_LENGTH})"
