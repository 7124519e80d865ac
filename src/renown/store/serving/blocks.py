"""SQL over the blocks of people that a snapshot in PostgreSQL has: rows of all people, and of one."""

from renown.store.serving.columns import COLUMNS, percentile_sql, unmark_null_sql

_ROW_SQL = ", ".join(f"{unmark_null_sql(name, f'{name}[i]')} as {name}" for name in COLUMNS)
UNNEST_SQL = "{blocks} cross join lateral generate_subscripts(key, 1) i"
SERVED_COLUMNS_SQL = f"{_ROW_SQL}, {percentile_sql('scored', 'nullif(rank[i], -1)')}, day_no, copy"
PERSON_SQL = f"""(select {SERVED_COLUMNS_SQL} from (
    select *, array_position(key, :key) as i from blocks where block <= :key order by block desc limit 1) block
  where i is not null) person"""
"""FROM clause that finds the person with ``:key``: in the last block that begins at or before it."""

NEXT_RANK_SQL = "select min(rank) from (select unnest(rank) as rank from blocks) ranks where rank > :rank"
"""SELECT of the next rank: over the arrays, twice as fast as the view."""
