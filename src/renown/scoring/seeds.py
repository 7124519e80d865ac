"""Seeds of credit: the verified accounts of people, each in the group of its person."""

from collections.abc import Collection, Iterable, Mapping

from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.scoring.aliases import load_alias_ids, load_day_alias_keys
from renown.scoring.entry_inputs import VERIFIED_ACCOUNT_COLUMNS
from renown.store import PeopleStore, Person


def seed_group(person: Person, method: Method) -> int:
    """Return the group of a person's verified accounts; credit of different groups is counted separately."""
    return person.person_id % int(method["seed_groups"])


def create_verified_accounts(
    engine: Engine, lake: Lake, people: PeopleStore, method: Method, *, versions: Mapping[str, int]
) -> None:
    """Create the table `verified_accounts`: the accounts at which credit starts, unless they were removed as seeds."""
    alias_ids = load_alias_ids(engine, lake, load_day_alias_keys(engine, lake, versions))
    candidates = [(person, seed_group(person, method)) for person in people.all_consenting()]
    seeds = seed_rows(candidates, alias_ids, removed_keys=people.trust.removed_seeds().keys())
    engine.create_table("verified_accounts", seeds, VERIFIED_ACCOUNT_COLUMNS)


def seed_rows(
    people: Iterable[tuple[Person, int]],
    alias_ids: Mapping[tuple[str, str], str],
    *,
    removed_keys: Collection[int] = frozenset(),
) -> list[tuple[str, str, int, bool]]:
    """
    Return the rows of `verified_accounts`: each verified account once.

    Parameters
    ----------
    people : iterable of (Person, int)
        People with their seed groups.
    alias_ids : mapping of (network, id) to id
    removed_keys : collection of int
        Score keys of the people whom an operator removed as seeds.
    """
    rows: dict[tuple[str, str], tuple[str, str, int, bool]] = {}
    for person, group in people:
        for claim in person.claims:
            if claim.is_verified:
                account = claim.network, alias_ids.get((claim.network, claim.account_id), claim.account_id)
                rows.setdefault(account, (*account, group, person.key in removed_keys))
    return list(rows.values())
