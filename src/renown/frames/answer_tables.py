"""Answers about people and groups as tables: receipts, changes, histories, standings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

from renown import answers
from renown.frames.parameters import check_count, parse_optional_day
from renown.frames.session import HomeSession
from renown.store import PublishedTables

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from renown.frames.table import Table


class AnswerTables(HomeSession):
    """Answers about the people and groups of a home, as tables."""

    @overload
    def receipt(self, who: str, day: date | str | None = None, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def receipt(self, who: str, day: date | str | None = None, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def receipt(self, who: str, day: date | str | None = None, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def receipt(self, who: str, day: date | str | None = None, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def receipt(
        self, who: str, day: date | str | None = None, *, as_: Literal["duckdb"]
    ) -> duckdb.DuckDBPyRelation: ...

    @overload
    def receipt(self, who: str, day: date | str | None = None, *, as_: str) -> Any: ...

    def receipt(self, who: str, day: date | str | None = None, *, as_: str = "table") -> Any:
        """
        Return the points of a score by account and signal; with the base score of 1 they add up to the score.

        Columns: ``network``, ``account``, ``signal``, ``points``.

        Parameters
        ----------
        who : str
            Name, ``network:handle`` or ``network:id``.
        day : date or str, optional
        as_ : str
        """
        with self._home.reader() as engine, PublishedTables(self._find_day(day)) as published:
            receipt = answers.compute_receipt(self._resolve(who), published, engine, self._home.lake)
        rows = [("", "", "base", receipt.base_score)]
        rows += [(row.network, row.account, row.signal, row.points) for row in receipt.points]
        columns = ["network varchar", "account varchar", "signal varchar", "points double"]
        return self._table(columns, rows, bar="points").to(as_)

    @overload
    def changes(
        self,
        who: str,
        day: date | str | None = None,
        since: date | str | None = None,
        *,
        as_: Literal["table"] = "table",
    ) -> Table: ...

    @overload
    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: Literal["polars"]
    ) -> pl.DataFrame: ...

    @overload
    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: Literal["pandas"]
    ) -> pd.DataFrame: ...

    @overload
    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: Literal["arrow"]
    ) -> pa.Table: ...

    @overload
    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: Literal["duckdb"]
    ) -> duckdb.DuckDBPyRelation: ...

    @overload
    def changes(self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: str) -> Any: ...

    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: str = "table"
    ) -> Any:
        """
        Return the causes of a score change between two published days; their points add up to the change.

        Columns: ``cause``, ``description``, ``points``.

        Parameters
        ----------
        who : str
        day : date or str, optional
        since : date or str, optional
            The published day before by default.
        as_ : str
        """
        first, last = self._home.days.find_compared(*map(parse_optional_day, (day, since)))
        with (
            self._home.reader() as engine,
            PublishedTables(first, engine.connection) as before,
            PublishedTables(last, engine.connection) as after,
        ):
            changes = answers.explain_changes(self._resolve(who), before, after, engine, self._home.lake)
        rows = [(cause.kind, answers.CAUSES[cause.kind], cause.points) for cause in changes.causes]
        return self._table(["cause varchar", "description varchar", "points double"], rows, bar="points").to(as_)

    @overload
    def history(self, who: str, *, days: int = 90, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def history(self, who: str, *, days: int = 90, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def history(self, who: str, *, days: int = 90, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def history(self, who: str, *, days: int = 90, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def history(self, who: str, *, days: int = 90, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def history(self, who: str, *, days: int = 90, as_: str) -> Any: ...

    def history(self, who: str, *, days: int = 90, as_: str = "table") -> Any:
        """
        Return a person's scores day by day.

        Columns: ``day``, ``score``, ``recomputed`` (later, from before the first published score), ``range_low``,
        ``range_high`` (90% confidence range; null if it was not computed).

        Parameters
        ----------
        who : str
        days : int
            Number of days, up to the latest.
        as_ : str
        """
        count = check_count("days", days, least=1)
        history = answers.load_history(self._home.served_scores, self._resolve(who).key, days=count)
        rows = [
            (
                date.fromisoformat(row.day),
                row.score,
                row.recomputed,
                *((row.range.low, row.range.high) if row.range else (None, None)),
            )
            for row in history.days
            if row.score is not None
        ]
        columns = ["day date", "score double", "recomputed boolean", "range_low double", "range_high double"]
        return self._table(columns, rows, bar="score", latest=True).to(as_)

    @property
    def groups(self) -> Table:
        """The groups: ``name``, ``title``, ``goal``, ``members``, ``challenges``."""
        groups = answers.list_groups(self._home.groups).groups
        rows = [(row.name, row.title, row.goal, row.members, row.challenges) for row in groups]
        columns = ["name varchar", "title varchar", "goal double", "members integer", "challenges integer"]
        return self._table(columns, rows)

    @overload
    def standings(self, group: str, challenge: int = 0, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def standings(self, group: str, challenge: int = 0, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def standings(self, group: str, challenge: int = 0, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def standings(self, group: str, challenge: int = 0, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def standings(self, group: str, challenge: int = 0, *, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def standings(self, group: str, challenge: int = 0, *, as_: str) -> Any: ...

    def standings(self, group: str, challenge: int = 0, *, as_: str = "table") -> Any:
        """
        Return the standings of a group, or of one of its challenges.

        Columns: ``rank``, ``name``, ``score``, ``start``, ``rise``, ``odds``.

        Parameters
        ----------
        group : str
        challenge : int
            Number of the challenge; 0 for the group itself.
        as_ : str
        """
        standings = answers.compute_standings(
            self._home.groups,
            self._home.served_scores,
            self._home.days,
            name=group,
            challenge=check_count("challenge", challenge, least=0),
        )
        rows = [(row.rank, row.name, row.score, row.start, row.rise, row.odds) for row in standings.standings]
        columns = ["rank integer", "name varchar", "score double", "start double", "rise double", "odds double"]
        return self._table(columns, rows, bar="score").to(as_)
