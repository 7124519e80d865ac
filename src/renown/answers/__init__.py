"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.changes import PARTS, Changes, changes
from renown.answers.due import Due, due
from renown.answers.history import History, history
from renown.answers.leaders import Leaders, leaders
from renown.answers.receipt import TOP, Explanation, Receipt, explain, receipt
from renown.answers.standing import GOAL, IN_A_ROW, Standing, standing, top_said
from renown.answers.status import Status, status
from renown.answers.who import Who, handles, who

__all__ = [
    "GOAL",
    "IN_A_ROW",
    "PARTS",
    "TOP",
    "Changes",
    "Due",
    "Explanation",
    "History",
    "Leaders",
    "Receipt",
    "Standing",
    "Status",
    "Who",
    "changes",
    "due",
    "explain",
    "handles",
    "history",
    "leaders",
    "receipt",
    "standing",
    "status",
    "top_said",
    "who",
]
