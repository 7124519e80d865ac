"""Tables that exports join: who claimed which accounts, the latest handles, and who has left."""

from datetime import date

from renown.engines.duckdb import DuckDB
from renown.exports.sources import ExportSources
from renown.records import LAKE_COLUMNS
from renown.scoring.accounts import load_handles
from renown.scoring.aliases import load_alias_keys, scan_lake
from renown.steps import Step

_CLAIM_COLUMNS = {"person": "bigint", "account_id": "string", "handle": "string", "verified": "boolean"}
_RANGE_COLUMNS = {"person": "bigint", "score": "double", "range_low": "double", "range_high": "double"}
_LATEST_HANDLES_SQL = """
select account, max_by(handle, row(seen, handle)) as handle from handles group by account"""
_CLAIMED_PEOPLE_SQL = """
select person, bool_and(verified) as verified, list(account_id order by account_id) as account_ids,
  list(handle order by account_id) filter (handle is not null) as handles
from claims group by person"""


def load_identities(engine: DuckDB, sources: ExportSources) -> None:
    """Create the tables `departed_people` (their score keys), `claimed_people` and `latest_handles`."""
    departed_keys = sources.people.list_departed_keys()
    engine.create_table("departed_people", [(key,) for key in sorted(departed_keys)], {"key": "bigint"})
    consenting = sources.people.all_consenting()
    handles = load_handles(engine, sources.lake, [account for person in consenting for account in person.accounts])
    claims = [
        (
            person.key,
            f"{claim.network}:{claim.account_id}",
            f"{claim.network}:{handle}" if (handle := handles.get((claim.network, claim.account_id))) else None,
            claim.is_verified,
        )
        for person in consenting
        for claim in person.claims
    ]
    engine.create_table("claims", claims, _CLAIM_COLUMNS)
    engine.execute(f"create or replace temp table claimed_people as {_CLAIMED_PEOPLE_SQL}")
    load_account_names(engine, sources)


def load_account_names(engine: DuckDB, sources: ExportSources) -> None:
    """Create the tables `account_names`, with the id of each account, and `latest_handles`."""
    aliases = load_alias_keys(engine, sources.lake)
    scan_lake(engine, "handles", sources.lake.files("handles"), aliases)
    columns = {"account": "bigint", "handle": "string"}
    engine.run(Step(name="latest_handles", sql=_LATEST_HANDLES_SQL, columns=columns))
    engine.scan("account_names", sources.lake.files("accounts"), LAKE_COLUMNS["accounts"])


def load_ranges(engine: DuckDB, sources: ExportSources, day: date) -> None:
    """Create the table `confidence_ranges` of claimed people on a day."""
    rows = [(stored.key, stored.score, stored.low, stored.high) for stored in sources.profiles.ranges.list_of_day(day)]
    engine.create_table("confidence_ranges", rows, _RANGE_COLUMNS)
