"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.changes import PARTS, Changes, changes
from renown.answers.leaders import Leaders, leaders
from renown.answers.portrait import Mover, Movers, Portrait, kept, packed, portraits, unpacked
from renown.answers.receipt import TOP, Explanation, Receipt, explain, receipt
from renown.answers.style import STYLES, Manner, Style
from renown.answers.who import Who, claimed, handles, who

__all__ = [
    "PARTS",
    "STYLES",
    "TOP",
    "Changes",
    "Explanation",
    "Leaders",
    "Manner",
    "Mover",
    "Movers",
    "Portrait",
    "Receipt",
    "Style",
    "Who",
    "changes",
    "claimed",
    "explain",
    "handles",
    "kept",
    "leaders",
    "packed",
    "portraits",
    "receipt",
    "unpacked",
    "who",
]
