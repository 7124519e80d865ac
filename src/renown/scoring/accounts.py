"""Resolve names, handles and ids to people and account keys, and look up the names of accounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from renown.engines.base import Engine, Row
from renown.errors import PersonNotFoundError
from renown.lake import Lake
from renown.records import LAKE_COLUMNS, VERBS
from renown.scoring.aliases import AliasKeys, load_alias_keys, scan_lake
from renown.scoring.suggestions import suggest_account, suggest_person
from renown.steps import Step, quote_literal
from renown.store import PeopleStore, Person

_CASELESS_NETWORKS = {
    *("bluesky", "discourse", "facebook", "farcaster", "github", "instagram", "lemmy", "linkedin"),
    *("mastodon", "misskey", "reddit", "threads", "tiktok", "x", "youtube"),
}
"""Networks where a handle names the same account in capitals and in small letters."""


@dataclass(frozen=True)
class Subject:
    """A claimed person, or an unclaimed account, that has a score."""

    key: int
    """Score key: negative for a claimed person, otherwise an account."""
    name: str
    accounts: tuple[tuple[str, int], ...]
    """(network, account key) of their accounts that the lake has data of."""
    current_name: str = field(default="", compare=False)
    """``network:handle`` of today, if they were looked up by a handle that the account has given up; else empty."""


def resolve_subject(text: str, engine: Engine, lake: Lake, people: PeopleStore, *, suggest: bool = True) -> Subject:
    """
    Resolve a person's name, ``network:handle`` or ``network:id`` to a subject.

    A handle is that of the account which had it last, in any case where the network ignores case. One that was given
    up and not taken by another account still finds its owner. The error suggests a similar name unless `suggest` is
    false, as for visitors, who may not learn of everybody here.

    Raises
    ------
    PersonNotFoundError
        If no person has that name, and no account that handle or id.
    """
    network, colon, account = text.partition(":")
    if account.startswith("//"):
        raise PersonNotFoundError(
            f"{text!r} is a link; write a person's name, network:handle or network:id, such as bluesky:ada.example"
        )
    if not colon:
        person = people.by_name_in_any_case(text)
        if person is None:
            suggestion = suggest_person(text, engine, lake, people) if suggest else ""
            raise PersonNotFoundError(
                f"there is no person {text!r}; write a person's name, network:handle or network:id{suggestion}"
            )
        return load_subject(person, engine, lake)
    aliases = _scan_directory(engine, lake, network)
    found = _find_account(engine, network, account)
    if found is None and (owner := people.by_account(network, account)):
        return load_subject(owner, engine, lake)
    if found is None:
        suggestion = suggest_account(network, account, engine, lake) if suggest else ""
        raise PersonNotFoundError(
            f"there is no account {account!r} on {network!r}; check the spelling, and whether its data was imported"
            f"{suggestion}"
        )
    key, account_id, by_handle = found
    name, ids = load_names(engine, lake, [(network, key)])[key], [account_id]
    is_current = not by_handle or fold_account(name) == fold_account(text)
    if key in aliases.values():
        ids += [row[0] for row in engine.query(f"select account_id from account_ids where account = {key}")]
    owner = next(filter(None, (people.by_account(network, other_id) for other_id in ids)), None)
    subject = load_subject(owner, engine, lake) if owner else Subject(key, name, ((network, key),))
    return subject if is_current else replace(subject, current_name=name)


def _find_account(engine: Engine, network: str, account: str) -> Row | None:
    """
    Find an account in the directory of a network: by its id, else its latest handle, else its id in another case.

    Returns
    -------
    tuple, optional
        Account key, id, and whether it was found by a handle; None if there is no such account.
    """
    handle_sql = quote_literal(_fold_name(network, account))
    rows = engine.query(f"""
        select account, account_id, by_handle from (
          select i.account, i.account_id, cast(0 as bigint) as seen, false as by_handle from account_ids i
          where i.account_id = {quote_literal(account)}
          union all
          select a.account, a.account_id, h.seen, true from handles h join accounts a on a.account = h.account
          where {_fold_sql(network, "h.handle")} = {handle_sql}
        ) found
        order by by_handle, seen desc, account_id limit 1""") or engine.query(f"""
        select account, account_id, false from account_ids
        where {_fold_sql(network, "account_id")} = {handle_sql} order by account_id limit 1""")
    return rows[0] if rows else None


def fold_account(account: str) -> str:
    """
    Return ``network:handle`` as its network compares it.

    Examples
    --------
    >>> fold_account("x:@Ada"), fold_account("hackernews:Ada")
    ('x:ada', 'hackernews:Ada')
    """
    network, _, name = account.partition(":")
    return f"{network}:{_fold_name(network, name)}"


def _fold_name(network: str, name: str) -> str:
    """Remove an @ before a name, unless it belongs to an id with a server; ignore case where the network does."""
    handle = name if ":" in name else name.removeprefix("@")
    return handle.lower() if network in _CASELESS_NETWORKS else handle


def _fold_sql(network: str, column: str) -> str:
    return f"lower({column})" if network in _CASELESS_NETWORKS else column


def find_account(network: str, account_id: str, engine: Engine, lake: Lake) -> Subject | None:
    """Find an account by its id, claimed or not; None if the lake does not have it."""
    _scan_directory(engine, lake, network)
    rows = engine.query(f"select account from account_ids where account_id = {quote_literal(account_id)}")
    return Subject(rows[0][0], f"{network}:{account_id}", ((network, rows[0][0]),)) if rows else None


def load_account_ids(
    subject: Subject, engine: Engine, lake: Lake, people: PeopleStore
) -> dict[tuple[str, str], int | None]:
    """
    Load the (network, account_id) of all accounts of a subject, and of their aliases, with the keys of their rows.

    A key is None if the lake has no data of the account.
    """
    person = people.by_name(subject.name) if subject.key < 0 else None
    keys_by_account: dict[tuple[str, str], int | None] = dict.fromkeys(person.accounts if person else ())
    for network, account in subject.accounts:
        _scan_directory(engine, lake, network)
        rows = engine.query(f"select account_id, stored_account from account_ids where account = {account}")
        keys_by_account |= {(network, account_id): key for account_id, key in rows}
    return keys_by_account


def load_subject(person: Person, engine: Engine, lake: Lake) -> Subject:
    """Load the account keys of a person; accounts without data in the lake are omitted."""
    return load_subjects([person], engine, lake)[0]


def load_subjects(people: Sequence[Person], engine: Engine, lake: Lake) -> list[Subject]:
    """Load the account keys of people, as `load_subject`, with one query for each network."""
    ids_by_network: dict[str, set[str]] = {}
    for network, account_id in (account for person in people for account in person.accounts):
        ids_by_network.setdefault(network, set()).add(account_id)
    keys: dict[tuple[str, str], int] = {}
    for network, ids in ids_by_network.items():
        _scan_directory(engine, lake, network)
        ids_sql = ", ".join(map(quote_literal, sorted(ids)))
        rows = engine.query(f"select account_id, account from account_ids where account_id in ({ids_sql})")
        keys |= {(network, account_id): account for account_id, account in rows}
    return [
        Subject(
            person.key,
            person.name,
            # An alias and its account have the same key.
            tuple(dict.fromkeys((account[0], keys[account]) for account in person.accounts if account in keys)),
        )
        for person in people
    ]


def load_names(engine: Engine, lake: Lake, accounts: Iterable[tuple[str, int]]) -> dict[int, str]:
    """Load the display names of (network, account key): ``network:handle`` with the latest handle, or the id."""
    names: dict[int, str] = {}
    by_network: dict[str, set[int]] = {}
    for network, account in accounts:
        by_network.setdefault(network, set()).add(account)
    aliases = load_alias_keys(engine, lake) if by_network else {}
    for network, keys in by_network.items():
        for table in ("accounts", "handles"):
            scan_lake(engine, table, lake.files(table, network=network), aliases)
        keys_sql = ", ".join(map(str, sorted(keys)))
        rows = engine.query(f"""
            select account, name from (
              select account, account_id as name, cast(0 as bigint) as seen, 0 as place from accounts
              where account in ({keys_sql})
              union all
              select account, handle, seen, 1 from handles where account in ({keys_sql})
            ) found
            order by place, seen, name""")
        names_by_key: dict[int, str] = dict(rows)
        names |= {key: f"{network}:{names_by_key.get(key, key)}" for key in keys}
    return names


def load_handles(engine: Engine, lake: Lake, accounts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Load the latest handle of each (network, account_id) that has one."""
    handles_by_account: dict[tuple[str, str], str] = {}
    by_network: dict[str, list[str]] = {}
    for network, account_id in accounts:
        by_network.setdefault(network, []).append(account_id)
    for network, ids in by_network.items():
        _scan_directory(engine, lake, network)
        ids_sql = ", ".join(map(quote_literal, ids))
        rows = engine.query(f"""
            select a.account_id, h.handle from account_ids a join handles h on h.account = a.account
            where a.account_id in ({ids_sql}) order by h.seen, h.handle""")
        handles_by_account |= {(network, account_id): handle for account_id, handle in rows}
    return handles_by_account


def load_account_coverage(
    engine: Engine, lake: Lake, accounts: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, datetime]]:
    """Load the verbs that are observed of each (network, account_id), with the UTC instant from which on they are."""
    verb_names = {number: verb for verb, number in VERBS.items()}
    ids_by_network: dict[str, list[str]] = {}
    for network, account_id in accounts:
        ids_by_network.setdefault(network, []).append(account_id)
    coverage: dict[tuple[str, str], dict[str, datetime]] = {}
    for network, ids in ids_by_network.items():
        _scan_directory(engine, lake, network, ("accounts", "account_coverage"))
        rows = engine.query(f"""
            select a.account_id, c.verb, min(c.since)
            from account_ids a join account_coverage c on c.account = a.account
            where a.account_id in ({", ".join(map(quote_literal, ids))}) group by a.account_id, c.verb""")
        for account_id, verb, since in rows:
            verbs = coverage.setdefault((network, account_id), {})
            verbs[verb_names[verb]] = datetime.fromtimestamp(since, UTC)
    return coverage


def _scan_directory(
    engine: Engine, lake: Lake, network: str, tables: Iterable[str] = ("accounts", "handles")
) -> AliasKeys:
    """Create views of directories and of all ids, `account_ids`, with the accounts of aliases; return these."""
    aliases = load_alias_keys(engine, lake)
    for table in tables:
        scan_lake(engine, table, lake.files(table, network=network), aliases)
    engine.scan("stored_accounts", lake.files("accounts", network=network), LAKE_COLUMNS["accounts"])
    alias_sql = ""
    if aliases:
        engine.create_table("alias_keys", sorted(aliases.items()), {"alias": "bigint", "account": "bigint"})
        alias_sql = "left join alias_keys k on k.alias = s.account"
    account_sql = "coalesce(k.account, s.account)" if aliases else "s.account"
    columns = {"account_id": "string", "account": "bigint", "stored_account": "bigint"}
    sql = (
        f"select s.account_id, {account_sql} as account, s.account as stored_account from stored_accounts s {alias_sql}"
    )
    engine.run(Step(name="account_ids", sql=sql, columns=columns, stored=False))
    return aliases
