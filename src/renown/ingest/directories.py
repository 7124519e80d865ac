"""
Directories: names and aliases of accounts, titles, addresses and tags of posts, and what is observed of each account.

They describe accounts and posts. A row is added only if it tells something new.
"""

from renown.engines.duckdb import DuckDB
from renown.ingest import account_keys
from renown.ingest.batch import Records, load_batch, stage_account_keys
from renown.ingest.opt_outs import drop_opted_out
from renown.lake import Lake
from renown.records import LAKE_COLUMNS, MAX_ID_BYTES
from renown.steps import Step, quote_literal

DIRECTORY_TABLES = ("names", "aliases", "posts", "account_coverage")
"""Tables of a batch that are directories."""
MAX_TITLE_LENGTH = 200
"""Maximum characters of a title."""


def import_directory(engine: DuckDB, lake: Lake, records: Records, *, table: str, network: str) -> None:
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
        for directory, new_files in files.items():
            if new_files:
                lake.commit(directory, new_files, batch=batch)


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
    """Return the step `new_directory_rows`: titles, URLs and tags unlike the latest known of their post."""
    sql = f"""
select {quote_literal(network)} as network, n.account, n.post, n.title, n.url, n.tags, n.seen
from (
  select {_account_sql(network)} as account, b.post_id as post,
    arg_max({_title_sql()}, (b."at", b.title, b.url)) as title,
    arg_max(case when length(b.url) <= {MAX_ID_BYTES} then b.url end, (b."at", b.title, b.url)) as url,
    arg_max(b.tags, (b."at", b.tags)) as tags,
    max(b."at") as seen
  from batch b left join rehashed_keys x on x.account_id = b.account_id
  group by 1, 2
) n
left join (
  select account, post, arg_max(title, (seen, title, url)) as title, arg_max(url, (seen, title, url)) as url,
    arg_max(tags, (seen, tags)) as tags
  from directory_rows group by account, post
) l on l.account = n.account and l.post = n.post
where l.post is null or coalesce(n.title, l.title) is distinct from l.title
  or coalesce(n.url, l.url) is distinct from l.url or coalesce(n.tags, l.tags) is distinct from l.tags"""
    return Step(
        name="new_directory_rows",
        sql=sql,
        columns=dict(LAKE_COLUMNS["posts"]),
        reads=("batch", "rehashed_keys", "directory_rows"),
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
    return f"left(trim(regexp_replace(b.title, '[[:cntrl:][:space:]]+', ' ', 'g')), {MAX_TITLE_LENGTH})"
