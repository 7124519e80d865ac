"""Answers: the questions that faces ask, as frozen records."""

from renown.answers.boards import Board, Boards, Crowd, Place
from renown.answers.bundle import bundle
from renown.answers.card import Evaluation, card, kind_of, read_evaluations
from renown.answers.changes import PARTS, Changes, changes
from renown.answers.due import Due, due
from renown.answers.ground import AHEAD, Ground
from renown.answers.groups import GroupList, GroupLog, Standings, group_list, group_log, standings
from renown.answers.held import Held, Holding, held, parts, proven
from renown.answers.history import History, history
from renown.answers.judged import JudgedPairs, judged_pairs, mapping
from renown.answers.leaders import BoardPage, Leaders, board_page, leaders, overall_places
from renown.answers.levers import EVERYTHING, Change, Lever, read_change
from renown.answers.odds import TREND_DAYS
from renown.answers.portrait import (
    Mover,
    Movers,
    Portrait,
    kept,
    kept_ground,
    kept_portrait,
    packed,
    portraits,
    unpacked,
)
from renown.answers.posts import Post, post_address
from renown.answers.races import Races
from renown.answers.range import Range
from renown.answers.receipt import TOP, Explanation, Receipt, SignalReceipt, explain, receipt
from renown.answers.shares import Shares, shares
from renown.answers.standing import GOAL, IN_A_ROW, Standing, standing, top_said, top_shown
from renown.answers.status import Status, status
from renown.answers.style import STYLES, Manner, Style
from renown.answers.timeline import Timeline, timeline
from renown.answers.trial import MOST_TIMES, SHOWN, Trial, TriedScore, TriedWeight, Tryout, times_of, trial
from renown.answers.twin import Twin, twin
from renown.answers.visible import Claimant, Owned, may_show, roster
from renown.answers.way import Even, Fading, Outlook, Way, WayStep, way
from renown.answers.whatif import SignalThen, WhatIf, what_if
from renown.answers.who import Who, account_ids, alone, claimed, handles, who

__all__ = [
    "AHEAD",
    "EVERYTHING",
    "GOAL",
    "IN_A_ROW",
    "MOST_TIMES",
    "PARTS",
    "SHOWN",
    "STYLES",
    "TOP",
    "TREND_DAYS",
    "Board",
    "BoardPage",
    "Boards",
    "Change",
    "Changes",
    "Claimant",
    "Crowd",
    "Due",
    "Evaluation",
    "Even",
    "Explanation",
    "Fading",
    "Ground",
    "GroupList",
    "GroupLog",
    "Held",
    "History",
    "Holding",
    "JudgedPairs",
    "Leaders",
    "Lever",
    "Manner",
    "Mover",
    "Movers",
    "Outlook",
    "Owned",
    "Place",
    "Portrait",
    "Post",
    "Races",
    "Range",
    "Receipt",
    "Shares",
    "SignalReceipt",
    "SignalThen",
    "Standing",
    "Standings",
    "Status",
    "Style",
    "Timeline",
    "Trial",
    "TriedScore",
    "TriedWeight",
    "Tryout",
    "Twin",
    "Way",
    "WayStep",
    "WhatIf",
    "Who",
    "account_ids",
    "alone",
    "board_page",
    "bundle",
    "card",
    "changes",
    "claimed",
    "due",
    "explain",
    "group_list",
    "group_log",
    "handles",
    "held",
    "history",
    "judged_pairs",
    "kept",
    "kept_ground",
    "kept_portrait",
    "kind_of",
    "leaders",
    "mapping",
    "may_show",
    "overall_places",
    "packed",
    "parts",
    "portraits",
    "post_address",
    "proven",
    "read_change",
    "read_evaluations",
    "receipt",
    "roster",
    "shares",
    "standing",
    "standings",
    "status",
    "timeline",
    "times_of",
    "top_said",
    "top_shown",
    "trial",
    "twin",
    "unpacked",
    "way",
    "what_if",
    "who",
]
