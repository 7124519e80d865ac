"""Who is meant: a person's name, network:handle or network:id."""

from dataclasses import dataclass

from renown.engines import Engine
from renown.errors import UnknownWho
from renown.lake import Lake
from renown.records import KEPT
from renown.store import People


@dataclass(frozen=True)
class Who:
    """Somebody with a score of their own."""

    key: int
    """What scores call them: below zero a claimed person, else an account."""
    name: str


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
        return Who(person.key, person.name)
    for table in ("accounts", "handles"):
        engine.scan(table, lake.files(table, network=network), KEPT[table])
    text = "'" + account.replace("'", "''") + "'"
    found = engine.rows(f"""
        select a.account, a.account_id from accounts a
        where a.account_id = {text}
        union all
        select a.account, a.account_id from handles h join accounts a on a.account = h.account
        where h.handle = {text}
        order by account_id limit 1""")
    if not found:
        msg = f"no account {account!r} is known on {network!r}; is the network's name right, was its data imported?"
        raise UnknownWho(msg)
    key, account_id = found[0]
    owner = people.by_account(network, account_id)
    return Who(owner.key, owner.name) if owner else Who(key, f"{network}:{account_id}")
