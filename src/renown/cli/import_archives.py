"""Import archives: the data that a network lets people download about their own account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from renown.cli.output import people, status
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError
from renown.records import VERBS, WHOLE_NETWORK

if TYPE_CHECKING:
    from renown.home import Home
    from renown.imports import archives
    from renown.ingest import ImportResult, Records, RowSpool

_PIECE_RECORDS = 50_000
"""Records of an archive that are in memory at once."""


def import_archives(
    home: Home, kind: str, paths: Sequence[Path], *, handle: str | None, claim: str | None, now: datetime
) -> None:
    """Import archives, all of them or none; `claim` names the person who owns the accounts."""
    from renown import ingest
    from renown.engines.session import spill_folder
    from renown.imports import archives

    all_contents = [archives.read_archive(kind, path, now=now, handle=handle) for path in paths]
    if claim and any(contents.account is None for contents in all_contents):
        raise InvalidInputError(f"--claim is {claim!r}, but a {kind} is of a whole site; claim with `renown add`")
    contents_by_network: dict[str, list[archives.ArchiveContents]] = {}
    for contents in all_contents:
        for part in (contents, *contents.other_networks):
            contents_by_network.setdefault(part.network, []).append(part)
    with spill_folder(home.session_limits.spill) as folder, home.reader() as engine, ProgressBar() as bar:
        spools = {network: ingest.RowSpool(engine, folder / network) for network in contents_by_network}
        bar.start(f"reading {kind}", len(all_contents))
        for path, contents in zip(paths, all_contents, strict=True):
            bar.advance(path.name)
            for part in (contents, *contents.other_networks):
                _spool_records(spools[part.network], part)
                for reason in part.dropped:
                    typer.echo(f"{path}: {reason}", err=True)
        # Claims of all networks are made before anything is committed.
        claimed = [part for parts in contents_by_network.values() for part in parts] if claim else []
        results = []
        for network, spool in spools.items():
            before_commit = partial(_claim_accounts, home, claim, claimed, now) if claim and claimed else None
            results += _import_spool(home, spool, contents_by_network[network], bar, before_commit)
            claimed = []
    print_touched_days(home, results)


def _spool_records(spool: RowSpool, contents: archives.ArchiveContents) -> None:
    from renown.connectors.record_rows import group_rows

    records = iter(contents.records)
    while piece := list(islice(records, _PIECE_RECORDS)):
        spool.add(group_rows(piece))


def _list_archive_verbs(table: str, all_contents: Sequence[archives.ArchiveContents]) -> set[int]:
    if table == "profiles":
        return set()
    verbs = {VERBS[verb] for contents in all_contents for verb in contents.covers}
    is_whole = any(contents.is_whole_network for contents in all_contents)
    return verbs | ({WHOLE_NETWORK} if is_whole else set())


def _import_spool(
    home: Home,
    spool: RowSpool,
    all_contents: Sequence[archives.ArchiveContents],
    bar: ProgressBar,
    before_commit: Callable[[], None] | None,
) -> list[ImportResult]:
    from renown import ingest
    from renown.connectors.record_rows import group_rows

    network, steps = all_contents[0].network, spool.steps()
    directories: dict[str, Records] = {table: steps.pop(table) for table in ingest.DIRECTORY_TABLES if table in steps}
    directories |= group_rows(alias for contents in all_contents for alias in contents.aliases)
    with home.reader() as engine:
        results = ingest.import_tables(
            engine,
            home.lake,
            steps,
            network=network,
            covers={table: _list_archive_verbs(table, all_contents) for table in steps},
            batch_id=f"{network} archive {spool.digest}",
            progress=bar,
            before_commit=before_commit,
        )
        for table, records in directories.items():
            ingest.import_directory(engine, home.lake, records, table=table, network=network)
    return results


def _claim_accounts(
    home: Home, person_name: str, all_contents: Sequence[archives.ArchiveContents], now: datetime
) -> None:
    accounts = [(contents.network, contents.account.account_id) for contents in all_contents if contents.account]
    person = home.people.add(person_name, accounts, at=now)
    for account in accounts:
        home.people.record_proof(*account, "archive", at=now)
    people.print_claims(person)


def print_touched_days(home: Home, results: Sequence[ImportResult]) -> None:
    """Print which published days the new records are too late for, as their scores do not change by themselves."""
    from renown import answers

    touched = answers.find_touched_days(
        home.days.all(),
        {day_no for result in results for day_no in result.new_days},
        window=int(home.method["window_days"]),
        method=home.method.version,
    )
    status.print_touched_days(touched)
