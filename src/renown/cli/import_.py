"""Import files of records in CSV, JSON Lines or Parquet into the lake, and archives."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.home import open_home
from renown.cli.output import console, escape_text
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError
from renown.imports.argument_names import ArgumentNames
from renown.records import IMPORT_TABLES, VERBS
from renown.text import plural, suggest_spelling

if TYPE_CHECKING:
    from renown.home import Home
    from renown.ingest import ImportResult
    from renown.runs import ImportOptions

_STANDARD_INPUT = Path("-")


class _OptionNames(ArgumentNames):
    """Names of the options of `renown import`."""

    network = "--network"
    unit = "--at-unit"
    time_format = "--time-format"
    timezone = "--tz"
    verbs = "--verbs"
    partial = "--partial"

    def set_unit(self, unit: str) -> str:
        """Return the option that reads timestamps in a unit."""
        return f"{self.unit} {unit}"

    def set_time_format(self, time_format: str) -> str:
        """Return the option that reads timestamps in a format."""
        return f"{self.time_format} {shlex.quote(time_format)}"

    def map_column(self, field: str) -> str:
        """Return the option that reads a field from a column of another name."""
        return f"--map {field}=COLUMN"

    def map_verb(self, word: str, verb: str) -> str:
        """Return the option that reads a word as a verb."""
        return f"{self.verbs} {shlex.quote(f'{word}={verb}')}"


_TableArgument = Annotated[
    str,
    typer.Argument(
        help="What the files contain: interactions, tallies, profiles, posts, undone or presence; or an archive: "
        "mastodon-archive, x-archive, bluesky-repo, instagram-export, tiktok-export, linkedin-export, "
        "discourse-export or stackexchange-dump."
    ),
]
_FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE…",
        help="CSV, JSON Lines (both also as .gz) or Parquet; - for standard input; an archive: file or folder.",
    ),
]
_TimeZoneOption = Annotated[
    str | None,
    typer.Option(
        "--tz", "--timezone", help="IANA time zone of times without a UTC offset, as Europe/Berlin. Default: UTC."
    ),
]
_TimeFormatOption = Annotated[
    str | None,
    typer.Option(
        "--time-format",
        metavar="FORMAT",
        help="Format of timestamps that are text, by strptime, as '%d/%m/%Y %H:%M'. Default: ISO 8601.",
    ),
]
_FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="Format of standard input: csv, jsonl or parquet. Default: by its first bytes."),
]
_HandleOption = Annotated[
    str | None,
    typer.Option(help="Archives only: the owner's name on the network, if the archive does not have it."),
]
_PartialOption = Annotated[
    bool,
    typer.Option(
        "--partial", help="The interactions are those of some accounts only, not of a whole network or community."
    ),
]


def import_(  # noqa: PLR0913 - one parameter per option
    context: typer.Context,
    table: _TableArgument,
    paths: _FilesArgument = None,
    *,
    network: Annotated[str | None, typer.Option(help="Network of the records, in lower case, such as bluesky.")] = None,
    map_: Annotated[str, typer.Option("--map", help="Fields whose columns have other names: FIELD=COLUMN,…")] = "",
    verbs: Annotated[str, typer.Option(help="The file's words for verbs, if they differ: WORD=verb,…")] = "",
    at_unit: Annotated[str | None, typer.Option(help="Unit of numeric timestamps: s (default), ms, us or ns.")] = None,
    time_format: _TimeFormatOption = None,
    timezone: _TimeZoneOption = None,
    file_format: _FormatOption = None,
    claim: Annotated[str | None, typer.Option(help="Archives only: name of the person who owns the account.")] = None,
    handle: _HandleOption = None,
    partial: _PartialOption = False,
) -> None:
    """
    Import records, or an archive downloaded from a network, into the lake.

    Duplicates are dropped, so importing a file twice adds nothing. If one record is not valid, nothing is imported.

    Example: `renown import interactions activity.csv.gz --network x --map at=unix_time,verb=kind --verbs RT=repost`

    Example: `renown import mastodon-archive archive.zip --claim ada`

    Example: `renown import posts pages.csv --network office --map account=author,post=page,url=link`

    Example: `psql --csv -c "select * from acts" | renown import interactions - --network office --tz Europe/Berlin`

    Posts are titles, URLs and tags, by which receipts and topics name what people reacted to. Tags have commas
    between them, or are a list in JSON Lines and Parquet. The latest details of a post count.

    Times without a UTC offset are local times of --tz, else UTC. A local time that clocks skip or pass twice in a
    change of summer time is the later of the two instants that it can be.

    Files of interactions are taken for everything that happened on their network: once people are verified there,
    accounts to which nobody trusted reacts count as strangers. Say --partial if the files have only what some accounts
    received: then all their fans count alike.
    """
    from renown.cli.import_archives import import_archives
    from renown.imports.archives import ARCHIVES
    from renown.runs import ImportOptions

    now = datetime.now(UTC)
    kinds = [*IMPORT_TABLES, *ARCHIVES]
    if table not in kinds:
        raise InvalidInputError(
            f"cannot import {table!r}; write before the files what they contain; {suggest_spelling(table, kinds)}"
        )
    if not paths:
        raise InvalidInputError(f"no file of {table} given; write its name, or - for standard input")
    if table in ARCHIVES:
        _check_archive(
            table, paths, network or map_ or verbs or at_unit or time_format or timezone or partial or file_format
        )
        import_archives(open_home(context), table, paths, handle=handle, claim=claim, now=now)
        return
    _check_owner_options(table, handle=handle, claim=claim)
    options = ImportOptions(
        table=table,
        network=network,
        columns=_parse_pairs("--map", map_),
        verbs=_parse_pairs("--verbs", verbs),
        unit=at_unit,
        time_format=time_format,
        timezone=timezone,
        partial=partial,
        names=_OptionNames(),
    )
    home = open_home(context)
    with _open_files(home, paths, file_format) as files:
        _import_files(home, files, options, now=now)


def _check_owner_options(table: str, *, handle: str | None, claim: str | None) -> None:
    if handle:
        raise InvalidInputError(f"--handle is {handle!r}, but {table} have accounts of their own; leave it out")
    if claim:
        raise InvalidInputError(
            f"--claim is {claim!r}, but {table} do not prove who owns an account; claim it with `renown add`"
        )


def _check_archive(kind: str, paths: Sequence[Path], options: object) -> None:
    if options:
        raise InvalidInputError(
            f"{kind} names its own network and columns; leave out --network, --map, --verbs, --at-unit, --time-format, "
            "--tz, --partial and --format"
        )
    if _STANDARD_INPUT in paths:
        raise InvalidInputError(f"a {kind} is read more than once; write it to a file, and name that instead of -")


@contextmanager
def _open_files(home: Home, paths: Sequence[Path], file_format: str | None) -> Iterator[Sequence[Path]]:
    """Return the files to read: of standard input, a copy that is deleted at the end."""
    from renown.engines.session import spill_folder
    from renown.imports.standard_input import spool_stream

    if _STANDARD_INPUT not in paths:
        if file_format:
            raise InvalidInputError(f"--format is {file_format!r}, but files name their format; leave it out")
        yield paths
        return
    if len(paths) > 1:
        raise InvalidInputError("- is standard input, which is imported alone; import the files with another command")
    with spill_folder(home.session_limits.spill) as folder:
        copy = spool_stream(sys.stdin.buffer, folder, file_format)
        try:
            yield [copy]
        except InvalidInputError as error:
            # Only here is it known that the file is a copy of something that has no name.
            raise InvalidInputError(str(error).replace(str(copy), "standard input")) from error


def _import_files(home: Home, files: Sequence[Path], options: ImportOptions, *, now: datetime) -> None:
    from renown import runs
    from renown.cli.import_archives import print_touched_days

    with ProgressBar() as bar:
        imported = runs.import_files(
            home.reader, home.lake, files, options, limits=home.session_limits, now=now, progress=bar
        )
    result = imported.result
    _print_unread_verbs(home, result)
    if result.shared_ids:
        console.print(
            f"{plural(result.shared_ids, 'id')} of several acts by different accounts; each act counts: is the column "
            "the id of the act, not of the post?",
            soft_wrap=True,
        )
    if result.table == "posts":
        _print_posts(home, result)
    print_touched_days(home, [result])
    if imported.local_instant is not None and result.table != "posts":
        _print_local_instant(imported.local_instant)


def _print_unread_verbs(home: Home, result: ImportResult) -> None:
    """Print which records no signal reads, as they add nothing to scores."""
    read_verbs = {VERBS[verb] for signal in home.method.signals for verb in signal.verbs}
    counts = {verb: result.rows_by_verb[number] for verb, number in VERBS.items() if number in result.rows_by_verb}
    unread = [f"{count:,} {verb}" for verb, count in counts.items() if VERBS[verb] not in read_verbs]
    if unread:
        console.print(
            f"stored, but read by no signal of method {home.method.version}: {', '.join(unread)}; "
            "followers and lists count by `renown import profiles`",
            soft_wrap=True,
        )


def _print_posts(home: Home, result: ImportResult) -> None:
    """Print which posts have details that contradict each other, and when published days show new ones."""
    if result.ambiguous_posts:
        console.print(
            f"{plural(result.ambiguous_posts, 'post')} with several titles, URLs or lists of tags at one time, of "
            "which one counts; write one row per post, with all its tags, or say in `at` when each was so",
            soft_wrap=True,
        )
    if result.new and (published_days := home.days.all()):
        console.print(
            f"pages, topics and the API show new details from the next published day on; to see them now, publish the "
            f"latest again: `renown score --day {published_days[-1].day}`",
            soft_wrap=True,
        )


def _print_local_instant(local_instant: str) -> None:
    """Print that times without a UTC offset were read as UTC, which moves acts of an evening to another day."""
    console.print(
        f"times without a UTC offset, such as {escape_text(local_instant)}, were read as UTC; name the zone of "
        "local times with --tz when you first import a file, as acts without an id would count twice later",
        soft_wrap=True,
    )


def _parse_pairs(option: str, text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - a name and a value
        raise InvalidInputError(f"{option} is {text!r}; write NAME=VALUE,NAME=VALUE")
    return dict(pairs)
