"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.changes import PARTS, Changes, changes
from renown.answers.leaders import Leaders, leaders
from renown.answers.receipt import TOP, Explanation, Receipt, explain, receipt
from renown.answers.who import Who, handles, who

__all__ = [
    "PARTS",
    "TOP",
    "Changes",
    "Explanation",
    "Leaders",
    "Receipt",
    "Who",
    "changes",
    "explain",
    "handles",
    "leaders",
    "receipt",
    "who",
]
