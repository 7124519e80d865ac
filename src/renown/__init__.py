"""
An open influence score with a receipt that adds up.

`renown.open` opens a home as data frames, for notebooks and scripts; it is `renown.frames.open`.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the Python API when it is used: commands start faster without it. `__init__.pyi` has its type."""
    if name == "open":
        return import_module("renown.frames").open
    raise AttributeError(f"module 'renown' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List `open`, too, so that notebooks complete it."""
    return sorted({*globals(), "open"})
