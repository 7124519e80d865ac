"""Import files: what is read, what is refused, and that the explanation comes from the parser that refused it."""

import gzip
import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proofs import scaled
from renown.connectors.mastodon.ids import normalize_account_id
from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError, StepFailedError
from renown.imports import files, invalid_records, post_details
from renown.imports.column_reader import ColumnReader
from renown.imports.field_sql import id_problem_sql, is_plain_id_sql, optional_text_sql
from renown.imports.record_steps import batch_step
from renown.records import MAX_ID_BYTES
from renown.runs.import_files import read_batch

NOW = datetime(2026, 11, 28, tzinfo=UTC)
HEADER = "actor,target,at,verb\n"
ARABIC_DIGITS = "".join(chr(0x660 + int(digit)) for digit in "1795860000")


ADDRESSES = st.from_regex(r"@?[A-Za-z0-9_]{1,9}@[A-Za-z0-9-]{1,9}\.[A-Za-z]{2,5}(:[0-9]{2,4})?", fullmatch=True)


@pytest.fixture(scope="module")
def engine():
    """Return a session for all tests: opening one takes longer than reading a file."""
    with DuckDB() as session:
        yield session


@pytest.fixture
def read(engine, tmp_path):
    """Return a function that reads a file's content as a table: its rows, or what is wrong."""

    def read_content(content: str | bytes, name: str = "acts.csv", table: str = "interactions", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_file(engine, path, table, **options)

    return read_content


def read_file(engine: DuckDB, path: Path, table: str = "interactions", **options) -> list[tuple] | str:
    """Read a file as the import does; a refusal and its explanation must agree."""
    reader = ColumnReader(**{"now": NOW, "network": "x"} | options)
    try:
        import_files = files.inspect_files([path], table, reader)
    except InvalidInputError as error:
        return str(error)
    try:
        is_posts = table == "posts"
        step = post_details.load_post_details(engine, import_files) if is_posts else batch_step(table, import_files)
        engine.run(step)
        rows = engine.query("select * from batch")
    except (StepFailedError, duckdb.Error) as error:
        problem = invalid_records.explain_failure(table, import_files, error)
        assert problem is not None
        return problem
    assert invalid_records.find_first_error(table, import_files) is None
    return rows


def read_actors(result: list[tuple] | str) -> list[str]:
    """Return the accounts that acted."""
    assert not isinstance(result, str), result
    return [row[2] for row in result]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20 09:00:00", "2026-11-20T00:00:00Z"),
        ("2026-11-20T09:00", "2026-11-20T00:00:00Z"),
        ("2026-11-20 08:59:59.9", "2026-11-19T23:59:59Z"),
        ("2026-11-20", "2026-11-19T15:00:00Z"),
        ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z"),
        ("2026-11-20 09:00:00+02", "2026-11-20T07:00:00Z"),
        ("1795168800", "2026-11-20T10:00:00Z"),
    ],
)
def test_local_times_are_read_in_the_zone_that_is_named(read, tmp_path, text, expected):
    """Offsets and numbers are kept to; the same file as Parquet gives the same."""
    content = HEADER + f"a,b,{text},like\n"
    instant = int(datetime.fromisoformat(expected).timestamp())

    assert [instant] == [row[5] for row in read(content, timezone="Asia/Tokyo")]
    if "Z" not in text and "+" not in text and "-" in text:
        path = tmp_path / "local.parquet"
        duckdb.execute(f"copy (select 'a' actor, 'b' target, timestamp '{text}' \"at\", 'like' verb) to '{path}'")
        assert [instant] == [row[5] for row in read(path.read_bytes(), "local.parquet", timezone="Asia/Tokyo")]
    local = files.find_local_instant(
        files.inspect_files([tmp_path / "acts.csv"], "interactions", ColumnReader(now=NOW))
    )
    assert local == (text if "Z" not in text and "+" not in text and "-" in text else None)


@pytest.mark.parametrize(
    ("time_format", "text", "zone", "expected"),
    [
        ("%d/%m/%Y %H:%M", "06/10/2026 15:29", "UTC", "2026-10-06T15:29:00Z"),
        ("%m/%d/%Y %H:%M", "06/10/2026 15:29", "UTC", "2026-06-10T15:29:00Z"),
        ("%m/%d/%y, %I:%M %p", '"6/10/26, 3:29 PM"', "Europe/Berlin", "2026-06-10T13:29:00Z"),
        ("%d.%m.%Y", "6.10.2026", "Asia/Tokyo", "2026-10-05T15:00:00Z"),
        ("%a %b %d %H:%M:%S %z %Y", "Tue Oct 06 15:29:07 +0200 2026", "Asia/Tokyo", "2026-10-06T13:29:07Z"),
        ("%Y%m%d", "20261006", "UTC", "2026-10-06T00:00:00Z"),
    ],
)
def test_timestamps_in_a_format(read, tmp_path, time_format, text, zone, expected):
    """Text is read as the format says, in the named zone unless it has an offset; only local times are reported."""
    content = HEADER + f"a,b,{text},like\n"

    [row] = read(content, time_format=time_format, timezone=zone)
    assert row[5] == int(datetime.fromisoformat(expected).timestamp())
    reader = ColumnReader(now=NOW, time_format=time_format)
    local = files.find_local_instant(files.inspect_files([tmp_path / "acts.csv"], "interactions", reader))
    assert local == (None if "%z" in time_format else text.strip('"'))


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            "06/10/2026 15:29",
            {},
            "in ISO 8601; time_format='%d/%m/%Y %H:%M' reads 2026-10-06, time_format='%m/%d/%Y %H:%M' reads 2026-06-10",
        ),
        ("26/10/2026", {}, "in ISO 8601; time_format='%d/%m/%Y' reads 2026-10-26"),
        ("9/12/2026", {}, "in ISO 8601; time_format='%m/%d/%Y' reads 2026-09-12"),
        ("31/02/2026", {"time_format": "%d/%m/%Y"}, "is not a timestamp in the format '%d/%m/%Y' (see time_format)"),
        ("6.10.2026", {"time_format": "%d.%m"}, "is not a timestamp in the format '%d.%m' (see time_format)"),
        ("6.10.2026", {"time_format": "%Q"}, "time_format is '%Q'; write directives of strptime, such as"),
        ("6.10.2026", {"time_format": ""}, "time_format is ''"),
        ("6.10.2026", {"time_format": "%d", "unit": "s"}, "unit is for numbers, time_format for text; write one"),
    ],
)
def test_timestamps_in_another_format_are_refused(read, text, options, message):
    """The error suggests formats that read the value, and both if day and month can be swapped."""
    assert message in read(HEADER + f"a,b,{text},like\n", **options)


def test_another_time_format_or_zone_is_another_batch(tmp_path):
    """A file that was read with the wrong one first is not taken for imported."""
    (tmp_path / "acts.csv").write_text(HEADER + "a,b,06/10/2026,like\n")
    options = ({"time_format": "%d/%m/%Y"}, {"time_format": "%m/%d/%Y"}, {"timezone": "EST"}, {"time_format": "EST"})
    readers = [ColumnReader(now=NOW, **option) for option in options]
    inspected = [files.inspect_files([tmp_path / "acts.csv"], "interactions", reader) for reader in readers]
    assert len({files.compute_digest("interactions", import_files) for import_files in inspected}) == len(readers)


def test_summer_time_and_unknown_zones(read):
    """A zone has another offset in summer; a zone that nobody knows is refused before anything is read."""
    content = HEADER + "a,b,2026-07-01 12:00:00,like\na,b,2026-11-01 12:00:00,like\n"

    hours = [datetime.fromtimestamp(row[5], UTC).hour for row in read(content, timezone="Europe/Berlin")]
    assert [10, 11] == hours
    assert "timezone is 'Berlin'; write a name of the IANA database" in read(content, timezone="Berlin")


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T01:30:00Z"),
        ("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T01:30:00Z"),
        ("America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:30:00Z"),
        ("America/New_York", "2026-11-01 01:30:00", "2026-11-01T06:30:00Z"),
        ("Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04T15:15:00Z"),
        ("Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z"),
    ],
)
def test_local_times_that_clocks_skip_or_pass_twice(read, zone, local, expected):
    """The later of the two instants that it can be, in text and Parquet; half an hour and a whole day, too."""
    instant = datetime.fromisoformat(expected)
    both = {datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() for fold in (0, 1)}
    assert len(both) == 2
    assert max(both) == instant.timestamp()

    now = datetime(2026, 12, 1, tzinfo=UTC)
    [row] = read(f"{HEADER}a,b,{local},like\n", timezone=zone, now=now)
    assert instant.timestamp() == row[5]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("9.06E+17", "floating point"),
        ('"9,06E+17"', "floating point"),
        ("1e+21", "floating point"),
        ("906000123456789504.0", "floating point"),
        ("123.", "floating point"),
        ("nan", "a word for a missing value"),
        ("None", "a word for a missing value"),
        (r"\N", "a word for a missing value"),
        ('"{""id"": 7}"', "is an object or list"),
        ("[object Object]", "is an object or list"),
        ("  ", "is empty"),
    ],
)
def test_damaged_id_is_refused_with_a_remedy(read, text, problem):
    """What a spreadsheet, pandas or JavaScript made of an id is no id: three people would become one."""
    result = read(HEADER + f"a,b,2026-11-20,like\n{text},b,2026-11-20,like\n")

    assert re.search(rf"acts\.csv, line 3: actor .* {problem}", str(result))


@pytest.mark.parametrize("text", ["5e10", "12.5", "1355517523.000005", "did:web:a.example", "v1.0", "UC-x_+9", "NAN"])
def test_unusual_id_is_read(read, text):
    """Ids that only look like numbers or words."""
    assert [text] == read_actors(read(HEADER + f"{text},b,2026-11-20,like\n"))


@pytest.mark.parametrize(
    ("network", "names", "account"),
    [
        ("x", ["ada", " ada", "ada ", "@ada", "\u00a0ada", "\tada"], "ada"),
        ("matrix", ["@ada:example.org", " @ada:example.org"], "@ada:example.org"),
        ("mastodon", ["ada@example.social", "@Ada@Example.social", " @ada@EXAMPLE.social "], "ada@example.social"),
        ("bluesky", ["ada.example", "@Ada.example"], "ada.example"),
        ("bluesky", ["did:plc:Abc", " did:plc:Abc"], "did:plc:Abc"),
    ],
)
def test_spellings_of_a_name_are_one_account(read, network, names, account):
    """Blanks, @ and capitals are normalized as by the network's connector."""
    lines = "".join(f"{name},b,2026-11-20,like\n" for name in names)

    assert [account] * len(names) == read_actors(read(HEADER + lines, network=network))


@given(names=st.lists(ADDRESSES, min_size=20, max_size=20))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_addresses_are_normalized_as_by_the_connector(read, names):
    """The SQL and `normalize_account_id` give the same ids."""
    lines = "".join(f"{name},b,2026-11-20,like\n" for name in names)

    assert [normalize_account_id(name.lstrip("@"), "") for name in names] == read_actors(
        read(HEADER + lines, network="mastodon")
    )


def test_address_outside_of_dns_is_refused_with_its_name_in_dns(read):
    """The connector writes such a domain in ASCII."""
    result = read(HEADER + "eva@BÜCHER.example,b,2026-11-20,like\n", network="mastodon")

    assert "write 'eva@xn--bcher-kva.example'" in str(result)


def test_missing_values_of_optional_fields_are_unknown(read):
    """What R, pandas, MySQL and Python write for nothing is no figure, no post, and no id that all records share."""
    words = ["NA", r"\N", "NULL", "nan", "None", "", " "]
    figures = read("account,at,followers\n" + "".join(f"a,2026-11-20,{word}\n" for word in words), table="profiles")
    acts = read("actor,target,at,verb,post,id\n" + "".join(f"a,b,2026-11-20,like,{word},{word}\n" for word in words))

    assert [None] * 7 == [row[2] for row in figures]
    assert [(None, None)] * 7 == [(row[0], row[4]) for row in acts]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00"),
        ("2026-11-20 24:00:00", "2026-11-21T00:00:00"),
        ("2026-11-20T10:00:00+05:30", "2026-11-20T04:30:00"),
        (" 1795860000 ", "2026-11-28T10:00:00"),
        ("1795860000.9", "2026-11-28T10:00:00"),
    ],
)
def test_instant_is_read(read, text, instant):
    """In whichever form it is written."""
    [row] = read(HEADER + f"a,b,{text},like\n", now=datetime(2026, 11, 29, tzinfo=UTC))

    assert int(datetime.fromisoformat(instant + "+00:00").timestamp()) == row[5]


@pytest.mark.parametrize(
    "text",
    [
        *("2026-W47-5", "20261120T100000Z", "infinity", "-infinity", "epoch", "now", "nan", "inf", "20/11/2026"),
        *("2026-11-20T10:00:60Z", "2026-11-20T10:00:00 PM", "2026-11-20 (BC)", ARABIC_DIGITS, "1e999"),
        *("99999999999999999999", "9" * 5000, "294247-01-01", "NULL", "true"),
    ],
)
def test_invalid_instant_is_explained_by_line_and_value(read, text):
    """Also where another parser would read it."""
    result = read(HEADER + f"a,b,2026-11-20,like\na,b,{text},like\n")

    assert f"acts.csv, line 3: at '{text[:30]}" in str(result)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("at=2026-02-30T10:00:00Z", "is a day or time that does not exist; correct it"),
        ("at=2026-11-20 25:00", "is a day or time that does not exist; correct it"),
        ("at=yesterday", "is not a timestamp; write ISO 8601"),
        ("at=1795168800000000", "is after the year 9999; in us it would be 2026-11-20T10:00:00+00:00: try unit='us'"),
        ("verb=lik", "did you mean 'like'? Map it with verbs={'lik': 'like'}"),
        ("verb=Likes", "did you mean 'like'? Map it with verbs={'Likes': 'like'}"),
        ("verb=re post", "did you mean 'repost'? Map it with verbs={'re post': 'repost'}"),
        ("verb=smile", ". Map it with verbs={'smile': 'VERB'}"),
    ],
)
def test_error_says_what_to_do_about_the_value(read, value, message):
    """A remedy that is followed literally does not make the records wrong."""
    field, _, text = value.partition("=")
    record = {"actor": "a", "target": "b", "at": "2026-11-20", "verb": "like", field: text}

    assert message in str(read(HEADER + ",".join(record.values()) + "\n"))


@pytest.mark.parametrize("count", ["many", ""])
def test_required_count_cannot_be_left_empty(read, count):
    """The words of a required field do not propose what is refused."""
    message = str(read(f"account,verb,count,at\na,view,{count},2026-11-20\n", table="tallies"))

    assert "acts.csv, line 2: count" in message
    assert "leave it empty" not in message


def test_columns_are_matched_regardless_of_case(read):
    """Spreadsheets write names with capitals and blanks; of two that differ in case alone, neither is guessed."""
    expected = read(HEADER + "a,b,2026-11-20,like\n")

    assert expected == read("Actor, TARGET_ID ;At;Verb\n".replace(", ", "; ") + "a;b;2026-11-20;like\n")
    assert expected == read('{"Actor": "a", "Target": "b", "AT": "2026-11-20", "verb": "like"}\n', name="acts.jsonl")
    assert "no column for at" in str(read("actor,target,At,AT,verb\na,b,2026-11-20,2026-11-20,like\n"))


@pytest.mark.parametrize(("unit", "name"), [(None, "seconds"), ("ms", "milliseconds")])
def test_units_of_time_have_their_names(read, unit, name):
    """A letter would not say what the number counts."""
    assert f"a number of {name} (see unit)" in str(read(HEADER + "a,b,soon,like\n", unit=unit))


def test_other_formats_are_to_be_saved_anew(read):
    """To rename a spreadsheet would not help."""
    assert "unknown file format; save the records as CSV (.csv)" in str(read("PK", name="acts.xlsx"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER + "a,b,2026-11-20,like\na,b,2026-11-20,like,5\n", "line 3: 5 fields, but the header has 4"),
        (HEADER + 'a,"b,2026-11-20,like\na,b,2026-11-20,like\n', "line 2: a quote is not closed"),
        (HEADER + 'a,"b\\" c",2026-11-20,like\n', "line 2: a quote is not closed, or text follows it"),
        (HEADER.replace("\n", "\r\n") + "a,b,2026-11-20,like\n", "the lines end in different ways"),
        (HEADER.encode("utf-16"), "line 1: the file is UTF-16"),
        ("actor,täter\n".encode("latin-1"), "line 1: .* is not UTF-8"),
        (HEADER.encode() + b"\xe9,b,2026-11-20,like\n", "line 2: not UTF-8"),
        ("223789 213163 1341100972 MT\n", "line 1: .*not a header with separators, but columns with blanks"),
        (HEADER + f"{'a' * (17 << 20)},b,2026-11-20,like\n", "line 2: the line is too long"),
        (HEADER + "\n\na,b,2026-11-20,like\n\n,b,2026-11-20,like\n", "line 6: actor '' is empty"),
        (HEADER + '"a\nb",b,2026-11-20,like\n,b,2026-11-20,like\n', "record 2: actor '' is empty"),
        (HEADER + '"a\x01",b,2026-11-20,like\n,b,2026-11-20,like\n', "record 2: actor '' is empty"),
        ("sep=;\n" + HEADER.replace(",", ";") + ";b;2026-11-20;like\n", "line 3: actor '' is empty"),
        ((HEADER + ",b,2026-11-20,like\n").replace("\n", "\r"), "line 2: actor '' is empty"),
    ],
)
def test_unreadable_csv_is_explained(read, content, message):
    """The parser that refuses a file says where and why."""
    assert re.search(rf"acts\.csv, {message}|acts\.csv: .*{message}", str(read(content)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{bad", "line 3: '{bad' is not a JSON object"),
        ("[1]", r"line 3: '\[1\]' is not a JSON object"),
        ('{"actor": 1} {"actor": 2}', "line 3: .* is not a JSON object"),
        ('{"actor": 1, "actor": 2}', "line 2: cannot be read .*duplicate key"),
        ('{"actor": {"id": 7}, "target": "b", "at": 1795500000, "verb": "like"}', "line 3: actor .* is an object"),
        ('{"actor": [7], "target": "b", "at": 1795500000, "verb": "like"}', "line 3: actor .* is an object"),
        ('{"actor": 9.06e17, "target": "b", "at": 1795500000, "verb": "like"}', "line 3: actor .* floating point"),
        ('{"actor": "a", "target": "b", "at": null, "verb": "like"}', "line 3: at None is empty"),
        ('{"actor": ' + "[" * 100_000, "line 3: .* is not a JSON object"),
        (
            '{"actor": ' + "9" * 5000 + ', "target": "b", "at": 1795500000, "verb": "like"}',
            "line 3: actor '9999.* is 5,000 bytes long",
        ),
    ],
)
def test_invalid_json_lines_are_explained(read, line, message):
    """A blank line counts as a line."""
    good = '{"actor": "a", "target": "b", "at": 1795500000, "verb": "like"}'
    for name in ("acts.jsonl", "acts.jsonl.gz"):
        content = f"{good}\n\n{line}\n{good}\n".encode()
        result = read(gzip.compress(content) if name.endswith("gz") else content, name)
        assert re.search(rf"{name}, {message}", str(result)), result


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("906000123456789504.0::double as actor", "the column 'actor' has the type DOUBLE; long ids lose digits"),
        (
            "{'id': 7} as actor",
            "the column 'actor' has the type STRUCT.*; write the value in it to a column of its own",
        ),
        ("[7] as actor", r"has the type INTEGER\[\]"),
        ("true as actor", "has the type BOOLEAN"),
        ("now() as actor", "has the type TIMESTAMP"),
        ("'a' as actor, time '10:00' as at", "the column 'at' has the type TIME"),
        ("'a' as actor, 'infinity'::timestamp as at", "row 1: at 'infinity' is not a timestamp"),
        ("'a' as actor, 'nan'::double as at", "row 1: at 'nan' is not a timestamp"),
        ("'a' as actor, 5 as verb", "row 1: verb '5' is not a known verb"),
    ],
)
def test_types_of_parquet_are_checked(engine, tmp_path, columns, message):
    """An id in floating point, an object, a truth value: refused by column, or by row."""
    defaults = {"target": "'b'", "at": "1795500000", "verb": "'like'"}
    missing = ", ".join(f"{sql} as {name}" for name, sql in defaults.items() if f"as {name}" not in columns)
    engine.execute(f"copy (select {columns}, {missing}) to '{tmp_path / 'acts.parquet'}' (format parquet)")

    assert re.search(message, str(read_file(engine, tmp_path / "acts.parquet")))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("python", "python"),
        (" #Python , open  data,PYTHON,,", "python,open data"),
        ("a;b|c", "a,b,c"),
        ("<c++><c#>", "c++,c#"),
        ("#Open #Data", "open,data"),
        ('["C, C++", "Go", null, 2026]', "c c++,go,2026"),
        (",".join("abcdefghijklm"), "a,b,c,d,e,f,g,h,i,j"),
        ("[]", None),
        ("NULL", None),
        ("", None),
        ("🎉,#", None),
        ("x" * 61, None),
    ],
)
def test_tags_of_posts_are_those_of_connectors(read, tmp_path, tags, expected):
    """A text with separators in CSV and JSON Lines, a list in JSON Lines and Parquet: the same tags, normalized."""
    texts = {"account": "a", "post": "p", "tags": tags}
    contents = [("posts.jsonl", json.dumps(texts))]
    if tags.startswith("["):
        contents.append(("posts.jsonl", json.dumps(texts | {"tags": json.loads(tags)})))
        frame_sql = f"select 'a' account, 'p' post, '{tags}'::json::varchar[] tags"
        duckdb.execute(f"copy ({frame_sql}) to '{tmp_path / 'list.parquet'}'")
        contents.append(("posts.parquet", (tmp_path / "list.parquet").read_bytes()))
    quoted = tags.replace('"', '""')
    contents.append(("posts.csv", f'account,post,tags\na,p,"{quoted}"\n'))

    for name, content in contents:
        [row] = read(content, name, "posts")
        assert ("a", "p", None, None, expected, int(NOW.timestamp())) == row


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,p,T,/wiki/1,", "line 2: url '/wiki/1' is not an address on the web; write all of it, from https:// on"),
        ("a,p,T,javascript:alert(1),", "is not an address on the web"),
        ('a,p,T,"https://x.example/\n1",', "is not an address on the web"),
        (f"a,p,T,https://x.example/{'ß' * 600},", "is 1,218 bytes long; an address has at most 1,024"),
        ('a,p,T,,"[a, b]"', r"tags '\[a, b\]' is not a list of tags; write them with commas between them"),
        ('a,p,T,,"{a,b}"', "is not a list of tags"),
        ('a,p,T,,"[{""name"": ""a""}]"', "is not a list of tags"),
        ('a,p,T,,"[[""a""]]"', "is not a list of tags"),
        ("a,,T,,", "post '' is empty; every record needs it"),
        (",p,T,,", "account '' is empty"),
    ],
)
def test_invalid_details_of_posts_are_explained(read, line, message):
    """By line and value, as in the other tables."""
    assert re.search(message, str(read(f"account,post,title,url,tags\n{line}\n", table="posts")))


def test_a_file_of_posts_has_details(read):
    """A file with ids alone would be imported and say nothing; an instant is not needed."""
    assert "no column for any of title, url, tags; the file has: account, post, name" in read(
        "account,post,name\na,p,T\n", table="posts"
    )
    content = "account,post,name,url,at\n@a, p ,T,https://x.example/a b,1795500000\n"
    assert [("a", "p", "T", "https://x.example/a b", None, 1795500000)] == read(
        content, table="posts", columns={"title": "name"}
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tags=st.text() | st.from_regex(r"\[([0-9eE.+-]{1,9}|\"[^\"]{0,5}\"|null|NaN|,){0,5}\]", fullmatch=True))
@example(tags="[NaN, Infinity,]")
@example(tags="[1e999]")
@example(tags="[" + "7" * 5000 + "]")
@example(tags='["\\ud800"]')
@example(tags="[" * 200 + "]" * 200)
def test_any_tags_are_read_or_explained(read, tags):
    """What the SQL takes for a JSON list, Python can read."""
    result = read(json.dumps({"account": "a", "post": "p", "tags": tags}), "posts.jsonl", "posts")

    assert "line 1" in result if isinstance(result, str) else 1 == len(result)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.from_regex(r"[A-Za-z0-9_:/.,+{\[@ -]{1,12}", fullmatch=True), st.text(max_size=1100)))
@example(text="7" * 1025)
@example(text="NaN")
@example(text="12e5")
@example(text="7.0")
@example(text="a7 ")
def test_plain_ids_would_pass_all_other_checks(engine, text):
    """An id that is recognized by one expression is what cleaning leaves of it, and no check finds a problem."""
    reader = ColumnReader(now=NOW)
    arguments = ("text", "VARCHAR", reader)
    id_sql, problem_sql = optional_text_sql(*arguments), id_problem_sql(*arguments)

    [(is_plain, id_text, problem)] = engine.execute(
        f"select {is_plain_id_sql(*arguments)}, {id_sql}, {problem_sql} from (select $1::varchar as text)", [text]
    ).fetchall()

    assert not is_plain or (text, None) == (id_text, problem)
    assert is_plain or not text.isascii() or not text.isalnum() or text.isalpha() or len(text) > MAX_ID_BYTES


@pytest.mark.parametrize(("actor", "is_unchanged"), [("ada1", True), ("bob", True), ("@ada1", False), (" ada1", False)])
def test_records_with_unchanged_account_ids_are_read_alike(engine, tmp_path, actor, is_unchanged):
    """If all ids are as they should be, records are the same without cleaning each of them."""
    path = tmp_path / "acts.csv"
    path.write_text("actor,target,at,verb,post\n" + f"{actor},eve,2026-11-20,like, p7 \nbob,cyd,2026-11-20,like,NaN\n")
    import_files = files.inspect_files([path], "interactions", ColumnReader(now=NOW, network="x"))
    steps = read_batch("interactions", import_files)
    engine.run(steps.account_ids)
    engine.run(steps.batch)
    records = sorted(engine.query("select * from batch"), key=str)
    engine.run(steps.batch_of_unchanged_ids)

    ids = {record[index] for record in records for index in (2, 3)}
    assert ids == {account_id for (account_id,) in engine.query("select distinct account_id from account_ids")}
    assert is_unchanged == (not engine.query("select 1 from account_ids where not is_unchanged"))
    assert is_unchanged == (records == sorted(engine.query("select * from batch"), key=str))
    assert {"p7", None} == {record[4] for record in records}


def test_integers_of_parquet_are_ids(engine, tmp_path):
    """Whole numbers keep all their digits, whatever their width."""
    columns = "906000123456789504::ubigint as actor, 7::utinyint as target, date '2026-11-20' as at, 'like' as verb"
    engine.execute(f"copy (select {columns}) to '{tmp_path / 'acts.parquet'}' (format parquet)")

    [row] = read_file(engine, tmp_path / "acts.parquet")

    assert ("906000123456789504", "7") == row[2:4]


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nactor;target;at;verb\na;b;2026-11-20;like\n",
        "actor;text, long, with commas, and more;target;at;verb\na;t;b;2026-11-20;like\n",
        "actor,target,at,verb\ra,b,2026-11-20,like\r",
        "\ufeffactor\ttarget\tat\tverb\r\na\tb\t2026-11-20\tlike\r\n",
        'actor,Actor,"a ""column""",target,at,verb\na,x,y,b,2026-11-20,like\n',
        f"actor,target,at,verb,text\na,b,2026-11-20,like,{'x' * 3_000_000}\n",
    ],
    ids=["sep", "commas", "cr", "tabs", "names", "wide"],
)
def test_forms_of_csv(read, content):
    """Excel's separator line, commas in another column's name, old line ends, wide rows."""
    assert ["a"] == read_actors(read(content))


FRAGMENTS = st.sampled_from(
    [
        *("a", "1", ",", ";", "\t", '"', '""', "\n", "\r", "\r\n", " ", "\\", "\x00", "\x01", "é", "\ufeff", "@", "."),
        *("like", "2026-11-20", "infinity", "nan", "E+17", "1e999", "9" * 400, "sep=;", "actor,target,at,verb"),
        *("{", "}", "[", "]", ":", "null", "true", '"actor":', '"target":', '"at":', '"verb":', "}\n"),
        '{"actor":1,"target":2,"at":1795500000',
    ]
)
ROWS = st.lists(FRAGMENTS, max_size=25).map("".join)
BYTES = st.one_of(ROWS.map(str.encode), st.binary(max_size=60), ROWS.map(lambda text: text.encode("utf-16")))


def check_any_content(engine: DuckDB, folder: Path, content: bytes, name: str) -> None:
    """Read arbitrary content: rows or a message, never another exception (`read_file` has the checks)."""
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    result = read_file(engine, path)
    assert isinstance(result, list) or name in result


def fuzz(examples: int):
    """Return the settings of a fuzz test."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


@given(content=BYTES, prefix=st.sampled_from([b"", HEADER.encode(), HEADER.encode() + b"a,b,2026-11-20,like\n"]))
@fuzz(40)
def test_any_content_is_read_or_explained(engine, tmp_path, content, prefix):
    """CSV and JSON Lines of anything: no traceback, and refusal and explanation agree."""
    for name in ("any.csv", "any.jsonl"):
        check_any_content(engine, tmp_path, prefix + content, name)


@pytest.mark.proof
@pytest.mark.timeout(1200)
@given(
    content=BYTES,
    prefix=st.sampled_from([b"", HEADER.encode(), HEADER.encode() + b"a,b,2026-11-20,like\n"]),
    name=st.sampled_from(["any.csv", "any.tsv", "any.jsonl", "any.csv.gz", "any.jsonl.gz", "any.parquet"]),
)
@fuzz(scaled(3_000, 30))
def test_any_content_is_read_or_explained_for_long(engine, tmp_path, content, prefix, name):
    """The same for minutes, also compressed, and as Parquet."""
    check_any_content(engine, tmp_path, prefix + content, name)


ODD_VALUES = st.sampled_from(
    [
        *(
            "'a'",
            "''",
            "null",
            "7",
            "7::utinyint",
            "7.5",
            "'nan'::double",
            "'infinity'::double",
            "1e300",
            "12.50::decimal(9,2)",
        ),
        *("12::decimal(18,0)", "true", "'a'::blob", "'\\xff'::blob", "date '2026-11-20'", "'infinity'::date"),
        *("timestamp '2026-11-20'", "'infinity'::timestamp", "timestamp_ns '2026-11-20'", "timestamptz '2026-11-20'"),
        *(
            "time '10:00'",
            "interval 3 months",
            "{'id': 7}",
            "[7]",
            "[]",
            "map {'a': 1}",
            "uuid()",
            "'b'::enum('a', 'b')",
        ),
        *(
            "1795500000",
            "1795500000000",
            "-1",
            "170141183460469231731687303715884105727",
            "'like'",
            "repeat('x', 3000)",
        ),
    ]
)
FIELD_NAMES = {
    "interactions": ("actor", "target", "at", "verb", "post", "id"),
    "tallies": ("account", "post", "verb", "count", "at"),
    "profiles": ("account", "handle", "followers", "lists", "verified", "created_at", "at"),
    "presence": ("account", "present", "at"),
    "undone": ("id", "at"),
}


def check_parquet(engine: DuckDB, folder: Path, data: st.DataObject) -> None:
    """Write a Parquet file of odd types, perhaps damage it, and read it (`read_file` has the checks)."""
    # A folder of its own: DuckDB knows a file that changed by its time, and examples follow within one tick of it.
    path = Path(tempfile.mkdtemp(dir=folder)) / "any.parquet"
    table = data.draw(st.sampled_from(sorted(FIELD_NAMES)))
    usual = {"at": "1795500000", "verb": "'like'", "count": "3", "present": "true"}
    is_odd = data.draw(st.sets(st.sampled_from(FIELD_NAMES[table])))
    columns = [
        f"{data.draw(ODD_VALUES) if name in is_odd else usual.get(name, repr('a'))} as {name}"
        for name in FIELD_NAMES[table]
    ]
    engine.execute(f"copy (select {', '.join(columns)}) to '{path}' (format parquet)")
    if data.draw(st.integers(0, 3)) == 0:
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        path.write_bytes(content)
    result = read_file(engine, path, table)
    assert isinstance(result, list) or "any.parquet" in result


def test_parquet_file_with_a_byte_too_many_is_explained(engine, tmp_path):
    """Its footer is whole and names places behind the end: the file is damaged, not the disk full."""
    path = tmp_path / "shifted.parquet"
    engine.execute(
        f"copy (select 'ada' as target, 3 as count, 'like' as verb, 1795500000 as at) to '{path}' (format parquet)"
    )
    content = path.read_bytes()
    path.write_bytes(content[:84] + b"\x80" + content[84:])

    assert "shifted.parquet" in read_file(engine, path, "tallies")


@given(data=st.data())
@fuzz(25)
def test_any_parquet_file_is_read_or_explained(engine, tmp_path, data):
    """Types that no export should have, and damaged bytes."""
    check_parquet(engine, tmp_path, data)


@pytest.mark.proof
@pytest.mark.timeout(1200)
@given(data=st.data())
@fuzz(scaled(3_000, 30))
def test_any_parquet_file_is_read_or_explained_for_long(engine, tmp_path, data):
    """The same for minutes."""
    check_parquet(engine, tmp_path, data)
