"""A real PostgreSQL of our own, for as long as the tests run."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "only-for-tests"  # noqa: S105 - of a server that ends with the tests


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package makes a user for it."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start PostgreSQL on a free port of this machine; yield its address."""
    if not PROGRAMS and not shutil.which("initdb"):
        pytest.skip("PostgreSQL is not installed; `apt-get install postgresql`")
    programs = PROGRAMS[-1] if PROGRAMS else Path(str(shutil.which("initdb"))).parent
    folder = Path(tempfile.mkdtemp(prefix="renown-postgresql-"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if _as_user():
        for path in (folder, secret):
            shutil.chown(path, "postgres", "postgres")
    options = ["-U", "tester", f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"]
    run = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": 60, "cwd": "/"}
    subprocess.run([*_as_user(), programs / "initdb", "-D", folder / "data", *options], check=True, **run)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [*_as_user(), programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log"]
    subprocess.run([*control, "-w", "-o", told, "start"], check=True, **run)
    try:
        yield f"postgresql://tester:{PASSWORD}@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **run)
        shutil.rmtree(folder)


def fresh(address: str) -> str:
    """Make an empty database on a server; return its address."""
    name = f"d{uuid.uuid4().hex}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return f"{address}/{name}"
