"""One person's influence, topics, goal and what-if as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from renown.answers.standing import no_score_error
from renown.errors import InvalidInputError
from renown.frames.answer_tables import AnswerTables
from renown.frames.parameters import check_score
from renown.home import person_answers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from renown.answers import Influence, Influencer
    from renown.frames.table import Table
    from renown.store import ServedScore

_DEFAULT_TARGET = 70.0


class PersonTables(AnswerTables):
    """Influence, topics, goals and what-if of one person, on the latest day."""

    @overload
    def influencers(self, who: str, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def influencers(self, who: str, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def influencers(self, who: str, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def influencers(self, who: str, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def influencers(self, who: str, *, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def influencers(self, who: str, *, as_: str) -> Any: ...

    def influencers(self, who: str, *, as_: str = "table") -> Any:
        """
        Return the people whom a person reacted to in the window, by the highest score; up to a hundred.

        Columns: ``name``, ``score``.

        Parameters
        ----------
        who : str
            Name, ``network:handle`` or ``network:id``.
        as_ : str
        """
        return self._people_table(self._name_influence(who).influencers).to(as_)

    @overload
    def influencees(self, who: str, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def influencees(self, who: str, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def influencees(self, who: str, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def influencees(self, who: str, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def influencees(self, who: str, *, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def influencees(self, who: str, *, as_: str) -> Any: ...

    def influencees(self, who: str, *, as_: str = "table") -> Any:
        """
        Return the people who reacted to a person in the window, by the highest score; up to a hundred.

        Columns: ``name``, ``score``.

        Parameters
        ----------
        who : str
        as_ : str
        """
        return self._people_table(self._name_influence(who).influencees).to(as_)

    @overload
    def topics(self, who: str, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def topics(self, who: str, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def topics(self, who: str, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def topics(self, who: str, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def topics(self, who: str, *, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def topics(self, who: str, *, as_: str) -> Any: ...

    def topics(self, who: str, *, as_: str = "table") -> Any:
        """
        Return what a person's posts are about: their tags, by the points of the posts that have them; up to twenty.

        Columns: ``topic``, ``points``, ``percent`` (of the score), ``posts``. A post with several tags counts for each.

        Parameters
        ----------
        who : str
        as_ : str
        """
        served_score, _ = self._find_score(who)
        topics = person_answers.load_profile(self._home, served_score).topics
        rows = [(topic.topic, topic.points, topic.percent, topic.posts) for topic in topics]
        return self._table(
            ["topic varchar", "points double", "percent double", "posts integer"], rows, bar="points"
        ).to(as_)

    @overload
    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: str) -> Any: ...

    def goal(self, who: str, target: float = _DEFAULT_TARGET, *, as_: str = "table") -> Any:
        """
        Return how many more followers, lists or reactions would bring a person to a score, each by itself.

        Columns: ``account``, ``signal``, ``now``, ``more`` (null if not even the most that is tried is enough),
        ``unit``, ``score`` (with that many more).

        Parameters
        ----------
        who : str
        target : float
            Score to reach, 1 to 100.
        as_ : str
        """
        score = check_score("target", target)
        plan = person_answers.plan_goal(self._home, *self._find_score(who), target=score)
        rows = [
            (step.lever.account, step.lever.signal, step.lever.now, step.increase, step.lever.unit, step.score)
            for step in plan.steps
        ]
        columns = ["account varchar", "signal varchar", "now bigint", "more bigint", "unit varchar", "score double"]
        return self._table(columns, rows, bar="score").to(as_)

    @overload
    def what_if(self, who: str, *changes: str, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def what_if(self, who: str, *changes: str, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def what_if(self, who: str, *changes: str, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def what_if(self, who: str, *changes: str, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def what_if(self, who: str, *changes: str, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def what_if(self, who: str, *changes: str, as_: str) -> Any: ...

    def what_if(self, who: str, *changes: str, as_: str = "table") -> Any:
        """
        Return the points of each signal before and after changes; they add up to the score before and after.

        Columns: ``network``, ``account``, ``signal``, ``unit``, ``now``, ``after``, ``points``, ``points_after``.

        Parameters
        ----------
        who : str
        *changes : str
            Such as ``"likes=+100"``, ``"bluesky:ada.bsky.social/reposts=x1.5"``, ``"everything=x2"`` (all reactions) or
            ``"all=x2"`` (followers and lists, too); applied in order.
        as_ : str
        """
        for change in changes:
            if not isinstance(change, str):
                raise InvalidInputError(f"{change!r} is not a change; write text, such as 'likes=+100'")
        result = person_answers.simulate_changes(self._home, *self._find_score(who), changes)
        rows: list[tuple[object, ...]] = [("", "", "base", "", None, None, result.base_score, result.base_score)]
        rows += [
            (row.network, row.account, row.signal, row.unit, row.now, row.after, row.points, row.points_after)
            for row in result.signals
        ]
        columns = [
            *("network varchar", "account varchar", "signal varchar", "unit varchar"),
            *("now bigint", "after bigint", "points double", "points_after double"),
        ]
        return self._table(columns, rows, bar="points_after").to(as_)

    def _name_influence(self, who: str) -> Influence:
        return person_answers.name_influence(self._home, *self._find_score(who))

    def _people_table(self, people: Iterable[Influencer]) -> Table:
        rows = [(person.name, person.score) for person in people]
        return self._table(["name varchar", "score double"], rows, bar="score")

    def _find_score(self, who: str) -> tuple[ServedScore, str]:
        """Find the served score of a person or account, and what they are called."""
        subject = self._resolve(who)
        served_score = self._home.served_scores.find(subject.key)
        if served_score is None:
            raise no_score_error(self._home.served_scores.day(), subject.name)
        return served_score, subject.name
