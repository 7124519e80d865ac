"""The snapshot of a day's rows, and its binary formats for PostgreSQL and SQLite."""

import struct

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renown.store.serving import postgres, sqlite
from renown.store.serving.batches import Texts
from renown.store.serving.columns import COLUMNS, NULL_MARKERS
from renown.store.serving.packed_blocks import BLOCK_PEOPLE, PackedBlock, read_array
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
    columns = read_columns(SnapshotRows(connection, folder, None))
    sql = f"""
      with known as (select s.*, (received // 1000000)::bigint as audience,
          rank() over (order by score desc) as rank from '{folder}/scores/part.parquet' s
          left join '{folder}/points/part.parquet' p using (person))
      select person, name, score, rank, audience, case when audience is not null then
        100.0::double * (count(*) over band - rank() over (band order by score desc) + 1) / count(*) over band end
      from known window band as (partition by floor(2 * log10(1 + audience))) order by person"""

    people = zip(*(columns[name] for name in ("key", "name", "score", "rank", "audience", "peers")), strict=True)
    assert connection.execute(sql).fetchall() == list(people)


def read_columns(rows):
    """Return all columns of all chunks as lists; None for null."""
    chunks = list(rows.iter_chunks())
    assert all(len(chunk["key"]) <= CHUNK for chunk in chunks)
    assert len(chunks) >= PEOPLE / CHUNK
    columns = {name: [] for name in COLUMNS}
    for chunk in chunks:
        for name, sql_type in COLUMNS.items():
            marker = NULL_MARKERS[sql_type]
            values = chunk[name].take(np.arange(len(chunk["key"]))).tolist()
            columns[name] += values if name == "key" else [None if v == marker or v != v else v for v in values]  # noqa: PLR0124 - NaN
    return columns


def test_people_without_a_score_keep_their_slots(day, tmp_path):
    """Whoever had a score before has a row with the slot, at their place among the others; newcomers get the next."""
    folder, connection = day
    expected = read_columns(SnapshotRows(connection, folder, None))
    absent = [-7, expected["key"][0] - 1, expected["key"][CHUNK] - 1, expected["key"][-1] + 1]
    known = dict(zip([*absent, *expected["key"][::1000]], range(10**6), strict=False))
    rows = ", ".join(f"({key}, {slot})" for key, slot in known.items())
    connection.execute(
        f"copy (select col0::bigint as person, col1::integer as slot from (values {rows})) to '{tmp_path}/x.parquet'"
    )

    columns = read_columns(SnapshotRows(connection, folder, tmp_path))

    assert sorted([*absent, *expected["key"]]) == columns["key"]
    slots = dict(zip(columns["key"], columns["slot"], strict=True))
    assert known == {key: slots[key] for key in known}
    assert list(range(PEOPLE + len(absent))) == sorted(slots.values())
    for name in set(COLUMNS) - {"key", "slot"}:
        by_key = dict(zip(columns["key"], columns[name], strict=True))
        assert [None] * len(absent) == [by_key.pop(key) for key in absent]
        assert expected[name] == list(by_key.values())


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
    columns = {"key": np.array(key), "real": np.array(real), "name": texts(name)}
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


def texts(names):
    """Return names as `Texts`, between others."""
    sizes = [len(name.encode()) for name in names]
    raw = np.frombuffer(f"before{''.join(names)}after".encode(), np.uint8)
    return Texts(np.cumsum([len("before"), *sizes], dtype=np.int32), raw)


VALUES = {
    "bigint": st.none() | st.integers(0, 2**63 - 1),
    "integer": st.none() | st.integers(0, 2**31 - 1),
    "double precision": st.none() | st.floats(0, 100),
    "text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
}
PEOPLE_LISTS = st.sampled_from([1, 2, BLOCK_PEOPLE, BLOCK_PEOPLE + 1]).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, min_size=n, max_size=n).map(sorted),
        st.lists(
            st.tuples(*(VALUES[sql_type] for name, sql_type in COLUMNS.items() if name != "key")),
            min_size=1,
            max_size=4,
        ),
    )
)


def pack(people):
    """Pack people, as rows of `COLUMNS`, into blocks."""
    columns = {}
    for (name, sql_type), values in zip(COLUMNS.items(), zip(*people, strict=True), strict=True):
        marked = [NULL_MARKERS[sql_type] if value is None else value for value in values]
        dtype = {"bigint": np.int64, "integer": np.int32, "double precision": float}.get(sql_type)
        columns[name] = texts(marked) if sql_type == "text" else np.array(marked, dtype)
    return [(first_key, bytes(numbers), bytes(names)) for first_key, numbers, names in sqlite.pack_blocks(columns)]


@given(PEOPLE_LISTS)
def test_packed_blocks_have_everybody(keys_and_values):
    """Each person is found in the block that begins at or before their key, with every value, and nobody else."""
    keys, values = keys_and_values
    people = [(key, *values[index % len(values)]) for index, key in enumerate(keys)]
    blocks = pack(people)

    assert keys[::BLOCK_PEOPLE] == [first_key for first_key, *_ in blocks]
    for person in people:
        _, numbers, names = [block for block in blocks if block[0] <= person[0]][-1]
        block = PackedBlock(numbers, names)
        position = block.find(person[0])
        assert person == tuple(block.read(position, name) for name in COLUMNS)
        assert person[0] + 1 in keys or block.find(person[0] + 1) is None


@given(PEOPLE_LISTS, st.randoms(use_true_random=False))
def test_packed_block_without_some_people_has_the_others(keys_and_values, draw):
    """Of those who are cut out not a byte remains; the others are as before."""
    keys, values = keys_and_values
    people = [(key, *values[index % len(values)]) for index, key in enumerate(keys)][:BLOCK_PEOPLE]
    gone = set(draw.sample([person[0] for person in people], draw.randrange(len(people) + 1)))
    remaining = [person for person in people if person[0] not in gone]
    [(_, *blobs)] = pack(people)

    *smaller_blobs, first_key = PackedBlock(*blobs).without(gone)

    assert (
        [(first_key, *smaller_blobs)] == pack(remaining)
        if remaining
        else (b"", b"", None) == (*smaller_blobs, first_key)
    )
    assert [person[0] for person in remaining] == list(read_array(smaller_blobs[0], "key"))


@pytest.mark.parametrize("change", [lambda n, t: (n[:-1], t), lambda n, t: (n, t[:-1]), lambda n, t: (n[8:], t + b"x")])
def test_blobs_that_do_not_fit_together_are_refused(change):
    """Cut numbers, or cut or longer names, are no block."""
    [(_, numbers, names)] = pack([(1, 0, "ann", *[1] * 10), (2, 1, "bob", *[1] * 10)])
    assert "bob" == PackedBlock(numbers, names).read(1, "name")

    with pytest.raises(ValueError, match="bytes are not the"):
        PackedBlock(*change(numbers, names))
