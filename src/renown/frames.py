"""
Python API: a home as data frames, for notebooks and scripts.

::

    import renown

    home = renown.open("~/.renown")
    home.scores()                    # a table of the latest day
    home.scores(as_="polars")        # as a frame of Polars; also "pandas", "arrow" and "duckdb"
    home.receipt("ada")              # why ada has this score
    home.history("ada", as_="pandas").plot(x="day", y="score")

Frames come from DuckDB through Arrow, without a copy where the library allows it. Days are dates, scores and points are
real numbers, and people have names, not keys.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from renown import answers, scoring
from renown.engines.session import duckdb_session
from renown.errors import InvalidInputError, MissingDependencyError
from renown.home import Home, open_home
from renown.ingest import ImportResult
from renown.settings import resolve_home
from renown.steps import quote_literal
from renown.store import PublishedDay, PublishedTables

FORMATS = ("table", "polars", "pandas", "arrow", "duckdb")
"""What a frame can be returned as; ``table`` prints itself, in notebooks with bars."""
_SHOWN_ROWS = 20
_STRENGTH_UNIT = 1e9
"""Strengths are published in billionths of a follower-equivalent."""
_SCORES_SQL = """
select day, name, score, verified_score,
  rank() over (order by coalesce(verified_score, score) desc) as rank,
  round(100 * cume_dist() over (order by coalesce(verified_score, score)), 2) as percentile,
  strength / {unit} as strength, people as people_reached, networks, accounts,
  person < 0 as claimed, coalesce(verified, false) as verified, handles
from published_rows left join people_rows using (person)
order by score desc, name
"""


def open(home: str | os.PathLike[str] | None = None, **environment: str) -> "HomeFrames":  # noqa: A001 - renown.open
    """
    Open a home for reading, scoring and importing.

    Parameters
    ----------
    home : str or path, optional
        Its folder; by default RENOWN_HOME, else ``~/.renown``.
    **environment
        Settings that override those of the home, by the names of their environment variables, such as
        ``RENOWN_STORE="postgresql://…"``.

    Raises
    ------
    HomeError
        If there is no home.
    """
    variables = os.environ | environment
    return HomeFrames(open_home(resolve_home(Path(home) if home else None, variables), variables))


class Table:
    """
    A table of results that prints itself; `to` converts it.

    Parameters
    ----------
    relation : DuckDBPyRelation
    bar : str
        Column that notebooks show as bars; empty for none.
    """

    def __init__(self, relation: duckdb.DuckDBPyRelation, bar: str = "") -> None:
        self._relation, self._bar = relation, bar

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._relation.columns)

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self._relation.count("*").fetchall()[0][0])

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows as dictionaries."""
        return [dict(zip(self.columns, row, strict=True)) for row in self._relation.fetchall()]

    def to(self, as_: str) -> Any:
        """
        Convert the table to a frame of another library.

        Parameters
        ----------
        as_ : str
            One of `FORMATS`.

        Raises
        ------
        InvalidInputError
            If the format is unknown.
        MissingDependencyError
            If its library is not installed.
        """
        if as_ not in FORMATS:
            raise InvalidInputError(f"a table cannot be returned as {as_!r}; choose one of {', '.join(FORMATS)}")
        try:
            if as_ == "polars":
                return self._relation.pl()
            if as_ == "pandas":
                return self._relation.df()
            if as_ == "arrow":
                return self._relation.to_arrow_table()
        except ImportError as error:
            package = "pyarrow" if as_ == "arrow" else as_
            raise MissingDependencyError(
                f"{package} is not installed; install it with: pip install {package}"
            ) from error
        return self._relation if as_ == "duckdb" else self

    def __repr__(self) -> str:
        """Print the first rows."""
        return str(self._relation.limit(_SHOWN_ROWS))

    def _repr_html_(self) -> str:
        """Show the first rows as an HTML table, with bars."""
        rows = self._relation.limit(_SHOWN_ROWS).fetchall()
        bar_index = self.columns.index(self._bar) if self._bar in self.columns else -1
        highest = max((float(row[bar_index] or 0) for row in rows), default=0.0) if bar_index >= 0 else 0.0
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(_cell(value, highest if i == bar_index else 0.0) for i, value in enumerate(row)) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class HomeFrames:
    """
    A home as data frames; close it, or use it in a `with` statement.

    Parameters
    ----------
    home : Home
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._resources = ExitStack()
        self._connection = self._resources.enter_context(duckdb_session(home.session_limits))

    def __enter__(self) -> Self:
        """Return the home itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the home."""
        self.close()

    def __repr__(self) -> str:
        """Show the folder and the latest day."""
        days = self.days()
        return f"<renown home {str(self._home.settings.home)!r}, {f'latest day {days[-1]}' if days else 'no day yet'}>"

    def close(self) -> None:
        """Close the files and free the memory; frames of DuckDB cannot be read any more."""
        self._resources.close()

    def days(self) -> list[date]:
        """Return the published days, oldest first."""
        return sorted({day.day for day in self._home.days.all()})

    def scores(self, day: date | str | None = None, *, method: str | None = None, as_: str = "table") -> Any:
        """
        Return everybody's scores of a day, highest first.

        Columns: ``day``, ``name``, ``score`` (1 to 100), ``verified_score`` (without self-reported figures), ``rank``,
        ``percentile``, ``strength`` (follower-equivalents), ``people_reached``, ``networks``, ``accounts``,
        ``claimed``, ``verified`` (all claims are), ``handles``.

        Parameters
        ----------
        day : date or str, optional
            The latest published day by default.
        method : str, optional
            Version of the method; the default one of the day by default.
        as_ : str
            One of `FORMATS`.
        """
        published = self._find_day(day, method)
        self._load_people()
        source = f"read_parquet({quote_literal(published.folder / 'scores' / '*.parquet')})"
        rows = f"select cast({quote_literal(str(published.day))} as date) as day, * from {source}"
        sql = _SCORES_SQL.format(unit=_STRENGTH_UNIT).replace("published_rows", f"({rows})")
        return Table(self._connection.sql(sql), bar="score").to(as_)

    def history(self, who: str, *, days: int = 90, as_: str = "table") -> Any:
        """
        Return a person's scores day by day: ``day``, ``score``, ``recomputed``, ``method``.

        Parameters
        ----------
        who : str
            Name, ``network:handle`` or ``network:id``.
        days : int
        as_ : str
        """
        history = answers.load_history(self._home.served_scores, self._resolve(who).key, days=days)
        rows = [
            (date.fromisoformat(row.day), row.score, not row.is_published)
            for row in history.days
            if row.score is not None
        ]
        return self._table(["day date", "score double", "recomputed boolean"], rows, bar="score").to(as_)

    def receipt(self, who: str, day: date | str | None = None, *, as_: str = "table") -> Any:
        """
        Return the points of a score by account and signal; with the base score of 1 they add up to the score.

        Columns: ``network``, ``account``, ``signal``, ``points``.
        """
        published_day = self._find_day(day)
        with self._home.reader() as engine, PublishedTables(published_day) as published:
            receipt = answers.compute_receipt(self._resolve(who), published, engine, self._home.lake)
        rows = [("", "", "base", receipt.base_score)]
        rows += [(row.network, row.account, row.signal, row.points) for row in receipt.points]
        columns = ["network varchar", "account varchar", "signal varchar", "points double"]
        return self._table(columns, rows, bar="points").to(as_)

    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: str = "table"
    ) -> Any:
        """
        Return the causes of a score change between two published days; their points add up to the change.

        Columns: ``cause``, ``description``, ``points``.
        """
        last = self._find_day(day)
        first = self._find_day(since) if since else self._home.days.find_before(last)
        with (
            self._home.reader() as engine,
            PublishedTables(first, engine.connection) as before,
            PublishedTables(last, engine.connection) as after,
        ):
            changes = answers.explain_changes(self._resolve(who), before, after, engine, self._home.lake)
        rows = [(cause.kind, answers.CAUSES[cause.kind], cause.points) for cause in changes.causes]
        return self._table(["cause varchar", "description varchar", "points double"], rows, bar="points").to(as_)

    def people(self, *, as_: str = "table") -> Any:
        """Return the claimed accounts: ``name``, ``consent``, ``network``, ``account_id``, ``verified``, ``proof``."""
        rows = [
            (person.name, person.consent, claim.network, claim.account_id, claim.is_verified, claim.proof)
            for person in self._home.people.all()
            for claim in person.claims
        ]
        columns = ["name varchar", "consent varchar", "network varchar", "account_id varchar", "verified boolean"]
        return self._table([*columns, "proof varchar"], rows).to(as_)

    def groups(self, *, as_: str = "table") -> Any:
        """Return the groups: ``name``, ``title``, ``goal``, ``members``, ``challenges``."""
        groups = answers.list_groups(self._home.groups).groups
        rows = [(row.name, row.title, row.goal, row.members, row.challenges) for row in groups]
        columns = ["name varchar", "title varchar", "goal double", "members integer", "challenges integer"]
        return self._table(columns, rows).to(as_)

    def standings(self, group: str, challenge: int = 0, *, as_: str = "table") -> Any:
        """Return the standings of a group or challenge; the columns are fields of `renown group show --json`."""
        standings = answers.compute_standings(
            self._home.groups, self._home.served_scores, self._home.days, name=group, challenge=challenge
        )
        rows = [(row.rank, row.name, row.score, row.start, row.rise, row.odds) for row in standings.standings]
        columns = ["rank integer", "name varchar", "score double", "start double", "rise double", "odds double"]
        return self._table(columns, rows, bar="score").to(as_)

    @property
    def method(self) -> str:
        """Text of the method file: every constant with its unit and source."""
        return self._home.method.text

    def sql(self, query: str, *, as_: str = "table") -> Any:
        """
        Query the lake's tables as ``interactions``, ``profiles``, ``tallies`` and ``accounts`` (DuckDB's SQL).

        Examples
        --------
        ``home.sql("select verb, count(*) from interactions group by all", as_="pandas")``
        """
        for table in ("interactions", "profiles", "tallies", "accounts"):
            files = self._home.lake.files(table)
            if files:
                names = ", ".join(map(quote_literal, files))
                source = f"read_parquet([{names}], hive_partitioning = true, union_by_name = true)"
                self._connection.execute(f"create or replace temp view {table} as select * from {source}")
        return Table(self._connection.sql(query)).to(as_)

    def score(self, day: date | str) -> Any:
        """Score and publish a day, as `renown score` does; return its scores."""
        wanted = _parse_day(day)
        with self._home.engine() as engine:
            scoring.score(
                engine,
                self._home.lake,
                self._home.days,
                self._home.people,
                self._home.method,
                day=wanted,
                now=datetime.now(UTC),
            )
        return self.scores(wanted)

    def import_(
        self, table: str, path: str | os.PathLike[str], *, network: str, partial: bool = False, **columns: str
    ) -> ImportResult:
        """
        Import a CSV, JSON Lines or Parquet file into a table of the lake, as `renown import` does.

        Parameters
        ----------
        table : str
            ``interactions``, ``profiles`` or ``tallies``.
        path : str or path
        network : str
        partial : bool
            Whether the file has only what some accounts received, as `renown import --partial`.
        **columns
            Column of the file for each field that has another name there, such as ``actor="user_id"``.
        """
        from renown import ingest  # noqa: PLC0415 - reading needs none of it
        from renown.imports import files  # noqa: PLC0415

        found = files.inspect_files([Path(path)], table, columns=columns, verbs={}, unit=None, now=datetime.now(UTC))
        with self._home.reader() as engine:
            step = files.batch_step(table, found)
            covers = files.list_covered_verbs(table, is_whole_network=not partial)
            return ingest.import_batch(engine, self._home.lake, step, table=table, network=network, covers=covers)

    def _find_day(self, day: date | str | None, method: str | None = None) -> PublishedDay:
        return self._home.days.find(_parse_day(day) if day else None, method)

    def _resolve(self, who: str) -> scoring.Subject:
        with self._home.reader() as engine:
            return scoring.resolve_subject(who, engine, self._home.lake, self._home.people)

    def _load_people(self) -> None:
        """Load whether the claims of people are verified, and their handles."""
        rows = [
            (
                person.key,
                bool(person.claims) and all(claim.is_verified for claim in person.claims),
                [f"{name.network}:{name.display_name}" for name in self._home.profiles.names(person.key)],
            )
            for person in self._home.people.all()
        ]
        table = self._table(["person bigint", "verified boolean", "handles varchar[]"], rows)
        self._connection.execute("drop table if exists people_rows")
        table.to("duckdb").create("people_rows")

    def _table(self, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], bar: str = "") -> Table:
        """Build a table from rows; `columns` have names and types."""
        names = [column.partition(" ")[0] for column in columns]
        struct = ", ".join(columns)
        values = [dict(zip(names, row, strict=True)) for row in rows]
        sql = f"select unnest(rows, recursive := false) as row from (select cast($1 as struct({struct})[]) as rows)"
        return Table(self._connection.sql(f"select row.* from ({sql})", params=[values]), bar=bar)


def _parse_day(day: date | str) -> date:
    try:
        return date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise InvalidInputError(f"{day!r} is not a day; write it as 2026-11-23") from None


def _cell(value: Any, highest: float) -> str:
    text = f"{value:,.2f}" if isinstance(value, float) else "" if value is None else str(value)
    if not highest:
        return f"<td>{escape(text)}</td>"
    width = max(0.0, min(100.0, 100 * float(value or 0) / highest))
    bar = f'<div style="background:#ad3410;height:.5em;width:{width:.0f}%"></div>'
    return f'<td style="min-width:8em">{escape(text)}{bar}</td>'
