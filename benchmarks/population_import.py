"""Import a generated population, and what attacks add to it, through the lake's own writers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from population import LAST_DAY_NO, VERB_NAMES, Acts, Population, Profile

from renown.home import Home
from renown.ingest import import_batch
from renown.records import BATCH_COLUMNS, VERBS, WHOLE_NETWORK
from renown.steps import Step, quote_literal

NETWORK = "x"


def account_id(account: int) -> str:
    """Return the network's id of an account."""
    return f"u{account}"


def import_population(home: Home, population: Population) -> None:
    """Import a population into an empty home, and verify the claims of its seeds."""
    import_acts(home, population.acts)
    import_profiles(home, population.profiles, day_no=LAST_DAY_NO - population.days + 1)
    verify_people(home, population.seeds)


def import_acts(home: Home, acts: Acts, *, reads: int | None = WHOLE_NETWORK) -> None:
    """Import acts into the lake, as those of a whole network, or else `LOOKED_UP_ACTORS` or None."""
    path = home.settings.home.parent / "acts.parquet"
    _write_acts(acts, path)
    expressions = {
        "verb": "cast(verb as smallint)",
        "at": '"at"',
        "actor_id": "concat('u', actor)",
        "target_id": "concat('u', target)",
        "unverified": "false",
    }
    columns = BATCH_COLUMNS["interactions"]
    columns_sql = ", ".join(f'{expressions.get(name, "cast(null as varchar)")} as "{name}"' for name in columns)
    sql = f"select {columns_sql} from read_parquet({quote_literal(path)})"
    batch = Step(name="batch", sql=sql, columns=dict(columns), stored=False)
    with home.reader() as engine:
        covers = [*([] if reads is None else [reads]), *(VERBS[name] for name in VERB_NAMES)]
        import_batch(engine, home.lake, batch, table="interactions", network=NETWORK, covers=covers)
    path.unlink()


def _write_acts(acts: Acts, path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        columns = {"actor": acts.actor, "target": acts.target, "verb": acts.verb, "at": acts.at}  # noqa: F841 - DuckDB reads it by name
        connection.execute(f"copy (select * from columns) to {quote_literal(path)} (format parquet)")


def import_profiles(home: Home, profiles: Iterable[Profile], *, day_no: int) -> None:
    """Import figures of accounts as of a day."""
    rows = [
        _batch_row(
            "profiles",
            account_id=account_id(profile.account),
            followers=profile.followers,
            lists=profile.lists,
            posts=profile.posts,
            created_at=None if profile.created_day_no is None else profile.created_day_no * 86_400,
            at=day_no * 86_400,
            self_reported=profile.self_reported,
        )
        for profile in profiles
    ]
    with home.reader() as engine:
        import_batch(engine, home.lake, rows, table="profiles", network=NETWORK)


def import_archive_counts(home: Home, account: int, counts: dict[str, int]) -> None:
    """Import counts of reactions, by verb, that an account's owner provided."""
    rows = [
        _batch_row(
            "tallies",
            account_id=account_id(account),
            verb=VERBS[verb],
            count=count,
            at=LAST_DAY_NO * 86_400,
            self_reported=True,
        )
        for verb, count in counts.items()
    ]
    with home.reader() as engine:
        import_batch(engine, home.lake, rows, table="tallies", network=NETWORK, covers=[VERBS[verb] for verb in counts])


def verify_people(home: Home, accounts: Iterable[int]) -> None:
    """Let a person own each account, with a verified claim."""
    at = datetime(2020, 1, 1, tzinfo=UTC)
    for account in accounts:
        home.claims.create_person(f"person {account}", NETWORK, account_id(account), "link", at=at)


def _batch_row(table: str, **values: object) -> tuple[object, ...]:
    """Return a row of a batch; columns without a value are null."""
    return tuple(values.get(name) for name in BATCH_COLUMNS[table])
