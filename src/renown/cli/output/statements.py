"""Print statements: a person's list, and what a verified one says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, new_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from renown.answers import StatementSummary, VerifiedStatement

_STATUS_TEXTS = {
    "valid": "genuine and valid",
    "expired": "genuine, but expired",
    "revoked": "genuine, but revoked by the person who issued it",
    "unknown": "signed by this home, which does not know it any more: its person has left",
}


def print_statements(rows: Sequence[StatementSummary]) -> None:
    """Print the statements of a person."""
    table = new_table("", "id", "issued", "valid until", "status")
    for row in rows:
        table.add_row(row.statement_id, row.issued_at[:10], row.expires_at[:10], row.status)
    console.print(table if rows else "no statements; make one with `renown statement issue`")


def print_verified(verified: VerifiedStatement) -> None:
    """Print whether a statement holds, and what it says."""
    statement = verified.statement
    console.print(_STATUS_TEXTS[verified.status])
    table = new_table("", "", "")
    table.show_header = False
    table.add_row("name", escape_text(statement.name))
    table.add_row("score", f"{statement.score:.2f} on {escape_text(statement.day)}")
    if statement.low is not None and statement.high is not None:
        table.add_row("likely between", f"{statement.low:.1f} and {statement.high:.1f}")
    if statement.rank is not None:
        table.add_row("rank", f"{statement.rank:,} of {statement.people:,}")
    for account in statement.accounts or ():
        table.add_row("verified account", escape_text(f"{account.network}: {account.handle}"))
    table.add_row("method", f"{escape_text(statement.method)} ({escape_text(statement.method_digest[:12])})")
    table.add_row("issued", f"{statement.issued_at[:10]} by {escape_text(statement.issuer)}")
    table.add_row("valid until", statement.expires_at[:10])
    console.print(table)
