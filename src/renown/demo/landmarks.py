"""List the very large accounts of the demo as landmarks, with the counts that the simulated network shows."""

from datetime import date
from pathlib import Path

import tomlkit

from renown.demo.named import LANDMARKS
from renown.demo.networks import NETWORKS
from renown.demo.records import account_id
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import LAKE_COLUMNS, VERBS, day_number
from renown.settings import SETTINGS_FILE

LANDMARKS_FILE = "landmarks.toml"
_NETWORK = next(iter(NETWORKS))
"""Network of all landmarks."""
_WINDOW_DAYS = 90
_TABLES = ("accounts", "profiles", "tallies")


def list_landmarks(home: Path, engine: DuckDB, lake: Lake, *, last: date) -> None:
    """Write the file of landmarks of a demo, and name it in the settings unless they name another."""
    for table in _TABLES:
        engine.scan(table, lake.files(table), LAKE_COLUMNS[table])
    rows = tomlkit.aot()
    for member in LANDMARKS:
        account = account_id(_NETWORK, member.name)
        row = {
            "name": f"The {member.name}",
            "network": _NETWORK,
            "account_id": account,
            "day": last,
            "source": f"https://{NETWORKS[_NETWORK].handle_format.format(member.name)}",
        }
        rows.append(tomlkit.item(row | _read_counts(engine, account, day_number(last))))
    document = tomlkit.document()
    document["landmarks"] = rows
    (home / LANDMARKS_FILE).write_text(tomlkit.dumps(document), encoding="utf-8")
    path = home / SETTINGS_FILE
    settings = tomlkit.parse(path.read_text(encoding="utf-8"))
    if not settings["serve"].get("landmarks"):
        settings["serve"]["landmarks"] = LANDMARKS_FILE
        path.write_text(tomlkit.dumps(settings), encoding="utf-8")


def _read_counts(engine: DuckDB, account: str, day_no: int) -> dict[str, object]:
    """Read the latest profile of an account, and its reactions of the window by verb."""
    [(key,)] = engine.query(f"select account from accounts where account_id = '{account}'")
    [(followers, lists)] = engine.query(
        f"select followers, lists from profiles where account = {key} order by day_no desc limit 1"
    )
    counts: dict[int, int] = dict(
        engine.query(
            "select verb, cast(sum(count) as bigint) from tallies "
            f"where account = {key} and day_no > {day_no - _WINDOW_DAYS} group by verb"
        )
    )
    reactions = {verb: counts[number] for verb, number in VERBS.items() if number in counts}
    return {"followers": followers, "lists": lists, "reactions": reactions}
