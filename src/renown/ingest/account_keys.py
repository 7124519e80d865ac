"""
Account keys: a 64-bit number for every account, assigned when it first occurs.

They replace the ids when a batch is converted to the lake's columns; day and second replace instants.
"""

from renown.records import ACCOUNT_ID_COLUMNS, LAKE_COLUMNS
from renown.steps import Step, quote_literal

NAME_TABLES = ("profiles", "names")
"""Tables of a batch with handles."""

_TIME_SQL = {"day_no": 'cast(b."at" // 86400 as integer)', "second": 'cast(b."at" % 86400 as integer)'}
_COLUMN_SQL = {
    "post": "post_id",
    "created_day": "cast(created_at // 86400 as integer)",
    "self_reported": "nullif(self_reported, false)",
    "unverified": "nullif(unverified, false)",
}


def hashed_key_sql(network: str, account_id: str) -> str:
    """
    Return SQL for the default key of a new account: the hash of its network and id.

    A hash needs no counter shared by imports. Existing keys are always looked up in the
    directory of accounts, as another release of DuckDB may hash differently.
    """
    return f"cast(hash({quote_literal(network)}, {account_id}) >> 1 as bigint)"


def interaction_key_sql(network: str, interaction_id: str) -> str:
    """Return SQL for the key of an interaction: MD5, since without a directory the hash must never change."""
    text = f"{quote_literal(network + ' ')} || {interaction_id}"
    return f"case when {interaction_id} is not null then cast(md5_number_lower({text}) >> 1 as bigint) end"


def batch_accounts_step(table: str, *, ids: Step | None = None) -> Step:
    """
    Return the step `batch_accounts`: every account of a batch, once, with its latest handle.

    Parameters
    ----------
    table : str
    ids : Step, optional
        Has the account ids of the batch in a column `account_id`; without it they are read from the batch.
    """
    if table in NAME_TABLES:
        sql = (
            'select account_id, arg_max(handle, ("at", handle)) filter (where handle is not null) as handle,\n'
            '  coalesce(max("at") filter (where handle is not null), 0) as seen\n'
            "from batch group by account_id"
        )
    else:
        ids_sql = "\nunion all\n".join(
            f"select {column} as account_id from batch" for column in ACCOUNT_ID_COLUMNS[table]
        )
        sql = (
            "select distinct account_id, cast(null as varchar) as handle, cast(0 as bigint) as seen\n"
            f"from {ids.name if ids else f'({ids_sql}) ids'}"
        )
    columns = {"account_id": "string", "handle": "string", "seen": "bigint"}
    return Step(name="batch_accounts", sql=sql, columns=columns, reads=(ids.name if ids else "batch",), stored=False)


def account_keys_step(network: str) -> Step:
    """Return the step `account_keys`: the key of every account of `batch_accounts`, and whether it is new."""
    sql = f"""
select n.account_id, coalesce(d.account, {hashed_key_sql(network, "n.account_id")}) as account,
  n.handle, n.seen, d.account is null as is_new
from batch_accounts n
left join accounts d on d.account_id = n.account_id"""
    columns = {"account_id": "string", "account": "bigint", "handle": "string", "seen": "bigint", "is_new": "boolean"}
    return Step(name="account_keys", sql=sql, columns=columns, reads=("batch_accounts", "accounts"))


def key_collisions_sql() -> str:
    """Return SQL for the new accounts whose key collides with another account's, in the order to rehash them."""
    return """
select k.account_id, k.account
from account_keys k
left join accounts d on d.account = k.account
left join (
  select account, min(account_id) filter (where is_new) as first_id, bool_or(not is_new) as has_known
  from account_keys group by account having count(*) > 1
) o on o.account = k.account
where k.is_new and (d.account is not null or o.has_known or o.first_id < k.account_id)
order by k.account_id"""


def batch_rehashed_keys_step(network: str) -> Step:
    """Return the step `rehashed_keys`: accounts of the batch whose key is not their hash (rehashed); usually none."""
    sql = f"select account_id, account from account_keys where account <> {hashed_key_sql(network, 'account_id')}"
    return Step(
        name="rehashed_keys", sql=sql, columns={"account_id": "string", "account": "bigint"}, reads=("account_keys",)
    )


def new_accounts_step(network: str) -> Step:
    """Return the step `new_accounts`: the rows to add to the directory of accounts."""
    sql = f"select {quote_literal(network)} as network, account, account_id from account_keys where is_new"
    return Step(
        name="new_accounts", sql=sql, columns=dict(LAKE_COLUMNS["accounts"]), reads=("account_keys",), stored=False
    )


def new_handles_step(network: str) -> Step:
    """
    Return the step `new_handles`: handles that the directory lacks for an account, or that it took on again.

    Earlier handles of the same batch are kept, too, so that people find an account by the name that they remember.
    """
    sql = f"""
select {quote_literal(network)} as network, n.account, n.handle, n.seen
from (
  select k.account, b.handle, max(b."at") as seen
  from batch b
  join account_keys k on k.account_id = b.account_id
  where b.handle is not null
  group by k.account, b.handle
) n
left join (
  select account, max(seen) as seen, arg_max(handle, (seen, handle)) as handle from handles group by account
) l on l.account = n.account
where (n.handle <> l.handle and n.seen > l.seen)
  or not exists (select 1 from handles h where h.account = n.account and h.handle = n.handle)"""
    return Step(
        name="new_handles",
        sql=sql,
        columns=dict(LAKE_COLUMNS["handles"]),
        reads=("batch", "account_keys", "handles"),
        stored=False,
    )


def known_keys_step() -> Step:
    """
    Return the step `known_keys`: all keys in the directory, each with a second hash of its account id.

    A cache of sixteen bytes per account, kept while a network is streamed, so that a batch does
    not need to read the directory, however large it is.
    """
    sql = f"select account, {_check_hash_sql('account_id')} as check_hash from accounts"
    return Step(name="known_keys", sql=sql, columns={"account": "bigint", "check_hash": "bigint"}, reads=("accounts",))


def add_known_keys_sql() -> str:
    """Return SQL that adds the accounts in `accounts` to `known_keys`."""
    return f"insert into known_keys select account, {_check_hash_sql('account_id')} from accounts"


def rehashed_keys_step(network: str) -> Step:
    """Return the step `rehashed_keys`: accounts of the directory whose key is not their hash; usually none."""
    sql = f"select account_id, account from accounts where account <> {hashed_key_sql(network, 'account_id')}"
    return Step(
        name="rehashed_keys", sql=sql, columns={"account_id": "string", "account": "bigint"}, reads=("accounts",)
    )


def add_rehashed_keys_sql(network: str) -> str:
    """Return SQL that adds the rehashed keys in `accounts` to `rehashed_keys`."""
    return f"insert into rehashed_keys {rehashed_keys_step(network).sql}"


def unknown_accounts_step(network: str) -> Step:
    """Return the step `unknown_accounts`: accounts that are not in `known_keys`, and whether their key collides."""
    sql = f"""
select n.account_id, n.account, k.account is not null or count(*) over (partition by n.account) > 1 as has_collision
from (
  select account_id, {hashed_key_sql(network, "account_id")} as account, {_check_hash_sql("account_id")} as check_hash
  from batch_accounts anti join rehashed_keys using (account_id)
) n
left join known_keys k on k.account = n.account
where k.check_hash is distinct from n.check_hash"""
    columns = {"account_id": "string", "account": "bigint", "has_collision": "boolean"}
    return Step(
        name="unknown_accounts", sql=sql, columns=columns, reads=("batch_accounts", "known_keys", "rehashed_keys")
    )


def has_hash_collision_sql() -> str:
    """Return SQL for a row if two ids have the same hash; `account_keys_step` then assigns the keys instead."""
    return "select 1 from unknown_accounts where has_collision limit 1"


def new_stream_accounts_step(network: str) -> Step:
    """Return the step `new_accounts` of a stream: the rows to add to the directory, from `unknown_accounts`."""
    sql = f"select {quote_literal(network)} as network, account, account_id from unknown_accounts"
    return Step(
        name="new_accounts", sql=sql, columns=dict(LAKE_COLUMNS["accounts"]), reads=("unknown_accounts",), stored=False
    )


def new_stream_handles_step(network: str) -> Step:
    """
    Return the step `new_handles` of a stream: the handles in `batch_accounts` that `handles` lacks.

    Where nothing is replayed, `handles` is empty: a handle that is known already adds a harmless duplicate.
    """
    key_sql = f"coalesce(x.account, {hashed_key_sql(network, 'n.account_id')})"
    sql = f"""
select {quote_literal(network)} as network, {key_sql} as account, n.handle, n.seen
from batch_accounts n
left join rehashed_keys x on x.account_id = n.account_id
where n.handle is not null and not exists (
  select 1 from handles h where h.account = {key_sql} and h.handle = n.handle and h.seen = n.seen
)"""
    return Step(
        name="new_handles",
        sql=sql,
        columns=dict(LAKE_COLUMNS["handles"]),
        reads=("batch_accounts", "rehashed_keys", "handles"),
        stored=False,
    )


def keyed_batch_step(table: str, network: str, *, has_rehashed_keys: bool) -> Step:
    """
    Return the step `keyed_batch`: the batch in the lake's columns.

    Parameters
    ----------
    table : str
        A table of `records.BATCH_COLUMNS`.
    network : str
    has_rehashed_keys : bool
        Whether the step `rehashed_keys` has rows; if not, a join is saved.
    """
    expressions = {"network": quote_literal(network), **_TIME_SQL, **_COLUMN_SQL}
    if table in {"interactions", "undone"}:
        expressions["interaction"] = interaction_key_sql(network, "interaction_id")
    columns = {name: expressions.get(name, name) for name in LAKE_COLUMNS[table]}
    joins = []
    for index, column in enumerate(ACCOUNT_ID_COLUMNS[table]):
        key = column.removesuffix("_id")
        columns[key] = hashed_key_sql(network, f"b.{column}")
        if has_rehashed_keys:
            columns[key] = f"coalesce(x{index}.account, {columns[key]})"
            joins.append(f"left join rehashed_keys x{index} on x{index}.account_id = b.{column}")
    select = ",\n  ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    sql = f"select\n  {select}\nfrom batch b\n" + "\n".join(joins)
    return Step(
        name="keyed_batch", sql=sql, columns=dict(LAKE_COLUMNS[table]), reads=("batch", "rehashed_keys"), stored=False
    )


def _check_hash_sql(account_id: str) -> str:
    """Return SQL for a second hash, independent of the one in `hashed_key_sql`."""
    return f"cast(md5_number_lower({account_id}) >> 1 as bigint)"
