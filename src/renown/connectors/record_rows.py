"""Rows of the records that connectors return, in the columns of a batch."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from renown.connectors.base import Record
from renown.records import (
    BATCH_COLUMNS,
    VERBS,
    AccountAlias,
    AccountCoverage,
    ActorName,
    Interaction,
    PostDetails,
    Presence,
    Profile,
    Tally,
    Undone,
    epoch_seconds,
    join_tags,
)

RECORD_TABLES: Mapping[type[Record], str] = {
    Interaction: "interactions",
    Tally: "tallies",
    Profile: "profiles",
    Undone: "undone",
    Presence: "presence",
    ActorName: "names",
    AccountAlias: "aliases",
    PostDetails: "posts",
    AccountCoverage: "account_coverage",
}
"""Record type to the table that its rows belong to."""


def group_rows(records: Iterable[Record]) -> dict[str, list[tuple[object, ...]]]:
    """
    Group records into batch rows by table, in the columns of `records.BATCH_COLUMNS`.

    The network is not a column: a batch belongs to one network.

    Examples
    --------
    >>> group_rows([Undone("x", "1", datetime(1970, 1, 2))])
    {'undone': [('1', 86400)]}
    """
    rows_by_table: dict[str, list[tuple[object, ...]]] = {}
    for record in records:
        table = RECORD_TABLES[type(record)]
        rows_by_table.setdefault(table, []).append(
            tuple(_to_batch_value(getattr(record, column), column) for column in BATCH_COLUMNS[table])
        )
    return rows_by_table


def _to_batch_value(value: object, column: str) -> object:
    """Convert a value to its batch form: instants to epoch seconds, verbs to their numbers, tags to text."""
    if isinstance(value, datetime):
        return epoch_seconds(value)
    if isinstance(value, tuple):
        return join_tags(value)
    return VERBS[str(value)] if column == "verb" else value
