"""The command that takes files into the lake."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from renown import jobs
from renown.assembly import Home, open_home
from renown.cli import archives
from renown.cli.progress import Bar
from renown.connectors import files
from renown.connectors.archives import ARCHIVES
from renown.errors import BadInput, BusyLake, HomeError
from renown.records import SAID, VERBS


def import_(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help=f"{', '.join(SAID)}; or {', '.join(ARCHIVES)}.")],
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="CSV, JSON lines (either .gz) or Parquet; an archive's ZIP file or folder."
        ),
    ],
    network: Annotated[str | None, typer.Option(help="Full lower-case name of the network, as bluesky.")] = None,
    map_: Annotated[str, typer.Option("--map", help="FIELD=COLUMN,… where the file's columns have other names.")] = "",
    verbs: Annotated[str, typer.Option(help="WORD=verb,… where the file has words of its own.")] = "",
    at_unit: Annotated[str | None, typer.Option(help="What numbers in `at` count: s, ms, us or ns.")] = None,
    claim: Annotated[str | None, typer.Option(help="Of an archive: the person whose account it is.")] = None,
) -> None:
    """Take files of records, or an archive that a network gave, into the lake, each record once, all or nothing."""
    if table in ARCHIVES:
        if network or map_ or verbs or at_unit:
            msg = f"{table} says itself what is in it; leave out --network, --map, --verbs and --at-unit"
            raise BadInput(msg)
        archives.take(open_home(context.obj, os.environ), table, paths, claim=claim, now=datetime.now(UTC))
        return
    if table not in SAID:
        msg = f"there is nothing called {table!r} to import; known: {', '.join([*SAID, *ARCHIVES])}"
        raise BadInput(msg)
    if claim:
        msg = f"--claim is {claim!r}, but {table} do not prove whose account is in them; claim it with `renown add`"
        raise BadInput(msg)
    words, columns = _pairs("--verbs", verbs), _pairs("--map", map_)
    home, name = open_home(context.obj, os.environ), _network(network)
    found = files.sources(paths, table, columns=columns, verbs=words, unit=at_unit, now=datetime.now(UTC))
    covers = {VERBS[verb] for verb in (words.values() or VERBS)} if table in {"interactions", "tallies"} else set()
    _take(home, table, found, network=name, covers=covers)


def _take(home: Home, table: str, found: list[files.Source], *, network: str, covers: set[int]) -> None:
    with home.reader() as engine, Bar() as bar:
        try:
            jobs.collect(
                engine,
                home.lake,
                files.batch(table, found),
                table=table,
                network=network,
                covers=covers,
                batch_id=f"{network} {files.digest(table, found)}",
                progress=bar,
            )
        except (BusyLake, HomeError):
            raise  # nothing of the files', so they need not be read through
        except Exception as error:
            fault = files.first_fault(table, found)
            if fault is None:
                raise
            raise BadInput(fault) from error


def _network(text: str | None) -> str:
    plain = (text or "").replace("_", "").replace("-", "")
    if text is None or not plain.isalnum() or not text.islower() or len(text) > 40:  # noqa: PLR2004
        given = "missing" if text is None else repr(text)
        msg = f"--network is {given}; write a lower-case name of letters and digits, as bluesky"
        raise BadInput(msg)
    return text


def _pairs(option: str, text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - a name and a value
        msg = f"{option} is {text!r}; write NAME=VALUE,NAME=VALUE"
        raise BadInput(msg)
    return dict(pairs)
