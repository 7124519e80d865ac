"""Who is meant: a person's name, network:handle or network:id; and what an account is called."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown.engines import Engine
from renown.errors import UnknownWho
from renown.lake import Lake
from renown.records import KEPT
from renown.steps import literal
from renown.store import People, Person


@dataclass(frozen=True)
class Who:
    """Somebody with a score of their own."""

    key: int
    """What scores call them: below zero a claimed person, else an account."""
    name: str
    accounts: tuple[tuple[str, int], ...]
    """(network, account) of every account of theirs that was ever named."""


def who(asked: str, engine: Engine, lake: Lake, people: People) -> Who:
    """
    Find who is meant by what somebody typed.

    Raises
    ------
    UnknownWho
        If no person has that name and no account that handle or id.
    """
    network, colon, account = asked.partition(":")
    if not colon:
        person = people.by_name(asked)
        if person is None:
            msg = f"nobody goes by {asked!r}; write a person's name, network:handle or network:id"
            raise UnknownWho(msg)
        return claimed(person, engine, lake)
    _directories(engine, lake, network)
    text = literal(account)
    found = engine.rows(f"""
        select account, account_id from (
          select a.account, a.account_id, cast(0 as bigint) as seen, 0 as place from accounts a
          where a.account_id = {text}
          union all
          select a.account, a.account_id, h.seen, 1 from handles h join accounts a on a.account = h.account
          where h.handle = {text}
        ) found
        order by place, seen desc, account_id limit 1""")
    if not found and (owner := people.by_account(network, account)):
        return claimed(owner, engine, lake)
    if not found:
        msg = f"no account {account!r} is known on {network!r}; is the network's name right, was its data imported?"
        raise UnknownWho(msg)
    key, account_id = found[0]
    owner = people.by_account(network, account_id)
    if owner:
        return claimed(owner, engine, lake)
    return Who(key, names(engine, lake, [(network, key)])[key], ((network, key),))


def alone(network: str, account_id: str, engine: Engine, lake: Lake) -> Who | None:
    """Return an account by its id, whoever claimed it; None where the lake has none."""
    _directories(engine, lake, network)
    found = engine.rows(f"select account from accounts where account_id = {literal(account_id)}")
    return Who(found[0][0], f"{network}:{account_id}", ((network, found[0][0]),)) if found else None


def account_ids(asked: Who, engine: Engine, lake: Lake, people: People) -> dict[tuple[str, str], int | None]:
    """Return the (network, account_id) of all accounts of somebody, with their keys; None where the lake has none."""
    person = people.by_name(asked.name) if asked.key < 0 else None
    found: dict[tuple[str, str], int | None] = dict.fromkeys(person.accounts if person else ())
    for network, account in asked.accounts:
        _directories(engine, lake, network)
        rows = engine.rows(f"select account_id from accounts where account = {account}")
        found |= {(network, row[0]): account for row in rows}
    return found


def claimed(person: Person, engine: Engine, lake: Lake) -> Who:
    """Return a person with the accounts of theirs that were ever named."""
    found: list[tuple[str, int]] = []
    for network, account_id in person.accounts:
        _directories(engine, lake, network)
        rows = engine.rows(f"select account from accounts where account_id = {literal(account_id)}")
        found += [(network, row[0]) for row in rows]
    return Who(person.key, person.name, tuple(found))


def names(engine: Engine, lake: Lake, accounts: Iterable[tuple[str, int]]) -> dict[int, str]:
    """Return what (network, account) are called: by their latest handle, else by their id."""
    called: dict[int, str] = {}
    by_network: dict[str, set[int]] = {}
    for network, account in accounts:
        by_network.setdefault(network, set()).add(account)
    for network, keys in by_network.items():
        _directories(engine, lake, network)
        listed = ", ".join(map(str, sorted(keys)))
        found: dict[int, str] = dict(
            engine.rows(f"select account, account_id from accounts where account in ({listed})")
        )
        found |= dict(
            engine.rows(f"select account, handle from handles where account in ({listed}) order by seen, handle")
        )
        called |= {key: f"{network}:{found.get(key, key)}" for key in keys}
    return called


def handles(engine: Engine, lake: Lake, accounts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the latest handle of each (network, account_id) that is known to have one."""
    found: dict[tuple[str, str], str] = {}
    by_network: dict[str, list[str]] = {}
    for network, account_id in accounts:
        by_network.setdefault(network, []).append(account_id)
    for network, ids in by_network.items():
        _directories(engine, lake, network)
        listed = ", ".join(map(literal, ids))
        rows = engine.rows(f"""
            select a.account_id, h.handle from accounts a join handles h on h.account = a.account
            where a.account_id in ({listed}) order by h.seen, h.handle""")
        found |= {(network, account_id): handle for account_id, handle in rows}
    return found


def _directories(engine: Engine, lake: Lake, network: str) -> None:
    for table in ("accounts", "handles"):
        engine.scan(table, lake.files(table, network=network), KEPT[table])
