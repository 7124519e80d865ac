"""Pipelines of the documentation: their code runs as it stands, without the programs around renown."""

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer.main

from conftest import new_home
from renown import cli

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "pipelines.md").read_text(encoding="utf-8")


def code_blocks(language=r"\w+"):
    """Return the code blocks of the page, of all languages or one."""
    return [textwrap.dedent(block) for block in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)]


def test_code_of_the_page_is_python_and_calls_commands_that_exist():
    """Of Kafka, Airflow and Dagster, too, which the tests do not start."""
    blocks = code_blocks("python")
    commands = typer.main.get_command(cli.app).commands
    assert len(list(map(ast.parse, blocks))) == 4
    names = re.findall(r"(?:^|[\s\"|])renown ([a-z-]+)", "\n".join(code_blocks()))
    assert {"import", "run", "export"} <= set(names) <= set(commands)


@pytest.mark.proof
def test_acts_are_piped_in_scored_and_exported(tmp_path, monkeypatch):
    """JSON Lines by the function for Kafka, CSV by the shell with a stand-in for psql, then a run and an export."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (tmp_path / "psql").write_text(
        f"#!/bin/sh\necho actor,target,at,verb\necho a,ada,{yesterday:%Y-%m-%d} 01:00,like\n"
    )
    (tmp_path / "psql").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("RENOWN_HOME", str(new_home(tmp_path / "home")))
    (tmp_path / "warehouse").mkdir()
    kafka, *_ = code_blocks("python")
    shell, *_ = code_blocks("sh")
    script = re.sub("export RENOWN_HOME=.*", "set -euo pipefail", shell).replace("/srv/", f"{tmp_path}/")
    names = {}
    exec(compile(kafka, "page", "exec"), names)  # noqa: S102 - our own page

    act = {"target": "ada", "verb": "repost", "at": int(yesterday.timestamp())}
    names["import_acts"](json.dumps({"actor": actor} | act).encode() for actor in "bcd")
    subprocess.run(["/bin/bash", "-c", script], check=True)

    [file] = (tmp_path / "warehouse" / "scores").glob("day=*/part-0.parquet")
    renown = f"{Path(sys.executable).parent}/renown"
    output = subprocess.run([renown, "top", "--json"], capture_output=True, text=True, check=True).stdout
    assert "office:ada" == json.loads(output)["leaders"][0]["name"]
    assert file.stat().st_size
