"""Rows of a day, and how PostgreSQL takes them."""

import struct

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renown.store import binary
from renown.store.rows import CHUNK, COLUMNS, Rows

PEOPLE = 260_000
"""More than two chunks, and than two of DuckDB's row groups."""


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Return the folder of a day with many people, and a connection."""
    folder = tmp_path_factory.mktemp("day")
    (folder / "scores").mkdir()
    (folder / "points").mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"""copy (select (hash(n) >> 2)::bigint as person, 'x:' || n as name,
          1 + (hash(n, 1) % 5000) / 100 as score, 1 as people, 2 as days, 1 as networks, 1 as accounts, n as strength
          from range({PEOPLE}) r(n)) to '{folder}/scores/part.parquet'""")
        connection.execute(f"""copy (select person, 'audience' as signal, 1000000 * (strength % 3000) as received
          from '{folder}/scores/part.parquet' where strength % 7 > 0) to '{folder}/points/part.parquet'""")
        yield folder, connection


def test_ranks_and_peers_are_those_that_sql_counts(day):
    """What sorting arrays finds is what window functions say, in everybody's own row, sorted by key."""
    folder, connection = day
    served = Rows(connection, folder, None).relation().project("key, name, score, rank, audience, peers")
    said = f"""
      with known as (select s.*, (received // 1000000)::bigint as audience,
          rank() over (order by score desc) as place from '{folder}/scores/part.parquet' s
          left join '{folder}/points/part.parquet' p using (person))
      select person, name, score, place, audience, case when audience is not null then
        100.0::double * (count(*) over band - rank() over (band order by score desc) + 1) / count(*) over band end
      from known window band as (partition by floor(2 * log10(1 + audience))) order by person"""

    assert connection.execute(said).fetchall() == served.fetchall()


def test_chunks_are_the_relation_in_pieces(day):
    """Whoever copies chunk by chunk copies what a stream of all does."""
    folder, connection = day
    served = Rows(connection, folder, None)
    whole = served.relation().fetchnumpy()
    pieces = [served.chunk(first) for first in served.chunks()]

    assert -(-PEOPLE // CHUNK) == len(pieces)
    for name in COLUMNS:
        together = np.ma.concatenate([piece[name] for piece in pieces])
        assert np.ma.filled(whole[name], -1).tolist() == np.ma.filled(together, -1).tolist()


ROWS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    ),
    min_size=1,
)


@given(ROWS)
def test_binary_rows_are_read_back(given_rows):
    """Every row is there once, with its nulls and its text in UTF-8."""
    whole, real, text = (np.array(column, object) for column in zip(*given_rows, strict=True))
    columns = {
        "whole": whole.astype(np.int64),
        "real": np.ma.masked_array([0.0 if x is None else x for x in real], [x is None for x in real]),
        "text": np.ma.masked_array(["" if x is None else x for x in text], [x is None for x in text], object),
    }

    assert sorted(map(repr, given_rows)) == sorted(map(repr, parsed(b"".join(binary.encoded(columns)))))


def parsed(said):
    """Yield rows of a bigint, a double precision and a text, as PostgreSQL documents them."""
    place = 0
    while place < len(said):
        assert (3,) == struct.unpack_from(">h", said, place)
        place += 2
        row = []
        for read in (lambda b: struct.unpack(">q", b)[0], lambda b: struct.unpack(">d", b)[0], bytes.decode):
            (size,) = struct.unpack_from(">i", said, place)
            place += 4
            row.append(None if size < 0 else read(said[place : place + size]))
            place += max(size, 0)
        yield tuple(row)
