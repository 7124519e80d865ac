"""Engines by name; a new one is one file and one line here."""

from importlib import import_module
from typing import Any

from renown.engines.base import Engine, Row, Written
from renown.errors import BadSettings

__all__ = ["ENGINES", "Engine", "Row", "Written", "open_engine"]

ENGINES = {
    "duckdb": "renown.engines.duckdb:DuckDB",
    "spark": "renown.engines.spark:Spark",
}
"""Engine name to where its class is; loaded when used, so a missing package breaks nobody else."""


def open_engine(name: str, **options: Any) -> Engine:
    """
    Open a session of the engine with this name.

    Raises
    ------
    BadSettings
        If there is no such engine.
    PartMissing
        If its package or program is not installed.
    """
    if name not in ENGINES:
        msg = f"there is no engine {name!r}; known: {', '.join(ENGINES)}"
        raise BadSettings(msg)
    module, kind = ENGINES[name].split(":")
    engine: Engine = getattr(import_module(module), kind)(**options)
    return engine
