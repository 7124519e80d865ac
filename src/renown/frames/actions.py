"""Change a home: add people, collect, import and score, by the functions that the command line calls."""

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from renown import runs
from renown.connectors import CONNECTORS
from renown.errors import InvalidInputError
from renown.frames.reading import ReadableHome
from renown.frames.session import parse_day
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
        if unknown := sorted(set(handles) - set(CONNECTORS)):
            raise InvalidInputError(f"unknown network {unknown[0]!r}; {suggest_spelling(unknown[0], CONNECTORS)}")
        profiles = [
            find_account(self._home, CONNECTORS[network], handle, now, notify=_notify)
            for network, handle in handles.items()
        ]
        ids = [parse_account(account) for account in accounts]
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
        summaries = runs.collect(self._home.run_resources, names, now=lambda: datetime.now(UTC), notify=_notify)
        rows = [
            (row.network, row.name, row.requests, row.new, row.undone, row.complete, row.message) for row in summaries
        ]
        return self._table(_SUMMARY_COLUMNS, rows)

    def import_(
        self,
        table: str,
        *paths: str | os.PathLike[str],
        network: str,
        verbs: dict[str, str] | None = None,
        unit: str | None = None,
        timezone: str | None = None,
        partial: bool = False,
        **columns: str,
    ) -> ImportResult:
        """
        Import CSV, JSON Lines or Parquet files into a table of the lake, as `renown import`.

        Parameters
        ----------
        table : str
            ``interactions``, ``profiles``, ``tallies``, ``undone`` or ``presence``.
        *paths : str or path
        network : str
        verbs : dict, optional
            The files' own word to the verb, such as ``{"RT": "repost"}``.
        unit : str, optional
            Unit of numeric timestamps: ``s`` (default), ``ms``, ``us`` or ``ns``.
        timezone : str, optional
            Time zone of times without a UTC offset, as in the IANA database; UTC by default.
        partial : bool
            Whether the files have only what some accounts received, as `renown import --partial`.
        **columns
            Column of the files for each field that has another name there, such as ``actor="user_id"``.
        """
        options = runs.ImportOptions(
            table=table,
            network=network,
            columns=columns,
            verbs=verbs or {},
            unit=unit,
            timezone=timezone,
            partial=partial,
        )
        return runs.import_files(
            self._home.reader,
            self._home.lake,
            list(map(Path, paths)),
            options,
            limits=self._home.session_limits,
            now=datetime.now(UTC),
            progress=NullProgress(),
        ).result

    def score(self, day: date | str, *, last: date | str | None = None) -> Table:
        """
        Score and publish a day, or several up to a last one, as `renown score`; return the scores of the last one.

        Parameters
        ----------
        day : date or str
        last : date or str, optional
        """
        first_day, last_day = parse_day(day), parse_day(last or day)
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
