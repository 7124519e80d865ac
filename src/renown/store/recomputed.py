"""Store of recomputed scores: what claimed people would have had on days on which they have no published score."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime

import sqlalchemy as sa

from renown.records import day_number
from renown.store.database import purge_deleted_rows
from renown.store.opt_outs import count_departures
from renown.store.person import CONSENT_GIVEN
from renown.store.person_days import erase_person
from renown.store.schema import people, recomputed_scores
from renown.store.serving.recomputed import RecomputedScoreReader, ScoreSources
from renown.store.visibility import record_visibility_change


@dataclass(frozen=True, kw_only=True)
class Recomputation:
    """Recomputed scores of one person, to be saved."""

    person_id: int
    scores: Sequence[tuple[int, float | None]]
    """(day number, score) of each recomputed day; None if nothing was known of the person in the window."""
    inputs: str
    """Digest of what the scores were computed from: other data, claims or methods have another digest."""
    sources: Mapping[int, ScoreSources] = field(default_factory=dict)
    """Day number to what its score was computed from, of the days with a score."""


@dataclass(frozen=True, kw_only=True)
class RecomputedSpan:
    """The days of one person that were recomputed from the same inputs."""

    person_id: int
    inputs: str
    first_no: int
    """Number of the first day."""
    last_no: int
    days: int
    """Number of days; less than the span has if some of them were recomputed from other inputs."""

    def covers(self, first_no: int, last_no: int) -> bool:
        """Tell whether every day from first to last was recomputed."""
        is_complete = self.days == self.last_no - self.first_no + 1
        return is_complete and self.first_no <= first_no and self.last_no >= last_no


class RecomputedScoreStore(RecomputedScoreReader):
    """
    One recomputed score per claimed person and day.

    They are no published scores: ranks, streaks, scores of groups and the causes of changes do not read them.
    """

    def list_spans(self, first: date, last: date) -> list[RecomputedSpan]:
        """Return which days of whom were recomputed from first to last day, and from which inputs."""
        table = recomputed_scores
        select = (
            sa.select(
                table.c.person_id,
                table.c.inputs,
                sa.func.min(table.c.day_no),
                sa.func.max(table.c.day_no),
                sa.func.count(),
            )
            .where(table.c.day_no.between(day_number(first), day_number(last)))
            .group_by(table.c.person_id, table.c.inputs)
            .order_by(table.c.person_id, table.c.inputs)
        )
        with self._database.connect() as connection:
            return [
                RecomputedSpan(person_id=person_id, inputs=inputs, first_no=first_no, last_no=last_no, days=days)
                for person_id, inputs, first_no, last_no, days in connection.execute(select)
            ]

    def save(self, recomputations: Iterable[Recomputation], *, method: str, at: datetime) -> int:
        """
        Save recomputed scores in one transaction, replacing those of the same people and days.

        People who opted out or were erased meanwhile are left out.

        Parameters
        ----------
        recomputations : iterable of Recomputation
        method : str
            Version of the method.
        at : datetime
            Time of the recomputation.

        Returns
        -------
        int
            Number of people whose scores were saved.
        """
        recomputations = [recomputation for recomputation in recomputations if recomputation.scores]
        with self._database.begin() as connection:
            count_departures(connection, lock=True)  # whoever opts out from here on waits, and deletes these rows
            consenting = set(connection.scalars(sa.select(people.c.person_id).where(people.c.consent == CONSENT_GIVEN)))
            saved = [recomputation for recomputation in recomputations if recomputation.person_id in consenting]
            _replace_scores(connection, saved, method, at)
            if saved:
                record_visibility_change(connection)
        return len(saved)

    def erase(self, key: int) -> int:
        """Erase a person's recomputed scores, by their score key; return the number of rows deleted."""
        with self._database.begin() as connection:
            return erase_person(connection, recomputed_scores, key)

    def purge(self) -> None:
        """Purge deleted rows from the database files."""
        purge_deleted_rows(self._database, recomputed_scores)


def _replace_scores(
    connection: sa.Connection, recomputations: Sequence[Recomputation], method: str, at: datetime
) -> None:
    """Replace the scores of people by statements for all of them: one for each person would take twice as long."""
    people_by_span: dict[tuple[int, int], list[int]] = {}
    for recomputation in recomputations:
        numbers = [day_no for day_no, _ in recomputation.scores]
        people_by_span.setdefault((min(numbers), max(numbers)), []).append(recomputation.person_id)
    table = recomputed_scores
    for (first, last), person_ids in people_by_span.items():
        is_replaced = sa.and_(table.c.person_id.in_(person_ids), table.c.day_no.between(first, last))
        connection.execute(sa.delete(table).where(is_replaced))
    rows = [
        {
            "person_id": recomputation.person_id,
            "day_no": day_no,
            "score": score,
            "method": method,
            "inputs": recomputation.inputs,
            "recomputed_at": at,
            **_source_columns(recomputation.sources.get(day_no)),
        }
        for recomputation in recomputations
        for day_no, score in recomputation.scores
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _source_columns(sources: ScoreSources | None) -> dict[str, int | bool | None]:
    return asdict(sources) if sources else dict.fromkeys(column.name for column in fields(ScoreSources))
