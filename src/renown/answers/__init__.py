"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.changes import PARTS, Changes, changes
from renown.answers.groups import GroupList, GroupLog, Standings, group_list, group_log, standings
from renown.answers.leaders import Leaders, leaders
from renown.answers.receipt import TOP, Explanation, Receipt, explain, receipt
from renown.answers.who import Who, handles, who

__all__ = [
    "PARTS",
    "TOP",
    "Changes",
    "Explanation",
    "GroupList",
    "GroupLog",
    "Leaders",
    "Receipt",
    "Standings",
    "Who",
    "changes",
    "explain",
    "group_list",
    "group_log",
    "handles",
    "leaders",
    "receipt",
    "standings",
    "who",
]
