"""Archives on the command line: what a network gave somebody of their account, into the lake."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from renown import assembly, jobs
from renown.cli.prints import claimants
from renown.cli.progress import Bar
from renown.connectors import archives
from renown.connectors.base import rows
from renown.records import VERBS


def take(home: assembly.Home, kind: str, paths: Sequence[Path], *, claim: str | None, now: datetime) -> None:
    """Take archives in, after all of them were read whole; with a name, their accounts are that person's."""
    found = [archives.read(kind, path, now=now) for path in paths]
    if claim:
        accounts = [(one.network, one.account.account_id) for one in found]
        person = home.people.add(claim, accounts, at=now)
        for account in accounts:
            home.people.prove(*account, "archive", at=now)
        claimants.claims(person)
    for one in found:
        for table, batch in rows(one.records).items():
            _take(home, one, table, batch)


def _take(home: assembly.Home, said: archives.Contents, table: str, batch: list[tuple[object, ...]]) -> None:
    covers = [VERBS[verb] for verb in said.covers] if table != "profiles" else []
    with home.reader() as engine, Bar() as bar:
        jobs.collect(
            engine,
            home.lake,
            batch,
            table=table,
            network=said.network,
            covers=covers,
            batch_id=f"{said.network} {table} {hashlib.sha256(repr(batch).encode()).hexdigest()}",
            progress=bar,
        )
