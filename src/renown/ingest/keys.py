"""Keys: a 64-bit number for every account, given when it is first named."""

from renown.records import KEPT
from renown.steps import Step, literal

ACCOUNT_COLUMNS = {
    "interactions": ("actor_id", "target_id"),
    "tallies": ("account_id",),
    "profiles": ("account_id",),
    "undone": (),
    "presence": ("account_id",),
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
        each = "\nunion all\n".join(f"select {column} as account_id from batch" for column in ACCOUNT_COLUMNS[table])
        sql = (
            f"select distinct account_id, cast(null as varchar) as handle, cast(0 as bigint) as seen\nfrom ({each}) ids"
        )
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


def known() -> Step:
    """
    Return the step `known`: the keys that the directory gave, and a second hash of whose each is.

    Sixteen bytes an account, kept while a network is followed: a batch then looks
    there instead of reading the directory, however large that has grown.
    """
    sql = f"select account, {_mark('account_id')} as mark from accounts"
    return Step("known", sql, {"account": "bigint", "mark": "bigint"}, ("accounts",))


def learned() -> str:
    """Return SQL that adds what `accounts` holds to `known`."""
    return f"insert into known select account, {_mark('account_id')} from accounts"


def odd(network: str) -> Step:
    """Return the step `exceptions`: the accounts of the directory whose key is not their hash; nearly always none."""
    sql = f"select account_id, account from accounts where account <> {first_key(network, 'account_id')}"
    return Step("exceptions", sql, {"account_id": "string", "account": "bigint"}, ("accounts",))


def more_odd(network: str) -> str:
    """Return SQL that adds those of `accounts` to `exceptions`."""
    return f"insert into exceptions {odd(network).sql}"


def strangers(network: str) -> Step:
    """Return the step `strangers`: accounts of `named` that are not known, and whether their key is another's."""
    sql = f"""
select n.account_id, n.account, k.account is not null or count(*) over (partition by n.account) > 1 as clash
from (
  select account_id, {first_key(network, "account_id")} as account, {_mark("account_id")} as mark
  from named anti join exceptions using (account_id)
) n
left join known k on k.account = n.account
where k.mark is distinct from n.mark"""
    columns = {"account_id": "string", "account": "bigint", "clash": "boolean"}
    return Step("strangers", sql, columns, ("named", "known", "exceptions"))


def clashes() -> str:
    """Return SQL for a row where two ids want one key; `keys` and `taken` then settle it."""
    return "select 1 from strangers where clash limit 1"


def met(network: str) -> Step:
    """Return the step `new_accounts`: the rows that the directory lacks, from `strangers`."""
    sql = f"select {literal(network)} as network, account, account_id from strangers"
    return Step("new_accounts", sql, dict(KEPT["accounts"]), ("strangers",), stored=False)


def heard_handles(network: str) -> Step:
    """Return the step `new_handles`: the handles in `named`, without a look at those known: a row more is no harm."""
    key = f"coalesce(x.account, {first_key(network, 'n.account_id')})"
    sql = f"""
select {literal(network)} as network, {key} as account, n.handle, n.seen
from named n
left join exceptions x on x.account_id = n.account_id
where n.handle is not null"""
    return Step("new_handles", sql, dict(KEPT["handles"]), ("named", "exceptions"), stored=False)


def _mark(account_id: str) -> str:
    """Return SQL for a second hash, which has nothing in common with that of `first_key`."""
    return f"cast(md5_number_lower({account_id}) >> 1 as bigint)"
