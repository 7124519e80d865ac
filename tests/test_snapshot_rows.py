"""The snapshot of a day's rows, and its binary format for PostgreSQL."""

import struct

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renown.store.serving import postgres
from renown.store.serving.columns import COLUMNS
from renown.store.serving.snapshot import CHUNK, SnapshotRows

PEOPLE = 260_000
"""More than two chunks, and more than two of DuckDB's row groups."""


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Return the folder of a day with many people, and a DuckDB connection."""
    folder = tmp_path_factory.mktemp("day")
    (folder / "scores").mkdir()
    (folder / "points").mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"""copy (select (hash(n) >> 2)::bigint as person, 'x:' || n as name,
          1 + (hash(n, 1) % 5000) / 100 as score, 1 as people, 2 as days, 1 as networks, 1 as accounts, n as strength,
          score as verified_score
          from range({PEOPLE}) r(n)) to '{folder}/scores/part.parquet'""")
        connection.execute(f"""copy (select person, 'audience' as signal, 1000000 * (strength % 3000) as received
          from '{folder}/scores/part.parquet' where strength % 7 > 0) to '{folder}/points/part.parquet'""")
        yield folder, connection


def test_ranks_and_peer_percentiles_equal_those_of_sql(day):
    """Sorted arrays give the same values as SQL window functions, in rows sorted by key."""
    folder, connection = day
    snapshot = SnapshotRows(connection, folder, None).relation().project("key, name, score, rank, audience, peers")
    sql = f"""
      with known as (select s.*, (received // 1000000)::bigint as audience,
          rank() over (order by score desc) as rank from '{folder}/scores/part.parquet' s
          left join '{folder}/points/part.parquet' p using (person))
      select person, name, score, rank, audience, case when audience is not null then
        100.0::double * (count(*) over band - rank() over (band order by score desc) + 1) / count(*) over band end
      from known window band as (partition by floor(2 * log10(1 + audience))) order by person"""

    assert connection.execute(sql).fetchall() == snapshot.fetchall()


def test_chunks_have_the_rows_of_the_relation(day):
    """Copying chunk by chunk copies the same rows as reading the relation at once."""
    folder, connection = day
    snapshot = SnapshotRows(connection, folder, None)
    relation = snapshot.relation().fetchnumpy()
    chunks = [snapshot.read_chunk(offset) for offset in snapshot.chunk_offsets()]

    assert -(-PEOPLE // CHUNK) == len(chunks)
    for name in COLUMNS:
        column = np.ma.concatenate([chunk[name] for chunk in chunks])
        assert np.ma.filled(relation[name], -1).tolist() == np.ma.filled(column, -1).tolist()


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
def test_binary_blocks_decode_to_the_encoded_rows(rows, block_size):
    """Every row is in the blocks once, in order; a block begins with its first key, and text is in UTF-8."""
    key, real, name = zip(*rows, strict=True)
    columns = {"key": np.array(key), "real": np.array(real), "name": np.array(name, object)}
    blocks = list(decode_blocks(b"".join(postgres.encode_blocks(columns, TYPES, block_size))))

    assert rows == [row for _, *arrays in blocks for row in zip(*arrays, strict=True)]
    assert list(key[::block_size]) == [first_key for first_key, *_ in blocks]
    assert all(len(keys) == block_size for _, keys, *_ in blocks[:-1])


def decode_blocks(data):
    """Yield blocks of a bigint and arrays of bigint, double precision and text, in PostgreSQL's documented format."""
    offset = 0
    while offset < len(data):
        assert (4, 8) == struct.unpack_from(">hi", data, offset)
        yield (struct.unpack_from(">q", data, offset + 6)[0], *(arrays := list(_arrays(data, offset + 14)))[:-1])
        offset = arrays[-1]


def _arrays(data, offset):
    """Yield the values of three arrays, and the offset of their end."""
    for type_id, decode in (
        (20, lambda b: struct.unpack(">q", b)[0]),
        (701, lambda b: struct.unpack(">d", b)[0]),
        (25, bytes.decode),
    ):
        size, *shape, elements, lower_bound = struct.unpack_from(">6i", data, offset)
        assert ([1, 0, type_id], 1) == (shape, lower_bound)
        end, offset, values = offset + 4 + size, offset + 24, []
        for _ in range(elements):
            (width,) = struct.unpack_from(">i", data, offset)
            values.append(decode(data[offset + 4 : offset + 4 + width]))
            offset += 4 + width
        assert end == offset
        yield values
    yield offset
