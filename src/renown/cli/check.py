"""Check a home for damage."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from renown.cli import output
from renown.cli.options import JsonLinesOption
from renown.cli.output import console, escape_text


def check(
    context: typer.Context,
    full: Annotated[
        bool, typer.Option("--full", help="Read all to its end, and enter a sample of days into the ledger again.")
    ] = False,
    json: JsonLinesOption = False,
) -> None:
    """
    Find damaged or missing parts of the home: settings, lake, ledger, database, published days, served scores, locks.

    It also verifies the logs of groups and the signed statements, and compares what is served with what was published.
    It changes nothing, and works while others use the home. Each line names a file, what is wrong with it, what still
    works, and what to do. The exit code is 1 if something is damaged. Leftovers of interrupted commands, and a home
    that other users can read, are no damage.

    Example: `renown check --full`, after a power loss, a full disk, or a restored backup.
    """
    from renown.home import check_home

    findings = check_home(context.obj, os.environ, full=full)
    is_damaged = any(finding.damage for finding in findings)
    if json:
        output.print_json_lines(findings)
    else:
        for finding in findings:
            works = f"; still works: {finding.works}" if finding.works else ""
            line = f"{finding.part}: {finding.path} {finding.problem}; to do: {finding.remedy}{works}"
            console.print(escape_text(line), soft_wrap=True)
        if not is_damaged:
            console.print("nothing is damaged")
    if is_damaged:
        raise typer.Exit(1)
