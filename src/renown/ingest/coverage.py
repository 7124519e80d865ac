"""Coverage of a network: the verbs that its data can contain."""

from collections.abc import Iterable

from renown.engines.duckdb import DuckDB
from renown.lake import Batch, Lake
from renown.records import LAKE_COLUMNS


def record_coverage(engine: DuckDB, lake: Lake, batch: Batch, network: str, covers: Iterable[int]) -> None:
    """Record which verbs the network's data covers from now on."""
    engine.scan("coverage", lake.files("coverage", network=network), LAKE_COLUMNS["coverage"])
    known_verbs = {row[0] for row in engine.query("select verb from coverage")}
    new_verbs = sorted(set(covers) - known_verbs)
    if new_verbs:
        engine.create_table("new_coverage", [(network, verb) for verb in new_verbs], LAKE_COLUMNS["coverage"])
        files = engine.write_partitioned(
            "new_coverage", batch.folder / "coverage", partition_by=["network"], prefix="v"
        )
        lake.commit("coverage", files, batch=batch)
