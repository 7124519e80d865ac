"""The door of the lake: every batch passes it, whatever way it comes; who opted out stays outside."""

from renown import ingest
from renown.engines.duckdb import DuckDB
from renown.records import OptedOut, mark


def leave_out(engine: DuckDB, opted_out: OptedOut, table: str, network: str) -> None:
    """
    Take out of the step or table `batch` all that names, as actor, target or account, who opted out.

    What was taken back is no record of anybody: it names an act, not who did it.

    Parameters
    ----------
    engine : DuckDB
        Holds `batch`, in the columns of ``records.SAID[table]``.
    opted_out : OptedOut
    table, network : str
    """
    if not opted_out.marks or table == "undone":
        return
    engine.table("marks", [(mark,) for mark in opted_out.marks], {"mark": "string"})
    engine.execute(ingest.opted_out(table, network), ingest.pads(opted_out.secret))
    if engine.rows("select 1 from leaving limit 1"):
        engine.execute(ingest.staying(table))
        engine.drop("batch")
        engine.execute("alter table staying rename to batch")
    engine.drop("leaving")


def is_left_out(opted_out: OptedOut, network: str, account_id: str) -> bool:
    """Tell whether an account is not even to be asked about."""
    return bool(opted_out.marks) and mark(opted_out.secret, network, account_id) in opted_out.marks
