"""Arrays that DuckDB reads: NumPy's, with a mask where values are null."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_ARRAY_TYPES = {
    "bigint": "int64",
    "integer": "int64",
    "smallint": "int64",
    "double": "float64",
    "string": "object",
    "boolean": "bool",
}
_NULL_PLACEHOLDERS: dict[str, Any] = {"string": "", "boolean": False} | dict.fromkeys(
    ("bigint", "integer", "smallint", "double"), 0
)


def to_array(values: list[Any], kind: str) -> np.ndarray[Any, Any]:
    """Convert the values of a column to an array, which is masked if some are None."""
    if None not in values:
        return np.array(values, dtype=_ARRAY_TYPES[kind])
    data = [_NULL_PLACEHOLDERS[kind] if value is None else value for value in values]
    return np.ma.array(data, dtype=_ARRAY_TYPES[kind], mask=[value is None for value in values])


def split_masks(
    arrays: Mapping[str, np.ndarray[Any, Any]],
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, str]]:
    """Return arrays to register, masks as columns of their own, and the SQL of each value, null where it is masked."""
    registered: dict[str, np.ndarray[Any, Any]] = {}
    values_sql = {}
    for name, array in arrays.items():
        registered[name], values_sql[name] = array, f'"{name}"'
        if isinstance(array, np.ma.MaskedArray):
            registered[f"{name} missing"], registered[name] = np.ma.getmaskarray(array), array.data
            values_sql[name] = f'case when "{name} missing" then null else "{name}" end'
    return registered, values_sql
