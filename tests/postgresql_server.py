"""A PostgreSQL server for the tests, started on demand."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest

from renown.store import open_database

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "only-for-tests"  # noqa: S105 - of a server that ends with the tests


def _as_user() -> list[str]:
    """Return the prefix that runs a program as user postgres, because PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []


def memory_folder() -> str | None:
    """Return a folder in memory if it has room: a database there is created and removed in no time."""
    folder = "/dev/shm"  # noqa: S108 - a folder of its own is created in it
    return folder if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2_000_000_000 else None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start PostgreSQL on a free port of this machine; yield its URL."""
    if not PROGRAMS and not shutil.which("initdb"):
        pytest.skip("PostgreSQL is not installed; `apt-get install postgresql`")
    programs = PROGRAMS[-1] if PROGRAMS else Path(str(shutil.which("initdb"))).parent
    folder = Path(tempfile.mkdtemp(prefix="renown-postgresql-", dir=memory_folder()))
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
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    # By default it has the time zone of the machine, in which it returns instants.
    settings += " -c timezone=America/New_York"
    control = [*_as_user(), programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log"]
    subprocess.run([*control, "-w", "-o", settings, "start"], check=True, **run)
    try:
        yield f"postgresql://tester:{PASSWORD}@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **run)
        shutil.rmtree(folder)


def fresh(address: str) -> str:
    """Create an empty database with the latest schema on a server; return its URL."""
    name = f"d{uuid.uuid4().hex}"
    template = _migrated_template(address)
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    return f"{address}/{name}"


@cache
def _migrated_template(address: str) -> str:
    """Create a database and run the migrations in it, once per server; a copy is much faster than the migrations."""
    name = "migrated_template"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
    # PostgreSQL copies a template only while nobody is connected to it.
    open_database(f"{address}/{name}").dispose()
    return name
