"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.card import Evaluation, card, kind_of, read_evaluations
from renown.answers.changes import PARTS, Changes, changes
from renown.answers.due import Due, due
from renown.answers.groups import GroupList, GroupLog, Standings, group_list, group_log, standings
from renown.answers.history import History, history
from renown.answers.judged import JudgedPairs, judged_pairs, mapping
from renown.answers.leaders import Leaders, leaders
from renown.answers.portrait import Mover, Movers, Portrait, kept, packed, portraits, unpacked
from renown.answers.receipt import TOP, Explanation, Receipt, SignalReceipt, explain, receipt
from renown.answers.standing import GOAL, IN_A_ROW, Standing, standing, top_said
from renown.answers.status import Status, status
from renown.answers.style import STYLES, Manner, Style
from renown.answers.trial import MOST_TIMES, SHOWN, Trial, TriedScore, TriedWeight, Tryout, times_of, trial
from renown.answers.visible import Claimant, Owned, may_show, roster
from renown.answers.who import Who, account_ids, claimed, handles, who

__all__ = [
    "GOAL",
    "IN_A_ROW",
    "MOST_TIMES",
    "PARTS",
    "SHOWN",
    "STYLES",
    "TOP",
    "Changes",
    "Claimant",
    "Due",
    "Evaluation",
    "Explanation",
    "GroupList",
    "GroupLog",
    "History",
    "JudgedPairs",
    "Leaders",
    "Manner",
    "Mover",
    "Movers",
    "Owned",
    "Portrait",
    "Receipt",
    "SignalReceipt",
    "Standing",
    "Standings",
    "Status",
    "Style",
    "Trial",
    "TriedScore",
    "TriedWeight",
    "Tryout",
    "Who",
    "account_ids",
    "card",
    "changes",
    "claimed",
    "due",
    "explain",
    "group_list",
    "group_log",
    "handles",
    "history",
    "judged_pairs",
    "kept",
    "kind_of",
    "leaders",
    "mapping",
    "may_show",
    "packed",
    "portraits",
    "read_evaluations",
    "receipt",
    "roster",
    "standing",
    "standings",
    "status",
    "times_of",
    "top_said",
    "trial",
    "unpacked",
    "who",
]
