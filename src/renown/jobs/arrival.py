"""Arrival: a batch written beside the lake, then stripped of what the lake has."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from renown import ingest
from renown.engines.base import Written
from renown.engines.duckdb import DuckDB, reading
from renown.lake import Batch
from renown.records import KEPT
from renown.steps import Step


@dataclass
class Taken:
    """What is to be taken into the lake, and what it replaces there."""

    files: list[Written] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    new: int = 0
    """Records that the lake lacked."""
    days: set[str] = field(default_factory=set)
    """Days on which there were new records."""


class Arrival:
    """
    One network's records of one table, from the step `batch` to files of the lake's form.

    Parameters
    ----------
    engine : DuckDB
        Holds the steps `batch` and `exceptions`.
    batch : Batch
        Where files are written until the lake takes them.
    table, network : str
    with_ids : bool, optional
        Whether acts have ids of their network; looked for in `batch` where it is not said.
    """

    def __init__(self, engine: DuckDB, batch: Batch, table: str, network: str, *, with_ids: bool | None = None) -> None:
        self._engine = engine
        self._batch = batch
        self._table = table
        self._network = network
        if with_ids is None:
            with_ids = table == "interactions" and bool(
                engine.rows("select 1 from batch where interaction_id is not null limit 1")
            )
        self._keyed = with_ids or table == "undone"
        self._nulls = ("interaction",) if table == "interactions" and not with_ids else ()

    def written(self) -> list[Written]:
        """Write the batch in the lake's columns and folders."""
        excepted = bool(self._engine.rows("select 1 from exceptions limit 1"))
        return self._write(ingest.rows(self._table, self._network, excepted=excepted), "b", self._nulls)

    def merged(self) -> list[Written]:
        """Write the rows of the table `crowd`, which lie in the lake, as if they came now."""
        return self._write(ingest.merged(self._table), "m", self._nulls)

    def once(self, arrived: list[Written], there: Sequence[str]) -> Taken:
        """Leave out what live files of the lake have."""
        taken = Taken()
        for day_no, part in self._parts(arrived).items():
            near = [file for file in there if day_no is None or f"/day_no={day_no}/" in file]
            self._settle(part, near, taken)
        return taken

    def _parts(self, arrived: list[Written]) -> dict[str | None, list[Written]]:
        """Split a batch by day, unless records have ids of their network: those may come again on another day."""
        parts: dict[str | None, list[Written]] = {}
        for file in arrived:
            parts.setdefault(None if self._keyed else file.partition["day_no"], []).append(file)
        return parts

    def _settle(self, part: list[Written], near: list[str], taken: Taken) -> None:
        """Take the files of a part as they are where nothing came twice, else rewrite them."""
        if not self._doubled([str(file.path) for file in part], near):
            survived = part
        else:
            mark = f"{len(taken.files)}"
            survived = self._write(ingest.surviving(self._table, with_ids=self._keyed), f"c{mark}", self._nulls)
            lost = [row[0] for row in self._engine.rows(ingest.losers())] if self._keyed else []
            if lost:
                taken.files += self._write(ingest.remaining(self._table, lost), f"d{mark}")
                taken.replaced += lost
        taken.files += survived
        taken.new += sum(file.rows for file in survived)
        taken.days |= {file.partition["day_no"] for file in survived}

    def _doubled(self, arrived: list[str], near: list[str]) -> bool:
        """Tell whether any record came twice; if so, `contested` or `settled` holds every row that may have."""
        columns, keyed = KEPT[self._table], self._keyed
        present = reading(near, columns) if near else None
        found = ingest.suspects(self._table, reading(arrived, columns), present, with_ids=keyed)
        self._engine.execute(f"create or replace table suspects as {found}")
        if not self._engine.rows("select 1 from suspects limit 1"):
            return False
        self._engine.scan("arrived", arrived, columns)
        self._engine.scan("present", near, columns, file="file")
        self._engine.run(ingest.contested(self._table) if keyed else ingest.settled(self._table))
        return bool(self._engine.rows(ingest.doubled(with_ids=keyed)))

    def _write(self, step: Step, prefix: str, nulls: Sequence[str] = ()) -> list[Written]:
        self._engine.run(step)
        folder, within = self._batch.folder / prefix, {"network": self._network}
        return self._engine.write_by(step.name, folder, by=["day_no"], prefix=prefix, within=within, leave_out=nulls)
