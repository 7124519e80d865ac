"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.changes import PARTS, Changes, changes
from renown.answers.leaders import Leaders, leaders
from renown.answers.receipt import TOP, Explanation, Receipt, explain, receipt
from renown.answers.visible import Claimant, Owned, may_show, roster
from renown.answers.who import Who, account_ids, handles, who

__all__ = [
    "PARTS",
    "TOP",
    "Changes",
    "Claimant",
    "Explanation",
    "Leaders",
    "Owned",
    "Receipt",
    "Who",
    "account_ids",
    "changes",
    "explain",
    "handles",
    "leaders",
    "may_show",
    "receipt",
    "roster",
    "who",
]
