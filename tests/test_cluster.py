"""Score on a real Spark cluster: a standalone master with two workers, and a Spark Connect server, on loopback."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from conftest import DAY, SETTINGS_2, new_home, publisher, taker
from proofs import SHORT, scaled
from renown.home import open_home
from test_engines import INTERPRETED_CONF, require_spark, rows_of
from test_pipeline import HEADER, acts

pytestmark = pytest.mark.proof

START_TIMEOUT = 90
"""Seconds until a server has to be up."""


def free_port() -> int:
    """Return a free port of the loopback interface."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.fixture
def spark_home() -> Path:
    """Return the folder of the PySpark package; skip the test if a part of Spark is missing."""
    require_spark()
    import pyspark  # noqa: PLC0415 - an extra

    home = Path(pyspark.__file__).parent
    for part in ("bin/spark-class", "bin/spark-submit"):
        if not (home / part).exists():
            pytest.skip(f"the installed PySpark has no {part}, which starts Spark's servers")
    return home


@contextmanager
def start_server(spark_home: Path, log: Path, ready: str, *words: str) -> Iterator[None]:
    """Start a server of the PySpark package, wait until its log matches `ready`, and stop it at the end."""
    from renown.engines.spark import ensure_java  # noqa: PLC0415 - needs PySpark

    ensure_java()
    environment = os.environ | {
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
    }
    with log.open("w") as out:
        process = subprocess.Popen([spark_home / "bin" / words[0], *words[1:]], stdout=out, stderr=out, env=environment)
        try:
            deadline = time.monotonic() + START_TIMEOUT
            while not re.search(ready, log.read_text()):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture
def master(spark_home, tmp_path):
    """Start a master with two workers, in the short form one; return its URL."""
    port = free_port()
    worker = ("spark-class", "org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g")
    address = f"spark://127.0.0.1:{port}"
    start = ("spark-class", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port))
    with ExitStack() as stack:
        stack.enter_context(
            start_server(spark_home, tmp_path / "master", "I have been elected", *start, "--webui-port", "0")
        )
        for number in range(scaled(2, 1)):
            work = ("--work-dir", str(tmp_path / f"work{number}"), "--webui-port", "0", address)
            log = tmp_path / f"worker{number}"
            stack.enter_context(start_server(spark_home, log, "Successfully registered", *worker, *work))
        yield address


@pytest.fixture
def connect(spark_home, tmp_path):
    """Start a Spark Connect server; return its URL."""
    pytest.importorskip("grpc", reason="Spark Connect needs gRPC: pip install 'renown[spark]'")
    port = free_port()
    start = (
        "spark-submit",
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
        "--master",
        "local[2]",
    )
    conf = (
        "--conf",
        f"spark.connect.grpc.binding.port={port}",
        "--conf",
        "spark.connect.grpc.binding.address=127.0.0.1",
    )
    quiet = ("--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4")
    log, ready = tmp_path / "connect", "Spark Connect server started"
    with start_server(spark_home, log, ready, *start, *conf, *quiet, "spark-internal"):
        yield f"sc://127.0.0.1:{port}"


@pytest.mark.parametrize("kind", ["master", "connect"][: scaled(2, 1)])
def test_remote_spark_and_local_duckdb_publish_equal_scores(kind, request, tmp_path):
    """
    The URL is a setting; the published rows equal those of DuckDB.

    The short form scores by the method before the default one, which takes fewer statements.
    """
    address, method_settings = request.getfixturevalue(kind), SETTINGS_2 if SHORT else {}
    home = open_home(new_home(tmp_path / "home"), method_settings)
    taker(home, tmp_path)(HEADER, *acts(200))
    local = publisher(home)()
    expected = {table: rows_of(local, tmp_path, table) for table in ("scores", "points")}

    conf = {"spark.executor.memory": "512m", "spark.sql.shuffle.partitions": "4"} if kind == "master" else {}
    with (home.settings.home / "settings.toml").open("a") as file:
        file.writelines(f'"{key}" = "{value}"\n' for key, value in (conf | INTERPRETED_CONF).items())

    program = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home.settings.home)]
    environment = os.environ | method_settings | {"RENOWN_SPARK_MASTER": address, "RENOWN_MEMORY": "1GB"}
    # The workers' Python must have the version of this one, and by default is the first python3 of the PATH.
    environment["PYSPARK_PYTHON"] = sys.executable
    subprocess.run(
        [*program, "score", "--day", str(DAY), "--engine", "spark"], env=environment, check=True, timeout=250
    )

    remote = home.days.find(DAY)
    assert ("duckdb", "spark") == (local.engine, remote.engine)
    assert local.inputs == remote.inputs
    assert expected == {table: rows_of(remote, tmp_path, table) for table in expected}
