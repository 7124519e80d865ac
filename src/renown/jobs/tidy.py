"""Tidy: many small files of a folder become one, and what came twice goes."""

from renown import ingest
from renown.engines.duckdb import DuckDB
from renown.jobs.arrival import Arrival
from renown.lake import Batch, Lake, Mark
from renown.records import KEPT

MANY = 32
"""Small files that a folder may hold: a batch a minute is tidied twice an hour."""
SMALL = 128 << 20
"""Bytes from which on a file is left alone: four million acts."""
_DATED = ("interactions", "undone", "presence")
_DIRECTORIES = ("accounts", "handles")


def tidy(engine: DuckDB, lake: Lake, batch: Batch, network: str, *, day_no: int | None = None, many: int = MANY) -> int:
    """
    Write the small files of crowded folders together.

    A row that a day's other files hold, too, goes; the earliest stays.

    Parameters
    ----------
    engine : DuckDB
    lake : Lake
    batch : Batch
    network : str
    day_no : int, optional
        A day to look at alone.
    many : int
        Small files that a folder may hold.

    Returns
    -------
    int
        Folders that were tidied.
    """
    done = 0
    for table in _DATED if day_no is not None else (*_DATED, *_DIRECTORIES):
        crowded = lake.crowded(table, network=network, many=many, small=SMALL)
        for folder, files in crowded.items():
            if day_no is None or folder.endswith(f"/day_no={day_no}"):
                _together(engine, lake, batch, table=table, network=network, files=files)
                done += 1
    return done


def _together(engine: DuckDB, lake: Lake, batch: Batch, *, table: str, network: str, files: list[str]) -> None:
    engine.scan("crowd", files, KEPT[table])
    mark = Mark(f"tidy {network}", 1)
    if table in _DIRECTORIES:
        engine.run(ingest.merged(table))
        written = engine.write_by("merged", batch.folder / "tidy", by=["network"], prefix="t")
        lake.commit(table, written, batch=batch, remove=files, mark=mark)
        return
    arrival = Arrival(engine, batch, table, network, with_ids=table == "interactions")
    folder = files[0].rpartition("/")[0]
    rest = [file for file in lake.files(table, network=network) if file.startswith(f"{folder}/") and file not in files]
    taken = arrival.once(arrival.merged(), rest)
    lake.commit(table, taken.files, batch=batch, remove=[*files, *taken.replaced], mark=mark)
