"""Columns of the exported tables: the one source of their names, types, units and meaning."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ExportColumn:
    """A column of an exported table."""

    name: str
    sql_type: str
    """Type in DuckDB; Parquet has it, and CSV and JSON Lines write its values as text."""
    meaning: str
    """What it is, with its unit, in Markdown."""


LIST_TYPE = "VARCHAR[]"
"""Type of a list of texts, which CSV has as JSON."""
_NAME = "name of the person; `network:id` of an account that nobody claimed"
_HANDLE = "latest handle; null if none is known"
_METHOD = "version of the method"

EXPORT_COLUMNS: dict[str, tuple[ExportColumn, ...]] = {
    "scores": (
        ExportColumn("day", "DATE", "UTC day"),
        ExportColumn("name", "VARCHAR", _NAME),
        ExportColumn("rank", "INTEGER", "1 for the highest verified score; ties share a rank; null without one"),
        ExportColumn("percentile", "DOUBLE", "percent of people whose verified score is not higher; null without one"),
        ExportColumn("score", "DOUBLE", "1 to 100"),
        ExportColumn(
            "verified_score",
            "DOUBLE",
            "the score without figures that the person provided; null if there are no others",
        ),
        ExportColumn(
            "range_low",
            "DOUBLE",
            "lower end of the 90% confidence range; null except for claimed people on days on which it was computed",
        ),
        ExportColumn("range_high", "DOUBLE", "upper end of the same range"),
        ExportColumn("strength", "DOUBLE", "follower-equivalents"),
        ExportColumn("people_reached", "BIGINT", "people who reacted in the window, counted once per account"),
        ExportColumn("observed_days", "INTEGER", "observed days of the window, on the network with most of them"),
        ExportColumn("networks", "INTEGER", "number of networks"),
        ExportColumn("accounts", "INTEGER", "number of scored accounts"),
        ExportColumn("claimed", "BOOLEAN", "whether somebody claimed the accounts"),
        ExportColumn("verified", "BOOLEAN", "whether proofs verify all these claims, as of the export"),
        ExportColumn("handles", LIST_TYPE, "latest handles, each `network:handle`, as of the export"),
        ExportColumn("account_ids", LIST_TYPE, "permanent ids of the accounts, each `network:id`, as of the export"),
        ExportColumn("method", "VARCHAR", _METHOD),
    ),
    "points": (
        ExportColumn("day", "DATE", "UTC day"),
        ExportColumn("name", "VARCHAR", _NAME),
        ExportColumn("network", "VARCHAR", "network of the account"),
        ExportColumn("account_id", "VARCHAR", "permanent id of the account on the network"),
        ExportColumn("handle", "VARCHAR", _HANDLE),
        ExportColumn("signal", "VARCHAR", "name of the signal"),
        ExportColumn("points", "DOUBLE", "points of the score; with the base score of 1, a person's rows add up to it"),
        ExportColumn(
            "received", "DOUBLE", "in the unit of the signal: followers, lists, acts of a fully trusted person"
        ),
        ExportColumn("self_reported", "DOUBLE", "the part of `received` that the owner of the account provided"),
        ExportColumn(
            "follower_equivalents", "DOUBLE", "what the estimate is worth that the signal is a part of, in followers"
        ),
        ExportColumn(
            "weight", "DOUBLE", "weight of that estimate, 0 to 1, before those of missing ones are shared out"
        ),
        ExportColumn("claimed", "BOOLEAN", "whether somebody claimed the account"),
        ExportColumn("method", "VARCHAR", _METHOD),
    ),
    "history": (
        ExportColumn("name", "VARCHAR", "name of the person, who claimed their accounts"),
        ExportColumn("day", "DATE", "UTC day"),
        ExportColumn("score", "DOUBLE", "1 to 100, to a hundredth"),
        ExportColumn(
            "recomputed", "BOOLEAN", "whether the score was recomputed later, from before the first published one"
        ),
        ExportColumn("range_low", "DOUBLE", "lower end of the 90% confidence range; null if it was not computed"),
        ExportColumn("range_high", "DOUBLE", "upper end of the same range"),
    ),
    "ledger": (
        ExportColumn("day", "DATE", "UTC day of the acts"),
        ExportColumn("network", "VARCHAR", "network of both accounts"),
        ExportColumn("target_id", "VARCHAR", "permanent id of the account acted on"),
        ExportColumn("target_handle", "VARCHAR", _HANDLE),
        ExportColumn("actor_id", "VARCHAR", "permanent id of the account that acted"),
        ExportColumn("actor_handle", "VARCHAR", _HANDLE),
        ExportColumn("signal", "VARCHAR", "name of the signal"),
        ExportColumn("acts", "INTEGER", "number of acts of this actor on this target on this day"),
        ExportColumn("known", "BOOLEAN", "whether somebody trusted stands behind the actor, who is no friend"),
        ExportColumn("worth", "DOUBLE", "acts of a fully trusted person, from the next day on, before they age"),
        ExportColumn("worth_on_day", "DOUBLE", "the same on the day itself, on which late acts count more"),
        ExportColumn("method", "VARCHAR", _METHOD),
    ),
    "people": (
        ExportColumn("name", "VARCHAR", "name of the person"),
        ExportColumn("network", "VARCHAR", "network of a claimed account; null if the person claimed none"),
        ExportColumn("account_id", "VARCHAR", "permanent id of the account on the network"),
        ExportColumn("handle", "VARCHAR", "latest handle; the id if none is known"),
        ExportColumn("verified", "BOOLEAN", "whether the proof verifies the claim"),
        ExportColumn("proof", "VARCHAR", "kind of proof, as `renown people` prints it; null without one"),
        ExportColumn("proved_at", "TIMESTAMP WITH TIME ZONE", "UTC instant of the proof"),
        ExportColumn("consent_at", "TIMESTAMP WITH TIME ZONE", "UTC instant at which the person last consented"),
        ExportColumn("seed_group", "INTEGER", "group of the account if credit starts at it; null if none does"),
    ),
}
"""Exported table to its columns, in their order."""


def select_columns(table: str, expressions: Mapping[str, str], source_sql: str) -> str:
    """
    Build the SELECT of an exported table, with exactly its columns and types.

    Parameters
    ----------
    table : str
        One of `EXPORT_COLUMNS`.
    expressions : mapping of str to str
        Column to its SQL; a column that is missing here has the same name in the source.
    source_sql : str
        What follows the select list.
    """
    columns_sql = ", ".join(
        f"cast({expressions.get(column.name, column.name)} as {column.sql_type}) as {column.name}"
        for column in EXPORT_COLUMNS[table]
    )
    return f"select {columns_sql} {source_sql}"
