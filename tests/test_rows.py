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
        st.floats(allow_nan=False),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    ),
    min_size=1,
)
TYPES = {"key": "bigint", "real": "double precision"}


@given(ROWS, st.integers(1, 5))
def test_binary_blocks_are_read_back(given_rows, people):
    """Every row is there once, in order, in blocks of so many that begin with a key, its text in UTF-8."""
    key, real, name = zip(*given_rows, strict=True)
    columns = {"key": np.array(key), "real": np.array(real), "name": np.array(name, object)}
    blocks = list(parsed(b"".join(binary.encoded(columns, TYPES, people))))

    assert given_rows == [row for _, *arrays in blocks for row in zip(*arrays, strict=True)]
    assert list(key[::people]) == [first for first, *_ in blocks]
    assert all(len(keys) == people for _, keys, *_ in blocks[:-1])


def parsed(said):
    """Yield blocks of a bigint and arrays of bigint, double precision and text, as PostgreSQL documents them."""
    place = 0
    while place < len(said):
        assert (4, 8) == struct.unpack_from(">hi", said, place)
        yield (struct.unpack_from(">q", said, place + 6)[0], *(arrays := list(_arrays(said, place + 14)))[:-1])
        place = arrays[-1]


def _arrays(said, place):
    """Yield what three arrays hold, and where they end."""
    for of, read in (
        (20, lambda b: struct.unpack(">q", b)[0]),
        (701, lambda b: struct.unpack(">d", b)[0]),
        (25, bytes.decode),
    ):
        size, *shape, elements, first = struct.unpack_from(">6i", said, place)
        assert ([1, 0, of], 1) == (shape, first)
        end, place, held = place + 4 + size, place + 24, []
        for _ in range(elements):
            (width,) = struct.unpack_from(">i", said, place)
            held.append(read(said[place + 4 : place + 4 + width]))
            place += 4 + width
        assert end == place
        yield held
    yield place
