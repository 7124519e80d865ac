"""An open influence score with a receipt that adds up."""

__version__ = "0.1.0"
