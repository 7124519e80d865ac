"""Change a home: add people, collect, import and score, by the functions that the command line calls."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from renown import runs
from renown.connectors import CONNECTORS
from renown.errors import InvalidInputError
from renown.frames.parameters import SupportsArrowStream, check_text, parse_day
from renown.frames.reading import ReadableHome
from renown.frames.table import Table
from renown.home.accounts import find_account
from renown.ingest import ImportResult
from renown.progress import NullProgress
from renown.runs.add_people import import_profiles, parse_account
from renown.text import suggest_spelling

_SUMMARY_COLUMNS = (
    *("network varchar", "name varchar", "requests integer", "new integer", "undone integer"),
    *("complete boolean", "message varchar"),
)


class HomeFrames(ReadableHome):
    """A home as tables, to read and to change; close it, or use it in a `with` statement."""

    def add(self, name: str, *accounts: str, **handles: str) -> Table:
        """
        Add a person and the accounts they own, as `renown add`; return the people.

        Parameters
        ----------
        name : str
        *accounts : str
            Accounts by their permanent ids, each ``network:id``.
        **handles : str
            Network to a handle, or the URL of a page, which is looked up: ``bluesky="ada.bsky.social"``.
        """
        now = datetime.now(UTC)
        for parameter, value in {"name": name, **handles}.items():
            check_text(parameter, value)
        if unknown := sorted(set(handles) - set(CONNECTORS)):
            raise InvalidInputError(f"unknown network {unknown[0]!r}; {suggest_spelling(unknown[0], CONNECTORS)}")
        profiles = [
            find_account(self._home, CONNECTORS[network], handle, now, notify=_notify)
            for network, handle in handles.items()
        ]
        ids = [parse_account(check_text("an account", account)) for account in accounts]
        ids += [(profile.network, profile.account_id) for profile in profiles]
        if not ids:
            raise InvalidInputError(f"no account given for {name!r}; name one, such as 'x:12345'")
        import_profiles(profiles, self._home.lake, self._home.reader)
        self._home.people.add(name, ids, at=now)
        return self.people

    def collect(self, *names: str) -> Table:
        """
        Fetch what is new about people's accounts, as `renown collect`; without names, of everybody.

        Columns: ``network``, ``name``, ``requests``, ``new`` (records), ``undone``, ``complete``, ``message``.
        """
        for name in names:
            check_text("a name", name)
        summaries = runs.collect(self._home.run_resources, names, now=lambda: datetime.now(UTC), notify=_notify)
        rows = [
            (row.network, row.name, row.requests, row.new, row.undone, row.complete, row.message) for row in summaries
        ]
        return self._table(_SUMMARY_COLUMNS, rows)

    def import_(
        self,
        table: str,
        *paths: str | os.PathLike[str] | SupportsArrowStream,
        network: str,
        verbs: dict[str, str] | None = None,
        unit: str | None = None,
        time_format: str | None = None,
        timezone: str | None = None,
        partial: bool = False,
        **columns: str,
    ) -> ImportResult:
        """
        Import CSV, JSON Lines or Parquet files, or frames, into a table of the lake, as `renown import`.

        The result has the number of ``records`` (0 if the same was imported before), how many of them are ``new``, the
        number of new ``accounts``, and that of ``days`` with new records. Errors count rows from 1.

        Parameters
        ----------
        table : str
            ``interactions``, ``profiles``, ``tallies``, ``posts``, ``undone`` or ``presence``.
        *paths : str, path or frame
            Files, or frames of pandas, Polars, Arrow or DuckDB with the same columns.
        network : str
            Network of the records, in lower case.
        verbs : dict, optional
            The files' own word to the verb, such as ``{"RT": "repost"}``.
        unit : str, optional
            Unit of numeric timestamps: ``s`` (default), ``ms``, ``us`` or ``ns``.
        time_format : str, optional
            Format of timestamps that are text, in the directives of strptime, such as ``%d/%m/%Y %H:%M``; ISO 8601 by
            default.
        timezone : str, optional
            Time zone of times without a UTC offset, as in the IANA database; UTC by default.
        partial : bool
            Whether the files have only what some accounts received, as `renown import --partial`.
        **columns
            Column of the files for each field that has another name there, such as ``actor="user_id"``.
        """
        if verbs is not None and not isinstance(verbs, Mapping):
            raise InvalidInputError(f"verbs is {verbs!r}; write a dictionary, such as {{'RT': 'repost'}}")
        for word, verb in (verbs or {}).items():
            check_text("a word of verbs", word)
            check_text(f"the verb of {word!r}", verb)
        for field, value in {"network": network, **columns}.items():
            check_text(field, value)
        options = runs.ImportOptions(
            table=table,
            network=network,
            columns=columns,
            verbs=verbs or {},
            unit=unit,
            time_format=time_format,
            timezone=timezone,
            partial=partial,
        )
        files = [self._find_file(source) for source in paths]
        try:
            return runs.import_files(
                self._home.reader,
                self._home.lake,
                files,
                options,
                limits=self._home.session_limits,
                now=datetime.now(UTC),
                progress=NullProgress(),
            ).result
        except InvalidInputError as error:
            raise InvalidInputError(self._name_frames(str(error), files)) from error

    def _find_file(self, source: str | os.PathLike[str] | SupportsArrowStream) -> Path:
        """Return the path of a file; a frame is written to a temporary one."""
        if isinstance(source, str | os.PathLike):
            return Path(source)
        if not hasattr(source, "__arrow_c_stream__"):
            kind = type(source).__name__
            raise InvalidInputError(
                f"a {kind} is neither a file nor a frame; name a file, or give a data frame; collect a lazy one"
            )
        return self._write_frame(source)

    def _name_frames(self, message: str, files: Sequence[Path]) -> str:
        """Return the message of an error with frames in place of the temporary files that they were written to."""
        for number, file in enumerate(files, start=1):
            if file.parent == self._folder:
                message = message.replace(str(file), "the frame" if len(files) == 1 else f"frame {number}")
        return message

    def score(self, day: date | str, *, last: date | str | None = None) -> Table:
        """
        Score and publish a day, or several up to a last one, as `renown score`; return the scores of the last one.

        Parameters
        ----------
        day : date or str
        last : date or str, optional
        """
        first_day, last_day = parse_day(day), parse_day(day if last is None else last)
        now = datetime.now(UTC)
        with runs.file_lock(self._home.settings.home / runs.RUN_LOCK, at=now):
            runs.score_days(
                self._home.run_resources,
                first_day,
                last_day,
                now=lambda: datetime.now(UTC),
                progress=NullProgress(),
            )
        return self.scores(last_day)


def _notify(line: str) -> None:
    """Print a message, such as a wait, to standard error."""
    print(line, file=sys.stderr)  # noqa: T201 - a notebook shows it below the cell
