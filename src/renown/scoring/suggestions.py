"""Suggest people and accounts for names that are unknown: what somebody most likely meant."""

import re
from collections.abc import Collection

from renown.engines.base import Engine
from renown.lake import Lake
from renown.records import LAKE_COLUMNS
from renown.steps import quote_literal
from renown.store import PeopleStore
from renown.text import find_nearest, suggest_spelling

_NETWORK_FOLDER = re.compile(r"/network=([^/]+)/")
_CHARACTERS_PER_MISTAKE = 4
"""A name with as many characters may differ in one more character from the one that is suggested."""


def suggest_person(text: str, engine: Engine, lake: Lake, people: PeopleStore) -> str:
    """Suggest the account with a text as handle or id, else the person with the most similar name; empty if none."""
    name = text.lstrip("@")
    person = find_nearest(name, [person.name for person in people.all_consenting()])
    if person and person.lower() == name.lower():
        return f"; did you mean {person!r}?"
    for table in ("accounts", "handles"):
        engine.scan(f"all_{table}", lake.files(table), LAKE_COLUMNS[table])
    rows = engine.query(f"""
        select network, name from (
          select network, handle as name, seen from all_handles
          union all select network, account_id, null from all_accounts
        ) names
        where lower(name) = {quote_literal(name.lower())} order by seen desc nulls last, network limit 1""")
    nearest = ":".join(rows[0]) if rows else person
    return f"; did you mean {nearest!r}?" if nearest else ""


def suggest_account(network: str, account: str, engine: Engine, lake: Lake) -> str:
    """Suggest the network, or the account there, with the most similar name; empty if there is none."""
    networks = sorted({match[1] for file in lake.files("accounts") if (match := _NETWORK_FOLDER.search(file))})
    if network not in networks:
        return f"; {suggest_spelling(network, networks)}" if networks else ""
    for table in ("accounts", "handles"):
        engine.scan(f"{table}_of_network", lake.files(table, network=network), LAKE_COLUMNS[table])
    text, mistakes = quote_literal(account.lower()), 1 + len(account) // _CHARACTERS_PER_MISTAKE
    rows = engine.query(f"""
        select name from (
          select account_id as name from accounts_of_network union all select handle from handles_of_network
        ) names
        where name is not null and levenshtein(lower(name), {text}) <= {mistakes}
        order by levenshtein(lower(name), {text}), name limit 1""")
    return f"; did you mean {f'{network}:{rows[0][0]}'!r}?" if rows else ""


def find_missing_accounts(accounts: Collection[tuple[str, str]], engine: Engine, lake: Lake) -> list[tuple[str, str]]:
    """Return the (network, id) of accounts that the lake has no data of, in order."""
    known = set()
    for network in {network for network, _ in accounts}:
        ids = [(account_id,) for name, account_id in accounts if name == network]
        engine.scan("ids_of_network", lake.files("accounts", network=network), LAKE_COLUMNS["accounts"])
        engine.create_table("ids", ids, {"account_id": "string"})
        rows = engine.query("select distinct i.account_id from ids_of_network n join ids i using (account_id)")
        known |= {(network, account_id) for (account_id,) in rows}
    return [account for account in accounts if account not in known]
