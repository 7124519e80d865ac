"""Steps that read the records of import files: cleaned, checked, in the columns of a batch."""

from collections.abc import Collection, Sequence

from renown.imports.field_sql import plain_name, text_value_sql, value_name
from renown.imports.fields import FIELDS
from renown.imports.import_file import ImportFile, scan_sql
from renown.records import ACCOUNT_ID_COLUMNS, BATCH_COLUMNS
from renown.steps import Step, quote_literal


def batch_step(table: str, import_files: Sequence[ImportFile], *, unchanged: Collection[str] = ()) -> Step:
    """
    Return the step `batch`: the records of all files, in the columns of `records.BATCH_COLUMNS`.

    Parameters
    ----------
    table : str
    import_files : sequence of ImportFile
    unchanged : collection of str, optional
        Fields whose values are known to be valid and normalized; they are read as they are in the files.
    """
    sql = "\nunion all\n".join(_select_sql(table, import_file, unchanged) for import_file in import_files)
    return Step(name="batch", sql=sql, columns=dict(BATCH_COLUMNS[table]), stored=False)


def account_ids_step(table: str, import_files: Sequence[ImportFile]) -> Step:
    """
    Return the step `account_ids`: the account ids of all files; each is checked once for all its rows of a file.

    It tells of each id whether the file has it as it is, normalized already.
    """
    sql = "\nunion all\n".join(_distinct_ids_sql(table, import_file) for import_file in import_files)
    return Step(name="account_ids", sql=sql, columns={"account_id": "string", "is_unchanged": "boolean"})


def _distinct_ids_sql(table: str, import_file: ImportFile) -> str:
    fields, reader = ACCOUNT_ID_COLUMNS[table], import_file.reader
    spec = FIELDS[table][fields[0]]
    columns = ", ".join(f"cast({import_file.column_sql(reader.columns[name])} as varchar)" for name in fields)
    # One scan for all columns: a file of text is parsed once.
    texts_sql = f"select distinct unnest([{columns}]) as text from {scan_sql(import_file)}"
    ids_sql = f"select text, {spec.input_sql('text', 'VARCHAR', reader)} as account_id from ({texts_sql})"
    problem = spec.problem_sql("account_id", "VARCHAR", reader)
    return (
        f"select case when {problem} is null then account_id else error({quote_literal(fields[0])}) end as account_id, "
        f"text = account_id as is_unchanged from ({ids_sql})"
    )


def _select_sql(table: str, import_file: ImportFile, unchanged: Collection[str]) -> str:
    outputs = []
    for name, sql_type in BATCH_COLUMNS[table].items():
        if name in unchanged:
            outputs.append(f'"{name}"')
        elif name in import_file.reader.columns:
            outputs.append(f'{_checked_value_sql(table, name, import_file)} as "{name}"')
        else:
            outputs.append(f'cast(null as {"varchar" if sql_type == "string" else sql_type}) as "{name}"')
    return f"select {', '.join(outputs)} from {values_sql(table, import_file, unchanged=unchanged)}"


def _checked_value_sql(table: str, name: str, import_file: ImportFile) -> str:
    """Return the SQL of a field's value, over the columns of `values_sql`; it fails if the value is not valid."""
    quoted_name = f'"{name}"'
    problem = problem_sql(table, name, import_file)
    return f"case when {problem} is null then {value_name(quoted_name)} else error('{name}') end"


def values_sql(table: str, import_file: ImportFile, *more_columns: str, unchanged: Collection[str] = ()) -> str:
    """Return a subquery with the input and the value of each field, and more columns of the file."""
    reader, fields = import_file.reader, FIELDS[table]
    plain, inputs, values = ["*"], list(more_columns), []
    for name, column in reader.columns.items():
        sql_type, column_sql, quoted_name = import_file.types[column], import_file.column_sql(column), f'"{name}"'
        input_sql = (text_value_sql if name in unchanged else fields[name].input_sql)(column_sql, sql_type, reader)
        if is_plain_sql := fields[name].is_plain_sql:
            plain.append(f"{is_plain_sql(column_sql, sql_type, reader)} as {plain_name(quoted_name)}")
            text = text_value_sql(column_sql, sql_type, reader)
            input_sql = f"case when {plain_name(quoted_name)} then {text} else {input_sql} end"
            inputs.append(plain_name(quoted_name))
        inputs.append(f"{input_sql} as {quoted_name}")
        values.append(f"{fields[name].value_sql(quoted_name, sql_type, reader)} as {value_name(quoted_name)}")
    source = f"(select {', '.join(plain)} from {scan_sql(import_file)})"
    return f"(select *, {', '.join(values)} from (select {', '.join(inputs)} from {source}))"


def problem_sql(table: str, name: str, import_file: ImportFile) -> str:
    """Return the SQL of a field's problem, over the columns of `values_sql`."""
    spec, quoted_name = FIELDS[table][name], f'"{name}"'
    sql_type = import_file.types[import_file.reader.columns[name]]
    sql = spec.problem_sql(quoted_name, sql_type, import_file.reader)
    return f"case when not coalesce({plain_name(quoted_name)}, false) then {sql} end" if spec.is_plain_sql else sql
