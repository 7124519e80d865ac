"""Registry of engines that run the SQL steps; a new engine needs one file and one entry here."""

from importlib import import_module
from typing import Any

from renown.engines.base import Engine, Row, WrittenFile
from renown.errors import InvalidSettingsError

__all__ = ["ENGINES", "Engine", "Row", "WrittenFile", "open_engine"]

ENGINES = {
    "duckdb": "renown.engines.duckdb:DuckDB",
    "spark": "renown.engines.spark:Spark",
}
"""Engine name to ``module:class``; imported lazily, so that missing optional packages do no harm."""


def open_engine(name: str, **options: Any) -> Engine:
    """
    Open a session of an engine.

    Raises
    ------
    InvalidSettingsError
        If there is no such engine.
    MissingDependencyError
        If its package or program is not installed.
    """
    if name not in ENGINES:
        raise InvalidSettingsError(f"there is no engine {name!r}; choose one of {', '.join(ENGINES)}")
    module, class_name = ENGINES[name].split(":")
    engine: Engine = getattr(import_module(module), class_name)(**options)
    return engine
