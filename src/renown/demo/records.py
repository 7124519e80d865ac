"""Convert simulated columns, in which members are numbers, to the batches that are imported."""

from datetime import UTC, date, datetime, time

import numpy as np

from renown.demo.named import NAMED_MEMBERS
from renown.demo.networks import NETWORKS
from renown.demo.population import Population
from renown.demo.simulation import Columns
from renown.engines.duckdb import DuckDB
from renown.records import BATCH_COLUMNS, epoch_seconds, join_tags
from renown.steps import Step

_SQL = {
    "interactions": """
        select '{network}-' || s."row" as interaction_id, cast(s.verb as smallint) as verb, a.account_id as actor_id,
          t.account_id as target_id, t.handle || '/' || s.post as post_id, s."at", false as unverified
        from simulated_{table} s
        join members a on a.member = s.actor
        join members t on t.member = s.target""",
    "profiles": """
        select m.account_id, m.handle, s.followers, s.following, s.posts, {lists} as lists, false as verified,
          s.created_at, s."at", false as self_reported
        from simulated_{table} s
        join members m on m.member = s.member""",
    "tallies": """
        select m.account_id, m.handle || '/' || s.post as post_id, cast(s.verb as smallint) as verb, s.count, s."at",
          false as self_reported
        from simulated_{table} s
        join members m on m.member = s.member""",
    "undone": """select '{network}-' || s.act as interaction_id, s."at" from simulated_{table} s""",
}
"""Table to the SELECT of its batch; a column `row` numbers the simulated rows."""


def create_members(engine: DuckDB, population: Population, network: str) -> None:
    """Create the table `members`: the number of each member, with account id and handle."""
    arrays = {
        "member": np.arange(len(population)),
        "account_id": _format_all(NETWORKS[network].account_id_format, population.names),
        "handle": _format_all(NETWORKS[network].handle_format, population.names),
    }
    engine.create_array_table("members", arrays)


def create_batch(engine: DuckDB, network: str, table: str, columns: Columns) -> Step:
    """Create a table of the simulated columns; return the step `batch` that reads it and `members`."""
    row_count = len(columns["at"])
    engine.create_array_table(f"simulated_{table}", {"row": np.arange(row_count), **columns})
    lists_sql = "s.lists" if NETWORKS[network].has_lists else "cast(null as bigint)"
    sql = _SQL[table].format(network=network, table=table, lists=lists_sql)
    return Step(name="batch", sql=sql, columns=dict(BATCH_COLUMNS[table]), stored=False)


def list_post_tags(network: str, *, last: date, days: int) -> list[tuple[object, ...]]:
    """List rows of `records.BATCH_COLUMNS` with the tags of the posts of the named members who have topics."""
    at, handle_format = epoch_seconds(datetime.combine(last, time(), UTC)), NETWORKS[network].handle_format
    return [
        (
            account_id(network, member.name),
            f"{handle_format.format(member.name)}/{post}",
            *(None, None),
            join_tags([member.topics[post % len(member.topics)], *(member.topics[:1] if post % 3 == 0 else ())]),
            at,
        )
        for member in NAMED_MEMBERS
        if member.topics and network in member.networks
        for post in range(days)
    ]


def account_id(network: str, name: str) -> str:
    """Return the permanent id of a member's account."""
    return NETWORKS[network].account_id_format.format(name)


def _format_all(pattern: str, names: list[str]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array([pattern.format(name) for name in names], dtype=object)
