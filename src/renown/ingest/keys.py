"""Keys: a 64-bit number for every account, given when it is first named."""

from renown.records import KEPT
from renown.steps import Step, literal

ACCOUNT_COLUMNS = {
    "interactions": ("actor_id", "target_id"),
    "tallies": ("account_id",),
    "profiles": ("account_id",),
    "undone": (),
}
"""The columns of a batch that name accounts."""


def first_key(network: str, account_id: str) -> str:
    """
    Return SQL for the key that an account gets unless it has one or that one is taken.

    A hash, so that no counter orders imports. The directory of accounts, not the
    hash, is what says which key an account has: another release of DuckDB may
    hash otherwise.
    """
    return f"cast(hash({literal(network)}, {account_id}) >> 1 as bigint)"


def interaction_key(network: str, interaction_id: str) -> str:
    """Return SQL for the key of an act's id; there is no directory of acts, so the hash must never change: MD5."""
    text = f"{literal(network + ' ')} || {interaction_id}"
    return f"case when {interaction_id} is not null then cast(md5_number_lower({text}) >> 1 as bigint) end"


def named(table: str) -> Step:
    """Return the step `named`: every account a batch names, once, with its youngest handle."""
    columns = {"account_id": "string", "handle": "string", "seen": "bigint"}
    if table == "profiles":
        sql = (
            'select account_id, arg_max(handle, ("at", handle)) filter (where handle is not null) as handle,\n'
            '  coalesce(max("at") filter (where handle is not null), 0) as seen\n'
            "from batch group by account_id"
        )
    else:
        each = "\nunion\n".join(f"select {column} as account_id from batch" for column in ACCOUNT_COLUMNS[table])
        sql = f"select account_id, cast(null as varchar) as handle, cast(0 as bigint) as seen\nfrom ({each}) ids"
    return Step("named", sql, columns, ("batch",), stored=False)


def keys(network: str) -> Step:
    """Return the step `keys`: the key of every account of `named`, and whether the directory lacks it."""
    sql = f"""
select n.account_id, coalesce(d.account, {first_key(network, "n.account_id")}) as account,
  n.handle, n.seen, d.account is null as fresh
from named n
left join accounts d on d.account_id = n.account_id"""
    columns = {"account_id": "string", "account": "bigint", "handle": "string", "seen": "bigint", "fresh": "boolean"}
    return Step("keys", sql, columns, ("named", "accounts"))


def taken() -> str:
    """Return SQL for the fresh accounts whose key is another account's, in the order in which they are to move on."""
    return """
select k.account_id, k.account
from keys k
left join accounts d on d.account = k.account
left join (
  select account, min(account_id) filter (where fresh) as first, bool_or(not fresh) as known
  from keys group by account having count(*) > 1
) o on o.account = k.account
where k.fresh and (d.account is not null or o.known or o.first < k.account_id)
order by k.account_id"""


def exceptions(network: str) -> Step:
    """Return the step `exceptions`: the accounts of the batch whose key is not their hash; nearly always none."""
    sql = f"select account_id, account from keys where account <> {first_key(network, 'account_id')}"
    return Step("exceptions", sql, {"account_id": "string", "account": "bigint"}, ("keys",))


def new_accounts(network: str) -> Step:
    """Return the step `new_accounts`: the rows that the directory lacks."""
    sql = f"select {literal(network)} as network, account, account_id from keys where fresh"
    return Step("new_accounts", sql, dict(KEPT["accounts"]), ("keys",), stored=False)


def new_handles(network: str) -> Step:
    """Return the step `new_handles`: handles that an account was not known to have at that time or later."""
    sql = f"""
select {literal(network)} as network, k.account, k.handle, k.seen
from keys k
where k.handle is not null and not exists (
  select 1 from handles h where h.account = k.account and (h.seen > k.seen or h.handle = k.handle)
)"""
    return Step("new_handles", sql, dict(KEPT["handles"]), ("keys", "handles"), stored=False)
