"""An open influence score with a receipt that adds up."""

from importlib.metadata import version

__version__ = version("renown")
