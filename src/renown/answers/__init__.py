"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.receipt import Receipt, receipt
from renown.answers.who import Who, who

__all__ = ["Receipt", "Who", "receipt", "who"]
