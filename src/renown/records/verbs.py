"""Verbs: what an account can do to another, and the rows of `coverage` that stand in place of one."""

VERBS = {
    "like": 1,
    "upvote": 2,
    "star": 3,
    "repost": 4,
    "quote": 5,
    "share": 6,
    "fork": 7,
    "reply": 8,
    "mention": 9,
    "comment": 10,
    "answer": 11,
    "follow": 12,
    "list": 13,
    "view": 14,
}
"""Every verb and the number it is stored as. Numbers never change: existing lakes contain them."""

VERB_NAMES = {number: verb for verb, number in VERBS.items()}
"""Stored number to the verb."""

WHOLE_NETWORK = 0
"""Row of the table `coverage`, in place of a verb: the acts of everybody on everybody are read, not only of some."""

LOOKED_UP_ACTORS = -1
"""Row of the table `coverage`, in place of a verb: the profiles of those who act on claimed accounts are looked up."""
