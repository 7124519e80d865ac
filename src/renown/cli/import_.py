"""
Import archives: the data that a network lets people download about their own account.

Import files into the lake: records in CSV, JSON Lines or Parquet, and archives.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.output import console, escape_text, people, runs
from renown.cli.progress import ProgressBar
from renown.errors import HomeError, InvalidInputError, LakeLockedError
from renown.records import RECORD_TABLES, VERBS, WHOLE_NETWORK
from renown.text import plural

if TYPE_CHECKING:
    from renown.home import Home
    from renown.imports import archives, files
    from renown.ingest import ImportResult, RowSpool

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
    _print_touched_days(home, results)


def _spool_records(spool: RowSpool, contents: archives.ArchiveContents) -> None:
    from renown.connectors.base import group_rows

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
    from renown.connectors.base import group_rows

    network, steps = all_contents[0].network, spool.steps()
    aliases = group_rows(alias for contents in all_contents for alias in contents.aliases)
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
        for table, rows in aliases.items():
            ingest.import_directory(engine, home.lake, rows, table=table, network=network)
    return results


def _claim_accounts(
    home: Home, person_name: str, all_contents: Sequence[archives.ArchiveContents], now: datetime
) -> None:
    accounts = [(contents.network, contents.account.account_id) for contents in all_contents if contents.account]
    person = home.people.add(person_name, accounts, at=now)
    for account in accounts:
        home.people.record_proof(*account, "archive", at=now)
    people.print_claims(person)


def import_(  # noqa: PLR0913 - one parameter per option
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            help="What the files contain: interactions, tallies, profiles, undone or presence; or an archive: "
            "mastodon-archive, x-archive, bluesky-repo, instagram-export, tiktok-export, linkedin-export, "
            "discourse-export or stackexchange-dump."
        ),
    ],
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="CSV, JSON Lines (both also as .gz) or Parquet; for an archive, its file or folder."
        ),
    ],
    *,
    network: Annotated[str | None, typer.Option(help="Network of the records, in lower case, such as bluesky.")] = None,
    map_: Annotated[str, typer.Option("--map", help="Fields whose columns have other names: FIELD=COLUMN,…")] = "",
    verbs: Annotated[str, typer.Option(help="The file's words for verbs, if they differ: WORD=verb,…")] = "",
    at_unit: Annotated[str | None, typer.Option(help="Unit of numeric timestamps: s (default), ms, us or ns.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of times without a UTC offset, such as Europe/Berlin. Default: UTC.")
    ] = None,
    claim: Annotated[str | None, typer.Option(help="Archives only: name of the person who owns the account.")] = None,
    handle: Annotated[
        str | None,
        typer.Option(help="Archives only: the owner's name on the network, if the archive does not have it."),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial", help="The interactions are those of some accounts only, not of a whole network or community."
        ),
    ] = False,
) -> None:
    """
    Import records, or an archive downloaded from a network, into the lake.

    Duplicates are dropped, so importing a file twice adds nothing. If one record is not valid, nothing is imported.

    Example: `renown import interactions activity.csv.gz --network x --map at=unix_time,verb=kind --verbs RT=repost`

    Example: `renown import mastodon-archive archive.zip --claim ada`

    Files of interactions are taken for everything that happened on their network: once people are verified there,
    accounts to which nobody trusted reacts count as strangers. Say --partial if the files have only what some accounts
    received: then all their fans count alike.
    """
    from renown.home import open_home
    from renown.imports import files
    from renown.imports.archives import ARCHIVES

    if table in ARCHIVES:
        if network or map_ or verbs or at_unit or timezone or partial:
            raise InvalidInputError(
                f"{table} names its own network and columns; leave out --network, --map, --verbs, --at-unit, "
                "--timezone and --partial"
            )
        home = open_home(context.obj, os.environ)
        import_archives(home, table, paths, handle=handle, claim=claim, now=datetime.now(UTC))
        return
    _check_table(table, ARCHIVES, handle=handle, claim=claim)
    verb_words, columns = _parse_pairs("--verbs", verbs), _parse_pairs("--map", map_)
    home, name = open_home(context.obj, os.environ), _check_network(network)
    import_files = files.inspect_files(
        paths,
        table,
        columns=columns,
        verbs=verb_words,
        unit=at_unit,
        now=datetime.now(UTC),
        network=name,
        timezone=timezone or "UTC",
        limits=home.session_limits,
    )
    covered_verbs = files.list_covered_verbs(table, verb_words.values(), is_whole_network=not partial)
    _import_files(home, table, import_files, network=name, covers=covered_verbs)
    if not timezone:
        _print_local_instants(import_files)


def _check_table(table: str, kinds: Collection[str], *, handle: str | None, claim: str | None) -> None:
    if table not in RECORD_TABLES:
        raise InvalidInputError(f"cannot import {table!r}; write one of: {', '.join([*RECORD_TABLES, *kinds])}")
    if handle:
        raise InvalidInputError(f"--handle is {handle!r}, but {table} have accounts of their own; leave it out")
    if claim:
        raise InvalidInputError(
            f"--claim is {claim!r}, but {table} do not prove who owns an account; claim it with `renown add`"
        )


def _import_files(
    home: Home, table: str, import_files: list[files.ImportFile], *, network: str, covers: set[int]
) -> None:
    from renown import ingest
    from renown.imports import files, invalid_records

    with home.reader() as engine, ProgressBar() as bar:
        try:
            result = ingest.import_batch(
                engine,
                home.lake,
                files.batch_step(table, import_files),
                table=table,
                network=network,
                covers=covers,
                batch_id=f"{network} {files.compute_digest(table, import_files)}",
                progress=bar,
            )
        except (LakeLockedError, HomeError):
            raise  # not caused by the files: do not search them for an invalid record
        except Exception as error:
            fault = invalid_records.explain_failure(table, import_files, error)
            if fault is None:
                raise
            raise InvalidInputError(fault) from error
    _print_unread_verbs(home, result)
    if result.shared_ids:
        console.print(
            f"{plural(result.shared_ids, 'id')} of several acts by different accounts; each act counts: is the column "
            "the id of the act, not of the post?",
            soft_wrap=True,
        )
    _print_touched_days(home, [result])


def _print_unread_verbs(home: Home, result: ImportResult) -> None:
    """Say which records no signal reads, as they would otherwise add nothing without a word."""
    read_verbs = {VERBS[verb] for signal in home.method.signals for verb in signal.verbs}
    counts = {verb: result.rows_by_verb[number] for verb, number in VERBS.items() if number in result.rows_by_verb}
    unread = [f"{count:,} {verb}" for verb, count in counts.items() if VERBS[verb] not in read_verbs]
    if unread:
        console.print(
            f"stored, but read by no signal of method {home.method.version}: {', '.join(unread)}; "
            "followers and lists count by `renown import profiles`",
            soft_wrap=True,
        )


def _print_local_instants(import_files: Sequence[files.ImportFile]) -> None:
    """Say that times without a UTC offset were read as UTC, which moves acts of an evening to another day."""
    from renown.imports import files

    local_instant = files.find_local_instant(import_files)
    if local_instant is not None:
        console.print(
            f"times without a UTC offset, such as {escape_text(local_instant)}, were read as UTC; name the zone of "
            "local times with --timezone when you first import a file, as acts without an id would count twice later",
            soft_wrap=True,
        )


def _print_touched_days(home: Home, results: Sequence[ImportResult]) -> None:
    """Say which published days the new records are too late for, as their scores would stay without a word."""
    from renown import answers

    touched = answers.find_touched_days(
        home.days.all(),
        {day_no for result in results for day_no in result.new_days},
        window=int(home.method["window_days"]),
        method=home.method.version,
    )
    runs.print_touched_days(touched)


def _check_network(text: str | None) -> str:
    letters = (text or "").replace("_", "").replace("-", "")
    if text is None or not letters.isalnum() or not text.islower() or len(text) > 40:  # noqa: PLR2004
        value = "missing" if text is None else repr(text)
        raise InvalidInputError(f"--network is {value}; write a lower-case name of letters and digits, such as bluesky")
    return text


def _parse_pairs(option: str, text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - a name and a value
        raise InvalidInputError(f"{option} is {text!r}; write NAME=VALUE,NAME=VALUE")
    return dict(pairs)
