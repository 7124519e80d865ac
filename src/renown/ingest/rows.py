"""Rows: a batch as it lies in the lake, with keys for ids and days for instants."""

from renown.ingest.keys import ACCOUNT_COLUMNS, first_key, interaction_key
from renown.records import KEPT
from renown.steps import Step, literal

_DAY = {"day_no": 'cast(b."at" // 86400 as integer)', "second": 'cast(b."at" % 86400 as integer)'}
_RENAMED = {"post": "post_id", "created_day": "cast(created_at // 86400 as integer)"}


def rows(table: str, network: str, *, excepted: bool) -> Step:
    """
    Return the step `arriving`: the batch in the lake's columns.

    Parameters
    ----------
    table : str
        A table of `records.SAID`.
    network : str
    excepted : bool
        Whether the step `exceptions` holds rows; looking there costs a join.
    """
    said = {"network": literal(network), **_DAY, **_RENAMED}
    if table in {"interactions", "undone"}:
        said["interaction"] = interaction_key(network, "interaction_id")
    columns = {name: said.get(name, name) for name in KEPT[table]}
    joins = []
    for place, column in enumerate(ACCOUNT_COLUMNS[table]):
        key = column.removesuffix("_id")
        columns[key] = first_key(network, f"b.{column}")
        if excepted:
            columns[key] = f"coalesce(x{place}.account, {columns[key]})"
            joins.append(f"left join exceptions x{place} on x{place}.account_id = b.{column}")
    select = ",\n  ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    sql = f"select\n  {select}\nfrom batch b\n" + "\n".join(joins)
    return Step("arriving", sql, dict(KEPT[table]), ("batch", "exceptions"), stored=False)
