"""
Cases of every SQL step: input rows and expected rows, computed by hand.

The scored day is day 100.
"""

import math
from dataclasses import dataclass

LIKE, REPOST, REPLY, MENTION, FOLLOW = 1, 4, 8, 9, 12
AMPLIFICATION, CONVERSATION = 3, 4
LN2, LN3, LN11, LN31 = map(math.log, (2, 3, 11, 31))


@dataclass(frozen=True)
class Case:
    """Input rows of a step, and the rows that it must return."""

    step: str
    rule: str
    """The rule of the method that the case checks."""
    inputs: dict[str, tuple[str, list[tuple]]]
    """Table to its columns (the relevant ones; others are null) and rows."""
    expected: list[tuple]
    """Rows of the step, in any order."""


CONSTANTS = (
    """day_no selectivity_accounts chance_people trust_floor trust_unknown trust_full_strength score_decades
    strength_limit presumed_lists count_limit self_reported_share self_reported_unit self_reported_limit""",
    [(100, 2.0, 2.0, 0.05, 0.2, 10000.0, 8.0, 1e8, 2.0, 10**10, 0.2, 0.3, 1000.0)],
)
AGES = ("day_no decay", [(100, 1_000_000), (99, 977_160), (11, 127_940)])
SCALES = (
    "network signal name reads weight rate",
    [("x", 1, "audience", "followers", 300_000, 2.0), ("x", 3, "amplification", "interactions", 250_000, 10.0)],
)
ACTS = "target actor post verb day_no interaction"

CASES = [
    Case(
        "members",
        "an account id belongs to its network: the same id on another network is another account",
        {
            "claims": (
                "network account_id person name",
                [("x", "7", -1, "ada"), ("x", "8", -1, "ada"), ("y", "9", -2, "bo")],
            ),
            "accounts": (
                "network account account_id",
                [("x", 70, "7"), ("y", 71, "7"), ("x", 80, "8"), ("x", 90, "9")],
            ),
        },
        [(70, -1, "ada"), (80, -1, "ada")],
    ),
    Case(
        "own_pairs",
        "interactions between accounts of one person do not count, in both directions",
        {"members": ("account person name", [(70, -1, "ada"), (80, -1, "ada"), (90, -2, "bo")])},
        [(70, 80), (80, 70)],
    ),
    Case(
        "absent",
        "a deleted account is absent until it returns; one that returned within the same second is present",
        {
            "presence": (
                "account day_no second present",
                [
                    *((1, 99, 5, True), (1, 100, 4, False)),
                    *((2, 100, 5, True), (2, 100, 4, False), (2, 3, 9, False)),
                    *((3, 100, 4, True), (3, 100, 4, False)),
                    *((4, 100, 4, False), (4, 100, 4, False)),
                    (5, 100, 4, True),
                ],
            )
        },
        [(1,), (4,)],
    ),
    Case(
        "countable",
        "both ends of the window count, the days before and after do not",
        {
            "interactions": (ACTS, [(1, 2, "p", REPOST, day, None) for day in (101, 100, 99, 11, 10)]),
            "undone": ("interaction", []),
            "absent": ("account", []),
            "ages": AGES,
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION)]),
        },
        [
            (1, 2, "p", REPOST, AMPLIFICATION, 1_000_000, 0),
            (1, 2, "p", REPOST, AMPLIFICATION, 977_160, 0),
            (1, 2, "p", REPOST, AMPLIFICATION, 127_940, 0),
        ],
    ),
    Case(
        "countable",
        "undone acts, acts on oneself and verbs without a signal do not count; an act without an id does",
        {
            "interactions": (
                ACTS,
                [
                    (1, 2, "p", REPOST, 100, 11),
                    (1, 2, None, REPOST, 100, 12),
                    (1, 1, "p", REPOST, 100, 13),
                    (1, 2, "p", FOLLOW, 100, 14),
                    (1, 3, "p", REPOST, 100, None),
                ],
            ),
            "undone": ("interaction", [(11,), (99,)]),
            "absent": ("account", []),
            "ages": AGES,
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION)]),
        },
        [(1, 2, "", REPOST, AMPLIFICATION, 1_000_000, 0), (1, 3, "p", REPOST, AMPLIFICATION, 1_000_000, 0)],
    ),
    Case(
        "countable",
        "acts of an absent account do not count; acts of others on it do",
        {
            "interactions": (ACTS, [(1, 2, "p", REPOST, 100, 11), (2, 1, "p", REPOST, 100, None)]),
            "undone": ("interaction", []),
            "absent": ("account", [(2,)]),
            "ages": AGES,
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION)]),
        },
        [(2, 1, "p", REPOST, AMPLIFICATION, 1_000_000, 0)],
    ),
    Case(
        "countable",
        "acts that only the target's own server tells of are marked",
        {
            "interactions": (
                f"{ACTS} unverified",
                [(1, 2, "p", REPOST, 100, 1, True), (1, 3, "p", REPOST, 100, 2, False)],
            ),
            "undone": ("interaction", []),
            "absent": ("account", []),
            "ages": AGES,
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION)]),
        },
        [(1, 2, "p", REPOST, AMPLIFICATION, 1_000_000, 1), (1, 3, "p", REPOST, AMPLIFICATION, 1_000_000, 0)],
    ),
    Case(
        "pairs",
        "one actor's acts of one signal are one pair: a reply and a mention are both conversation",
        {
            "countable": (
                "target actor post verb signal decay unverified",
                [
                    (1, 2, "p", REPLY, CONVERSATION, 1_000_000, 1),
                    (1, 2, "q", MENTION, CONVERSATION, 500_000, 0),
                    (1, 2, "p", REPOST, AMPLIFICATION, 1_000_000, 1),
                    (1, 3, "p", REPOST, AMPLIFICATION, 250_000, 0),
                    (1, 4, "p", REPOST, AMPLIFICATION, 1_000_000, 0),
                ],
            ),
            "own_pairs": ("target actor", [(1, 4), (4, 1)]),
        },
        [
            (1, 2, CONVERSATION, 1_500_000, 2, 0),
            (1, 2, AMPLIFICATION, 1_000_000, 1, 1),
            (1, 3, AMPLIFICATION, 250_000, 1, 0),
        ],
    ),
    Case(
        "latest_profiles",
        "the latest profile up to the day counts, however old; later ones do not; unknown counts stay unknown",
        {
            "constants": CONSTANTS,
            "profiles": (
                "account network day_no second followers lists",
                [
                    (1, "x", 3, 0, 10, 1),
                    (1, "x", 100, 5, 30, None),
                    (1, "x", 100, 4, 20, 2),
                    (1, "x", 101, 0, 99, 9),
                    (2, "x", 7, 0, None, 4),
                    (3, "x", 101, 0, 5, 5),
                ],
            ),
        },
        [(1, "x", 30, None, 0), (2, "x", None, 4, 0)],
    ),
    Case(
        "latest_profiles",
        "the network's own figures go before those of the owner's archive; impossible figures are bounded",
        {
            "constants": CONSTANTS,
            "profiles": (
                "account network day_no second followers lists self_reported",
                [
                    *((1, "x", 3, 0, 10, 1, None), (1, "x", 100, 0, 999, 1, True)),
                    *((2, "x", 3, 0, 10, 1, True), (2, "x", 4, 0, 11, 1, True)),
                    (3, "x", 3, 0, 2**63 - 1, -5, None),
                ],
            ),
        },
        [(1, "x", 10, 1, 0), (2, "x", 11, 1, 1), (3, "x", 10**10, 0, 0)],
    ),
    Case(
        "actors",
        "attention falls with the number of targets; trust comes from strength, else from followers, else it is low",
        {
            "pairs": (
                "target actor signal decayed acts",
                [
                    (1, 2, 3, 1, 900),
                    *((target, 3, 3, 1, 1) for target in range(8)),
                    (1, 3, 4, 1, 1),
                    (1, 5, 3, 1, 1),
                    (1, 6, 3, 1, 1),
                    (1, 7, 3, 1, 1),
                    (1, 8, 3, 1, 1),
                ],
            ),
            "standings": ("account strength self_reported", [(2, 10_000 * 10**9, None), (5, 0, 0), (8, 10**13, 1)]),
            "latest_profiles": (
                "account network followers lists self_reported",
                [(2, "x", 0, 0, 0), (6, "x", 5000, None, 0), (7, "z", 5000, 0, 0), (8, "x", 5000, 0, 1)],
            ),
            "scales": SCALES,
            "constants": CONSTANTS,
        },
        [
            (2, 3, 1, 1_000_000, 1_000_000, 1_000_000),
            (3, 3, 8, 500_000, 200_000, 100_000),
            (3, 4, 1, 1_000_000, 200_000, 200_000),
            (5, 3, 1, 1_000_000, 50_000, 50_000),
            (6, 3, 1, 1_000_000, 1_000_000, 1_000_000),
            (7, 3, 1, 1_000_000, 200_000, 200_000),
            (8, 3, 1, 1_000_000, 200_000, 200_000),
        ],
    ),
    Case(
        "contributions",
        "a hundred people once count more than one person a hundred times: worth is logarithmic and limited",
        {
            "pairs": ("target actor signal decayed acts", [(1, 2, 3, 1_000_999, 2), (1, 3, 3, 9_000_000, 9)]),
            "actors": (
                "actor signal targets attention trust weight",
                [(2, 3, 2, 10**6, 500_000, 500_000), (2, 4, 9, 9, 9, 9), (3, 3, 9, 10**6, 10**6, 10**6)],
            ),
            "limits": ("signal last_worth", [(3, 2000)]),
            "worths": ("acts worth", [(0, 0), (1000, 1_000_000), (1001, 1_000_721), (2000, 1_584_963)]),
            "constants": CONSTANTS,
        },
        [(1, 3, 2, 500_000, 1_000_999, 2, 0), (1, 3, 3, 1_584_963, 9_000_000, 9, 0)],
    ),
    Case(
        "contributions",
        "an act that only the target's own server tells of counts as a stranger's, never more than the actor's own",
        {
            "pairs": (
                "target actor signal decayed acts unverified",
                [(1, 2, 3, 1_000_000, 1, 1), (1, 3, 3, 1_000_000, 1, 1)],
            ),
            "actors": (
                "actor signal targets attention trust weight",
                [(2, 3, 2, 500_000, 10**6, 500_000), (3, 3, 9, 10**6, 50_000, 50_000)],
            ),
            "limits": ("signal last_worth", [(3, 2000)]),
            "worths": ("acts worth", [(1000, 1_000_000)]),
            "constants": CONSTANTS,
        },
        [(1, 3, 2, 100_000, 1_000_000, 1, 1), (1, 3, 3, 50_000, 1_000_000, 1, 1)],
    ),
    Case(
        "reactions",
        "what an account received is the sum over people, each counted once per signal",
        {
            "contributions": (
                "account signal actor received decayed acts",
                [(1, 3, 2, 500_000, 1, 7), (1, 3, 3, 250_000, 1, 1), (1, 4, 2, 100_000, 1, 1)],
            )
        },
        [(1, 3, 750_000, 2), (1, 4, 100_000, 1)],
    ),
    Case(
        "latest_tallies",
        "a count replaces an older count of the same post; a count from before the window is dropped",
        {
            "tallies": (
                "account post verb count day_no second",
                [
                    (1, "p", LIKE, 5, 99, 0),
                    (1, "p", LIKE, 9, 100, 7),
                    (1, "p", LIKE, 8, 100, 6),
                    (1, None, LIKE, 3, 11, 0),
                    (1, "q", LIKE, 4, 10, 0),
                ],
            ),
            "latest_profiles": ("account network followers lists", []),
            "ages": AGES,
            "verbs": ("verb signal", [(LIKE, 5)]),
            "constants": CONSTANTS,
        },
        [(1, "p", LIKE, 5, 9, 1_000_000, 0), (1, "", LIKE, 5, 3, 127_940, 0)],
    ),
    Case(
        "latest_tallies",
        "an owner's counts are left out once the network has a profile; an impossible count is bounded",
        {
            "tallies": (
                "account post verb count day_no second self_reported",
                [
                    (1, "p", LIKE, 900, 100, 0, True),
                    (2, "p", LIKE, 900, 100, 0, True),
                    (3, "p", LIKE, 900, 100, 0, True),
                    (4, "p", LIKE, 5, 99, 0, None),
                    (4, "p", LIKE, 900, 100, 0, True),
                    (5, "p", LIKE, 2**63 - 1, 100, 0, None),
                    (6, "p", LIKE, -(2**63), 100, 0, None),
                ],
            ),
            "latest_profiles": (
                "account network followers lists self_reported",
                [(1, "x", 5, 0, 0), (2, "x", 5, 0, 1)],
            ),
            "ages": AGES,
            "verbs": ("verb signal", [(LIKE, 5)]),
            "constants": CONSTANTS,
        },
        [
            (2, "p", LIKE, 5, 900, 1_000_000, 1),
            (3, "p", LIKE, 5, 900, 1_000_000, 1),
            (4, "p", LIKE, 5, 5, 977_160, 0),
            (5, "p", LIKE, 5, 10**10, 1_000_000, 0),
            (6, "p", LIKE, 5, 0, 1_000_000, 0),
        ],
    ),
    Case(
        "unknown_acts",
        "acts of known actors are not counted again as unknown, and the number of unknown acts is never negative",
        {
            "latest_tallies": (
                "account post verb signal count decay",
                [(1, "p", LIKE, 5, 10, 1_000_000), (1, "q", LIKE, 5, 1, 1_000_000), (2, "p", LIKE, 5, 4, 1_000_000)],
            ),
            "countable": (
                "target actor post verb signal decay",
                [
                    (1, 7, "p", LIKE, 5, 1),
                    (1, 8, "p", LIKE, 5, 1),
                    (1, 7, "q", LIKE, 5, 1),
                    (1, 8, "q", LIKE, 5, 1),
                    (1, 7, "p", REPOST, 3, 1),
                ],
            ),
            "worths": ("acts worth", [(1000, 1_000_000)]),
            "constants": CONSTANTS,
        },
        [(1, "p", 5, 8 * 200_000, 8, 0), (1, "q", 5, 0, 0, 0), (2, "p", 5, 4 * 200_000, 4, 0)],
    ),
    Case(
        "unknown_actors",
        "unknown acts are summed over posts",
        {
            "unknown_acts": (
                "account post signal received people",
                [(1, "p", 5, 30, 3), (1, "", 5, 20, 2), (1, "p", 3, 10, 1)],
            ),
            "reactions": ("account signal received people", []),
            "constants": CONSTANTS,
        },
        [(1, 5, 50, 5, 0, 0, 0), (1, 3, 10, 1, 0, 0, 0)],
    ),
    Case(
        "unknown_actors",
        "an owner's counts beyond a fifth of what known actors gave count with the logarithm; sums are bounded",
        {
            "unknown_acts": (
                "account post signal received people self_reported",
                [
                    *((1, "p", 5, 100_000, 2, 1), (1, "q", 5, 100_000, 2, 1), (1, "q", 5, 7, 1, 0)),
                    *((2, "p", 5, 400_000, 2, 1), (2, "q", 5, 600_000, 3, 1)),
                    *((3, f"{post}", 5, 9 * 10**18, 9 * 10**18, 0) for post in range(3)),
                ],
            ),
            "reactions": ("account signal received people", [(1, 5, 5_000_000, 9), (2, 5, 500_000, 1)]),
            "constants": CONSTANTS,
        },
        [
            (1, 5, 200_007, 5, 200_000, 4, 200_000),
            (2, 5, 100_000 + 415_888, 5, 100_000 + 415_888, 5, 1_000_000),
            (3, 5, 10**18, 10**18, 0, 0, 0),
        ],
    ),
    Case(
        "signals",
        "known and unknown actors of a signal are one row; an unknown count of followers is not zero",
        {
            "reactions": ("account signal received people", [(1, 3, 100, 2), (2, 3, 7, 1)]),
            "unknown_actors": ("account signal received people", [(1, 3, 50, 5), (3, 3, 9, 9)]),
            "latest_profiles": (
                "account network followers lists",
                [(1, "x", 5, None), (2, "x", None, 3), (4, "x", 0, 0)],
            ),
            "scales": SCALES,
            "constants": CONSTANTS,
        },
        [
            *((1, 3, 150, 2, 5, 0), (2, 3, 7, 1, 0, 0), (3, 3, 9, 0, 9, 0)),
            *((1, 1, 5_000_000, 0, 0, 0), (4, 1, 0, 0, 0, 0)),
        ],
    ),
    Case(
        "signals",
        "followers from an owner's archive count in full up to a thousand, beyond with the logarithm",
        {
            "reactions": ("account signal received people", []),
            "unknown_actors": (
                "account signal received people self_reported self_reported_people",
                [(1, 3, 50, 5, 40, 4)],
            ),
            "latest_profiles": (
                "account network followers lists self_reported",
                [(1, "x", 1000, 5, 1), (2, "x", 10_000, 0, 1), (3, "x", 10_000, 0, 0)],
            ),
            "scales": SCALES,
            "constants": CONSTANTS,
        },
        [
            (1, 3, 50, 0, 5, 40),
            (1, 1, 1_000_000_000, 0, 0, 1_000_000_000),
            (2, 1, 3_302_585_093, 0, 0, 3_302_585_093),
            (3, 1, 10_000_000_000, 0, 0, 0),
        ],
    ),
    Case(
        "values",
        "a value is the logarithm of follower equivalents; a profile signal has weight only for accounts that have it",
        {
            "signals": (
                "account signal received people unknown",
                [(1, 1, 500_000, 0, 0), (1, 3, 2_000_000, 4, 0), (2, 3, 0, 0, 0)],
            ),
            "accounts": ("network account account_id", [("x", 1, "1"), ("x", 2, "2")]),
            "scales": SCALES,
            "latest_profiles": ("account network followers lists", [(1, "x", 1, None)]),
            "constants": CONSTANTS,
        },
        [
            (1, "x", 1, 500_000, 0, LN2, 300_000, 300_000, 0, 207_944_154_168),
            (1, "x", 3, 2_000_000, 4, LN11, 250_000, 0, 0, 599_473_818_200),
            (2, "x", 3, 0, 0, 0.0, 250_000, 0, 0, 0),
        ],
    ),
    Case(
        "values",
        "reactions of two people may be chance, over all signals; those of a third, or an unknown actor, count",
        {
            "signals": (
                "account signal received people unknown",
                [(1, 3, 5_000_000, 2, 0), (2, 3, 2_000_000, 2, 0), (2, 4, 0, 1, 1), (3, 3, 4_000_000, 0, 8)],
            ),
            "accounts": ("network account account_id", [("x", 1, "1"), ("x", 2, "2"), ("x", 3, "3")]),
            "scales": (
                SCALES[0],
                [*SCALES[1], ("x", 4, "conversation", "interactions", 1_000_000, 1.0)],
            ),
            "latest_profiles": ("account network followers lists", []),
            "constants": CONSTANTS,
        },
        [
            (1, "x", 3, 5_000_000, 2, 0.0, 250_000, 0, 0, 0),
            (2, "x", 3, 2_000_000, 2, LN11, 250_000, 0, 0, 599_473_818_200),
            (2, "x", 4, 0, 1, 0.0, 1_000_000, 0, 0, 0),
            (3, "x", 3, 4_000_000, 0, LN31, 250_000, 0, 0, 858_496_801_121),
        ],
    ),
    Case(
        "values",
        "two lists are presumed, limited by followers, and their points are those of the followers",
        {
            "signals": (
                "account signal received people unknown",
                [
                    *((1, 1, 1_000_000, 0, 0), (1, 2, 0, 0, 0)),
                    *((2, 1, 50_000_000, 0, 0), (2, 2, 3_000_000, 0, 0)),
                    (3, 2, 2_000_000, 0, 0),
                ],
            ),
            "accounts": ("network account account_id", [("x", 1, "1"), ("x", 2, "2"), ("x", 3, "3")]),
            "scales": (SCALES[0], [*SCALES[1], ("x", 2, "curation", "lists", 1_000_000, 5.0)]),
            "latest_profiles": (
                "account network followers lists",
                [(1, "x", 1, 0), (2, "x", 50, 3), (3, "x", None, 2)],
            ),
            "constants": CONSTANTS,
        },
        [
            (1, "x", 1, 1_000_000, 0, LN3, 300_000, 300_000, 0, round(1.3e12 * LN3)),
            (1, "x", 2, 0, 0, LN3, 1_000_000, 1_000_000, 0, 0),
            (2, "x", 1, 50_000_000, 0, math.log(101), 300_000, 300_000, 0, round(3e11 * math.log(101) + 1e12 * LN11)),
            (2, "x", 2, 3_000_000, 0, math.log(26), 1_000_000, 1_000_000, 0, round(1e12 * math.log(26 / 11))),
            (3, "x", 2, 2_000_000, 0, LN11, 1_000_000, 1_000_000, 0, round(1e12 * LN11)),
        ],
    ),
    Case(
        "strengths",
        "unobserved signals are left out, observed zeros count as zero, claimed accounts have a row until deleted",
        {
            "values": (
                "account network signal received people value weight own_weight part",
                [
                    (1, "x", 1, 1, 0, LN11, 300_000, 300_000, 719_368_581_840),
                    (2, "x", 3, 1, 4, LN11, 250_000, 0, 599_473_818_200),
                    (3, "z", 3, 1, 4, LN11, 250_000, 0, 599_473_818_200),
                    (5, "x", 3, 1, 4, LN11, 250_000, 0, 599_473_818_200),
                ],
            ),
            "members": ("account person name", [(2, -1, "ada"), (4, -1, "ada"), (6, -1, "ada")]),
            "accounts": ("network account account_id", [(net, n, f"{n}") for n, net in enumerate("xxzxxx", 1)]),
            "absent": ("account", [(5,), (6,)]),
            "observed": ("network weights days", [("x", 250_000, 12)]),
            "constants": CONSTANTS,
        },
        [
            (1, "x", 1, 2_698_557_490, 719_368_581_840, 550_000, 0, 12, 0),
            (2, "x", -1, 10_000_000_000, 599_473_818_200, 250_000, 4, 12, 0),
            (3, "z", 3, 0, 599_473_818_200, 0, 4, 0, 0),
            (4, "x", -1, 0, 0, 250_000, 0, 12, 0),
        ],
    ),
    Case(
        "scores",
        "strength 0 is 1, a hundred million is 100 and the maximum; a person's strength is the sum of their accounts",
        {
            "strengths": (
                "account network person strength parts weights people days",
                [
                    (1, "x", 1, 0, 0, 0, 0, 3),
                    (2, "x", 2, 10**17, 1, 1, 9, 3),
                    (3, "x", 3, 99 * 10**9, 1, 1, 9, 3),
                    (4, "x", -1, 9 * 10**9, 1, 1, 2, 3),
                    (5, "y", -1, 90 * 10**9, 1, 1, 5, 7),
                ],
            ),
            "constants": CONSTANTS,
        },
        [
            (1, 1.0, 0, 1, 1, 0, 3, 1.0),
            (2, 100.0, 10**17, 1, 1, 9, 3, 100.0),
            (3, 25.75, 99 * 10**9, 1, 1, 9, 3, 25.75),
            (-1, 25.75, 99 * 10**9, 2, 2, 7, 7, 25.75),
        ],
    ),
    Case(
        "scores",
        "the verified score leaves accounts with an owner's figures out; sums are bounded",
        {
            "strengths": (
                "account network person strength parts weights people days self_reported",
                [
                    (1, "x", 1, 99 * 10**9, 1, 1, 9, 3, 1),
                    *((2, "x", -1, 9 * 10**9, 1, 1, 2, 3, 0), (3, "y", -1, 90 * 10**9, 1, 1, 5, 7, 1)),
                    *((account, "x", -2, 10**17, 1, 1, 1, 1, 0) for account in range(10, 110)),
                ],
            ),
            "constants": CONSTANTS,
        },
        [
            (1, 25.75, 99 * 10**9, 1, 1, 9, 3, None),
            (-1, 25.75, 99 * 10**9, 2, 2, 7, 7, 13.375),
            (-2, 100.0, 9 * 10**18, 100, 1, 100, 1, 100.0),
        ],
    ),
    Case(
        "points",
        "points are split by strength between accounts, and by weight times value between signals",
        {
            "values": (
                "account network signal received people value weight own_weight part",
                [
                    (4, "x", 1, 7, 0, 1.0, 300_000, 0, 30),
                    (4, "x", 3, 8, 0, 1.0, 300_000, 0, 10),
                    (5, "y", 3, 9, 0, 1.0, 300_000, 0, 5),
                    (6, "y", 3, 0, 0, 0.0, 300_000, 0, 0),
                ],
            ),
            "strengths": (
                "account network person strength parts weights people days",
                [(4, "x", -1, 30, 40, 1, 0, 1), (5, "y", -1, 10, 5, 1, 0, 1), (6, "y", 6, 0, 0, 1, 0, 1)],
            ),
            "scores": (
                "person score strength accounts networks people days",
                [(-1, 41.0, 40, 2, 2, 0, 1), (6, 1.0, 0, 1, 1, 0, 1)],
            ),
        },
        [
            (-1, "x", 4, 1, 7, 1.0, 300_000, 22.5, 0),
            (-1, "x", 4, 3, 8, 1.0, 300_000, 7.5, 0),
            (-1, "y", 5, 3, 9, 1.0, 300_000, 10.0, 0),
            (6, "y", 6, 3, 0, 0.0, 300_000, 0.0, 0),
        ],
    ),
    Case(
        "checks",
        "the checksums depend on the data, not on its order",
        {
            "actors": ("actor signal targets attention trust weight", [(2, 3, 3, 0, 0, 5), (3, 4, 1, 0, 0, 1)]),
            "reactions": ("account signal received people", [(1, 3, 7, 2)]),
            "latest_profiles": ("account network followers lists", [(1, "x", 5, None)]),
            "latest_tallies": ("account post verb signal count decay", [(2, "p", 1, 5, 9, 10)]),
            "members": ("account person name", [(4, -1, "ada")]),
            "absent": ("account", [(7,), (8 + 2_147_483_647,)]),
            "standings": ("account strength", [(3, 11)]),
            "observed": ("network weights days", [("x", 250_000, 12)]),
        },
        [
            ("actors", 2, 2 * (3 * 31 + 5 * 1_299_709 + 3) + 3 * (31 + 1_299_709 + 4)),
            ("reactions", 1, (7 * 31 + 2 * 1_299_709 + 3)),
            ("profiles", 1, (5 * 31 - 1_299_709 + 2_147_483_587) % 1_073_741_789),
            ("tallies", 1, 2 * (9 * 31 + 10)),
            ("members", 1, 4 * ((1_073_741_789 + 1) % 1_073_741_789)),
            ("absent", 2, 15),
            ("standings", 1, 33),
            ("observed", 1, 250_000 * 101 + 12),
        ],
    ),
    Case(
        "published_scores",
        "a person is published by the name they chose, an account by its network and id",
        {
            "scores": (
                "person score strength accounts networks people days verified_score",
                [(-1, 40.0, 9, 2, 1, 3, 4, 39.0), (5, 1.0, 0, 1, 1, 0, 4, None)],
            ),
            "members": ("account person name", [(1, -1, "ada"), (2, -1, "ada")]),
            "accounts": ("network account account_id", [("x", 1, "1"), ("x", 5, "five")]),
            "edition": ("day_no method inputs", [(100, "1", "d")]),
        },
        [(100, -1, "ada", 40.0, 9, 2, 1, 3, 4, 39.0, "1", "d"), (100, 5, "x:five", 1.0, 0, 1, 1, 0, 4, None, "1", "d")],
    ),
    Case(
        "published_strengths",
        "the strength of each account is published for the trust of the next day",
        {
            "strengths": ("account network person strength parts weights people days", [(4, "x", -1, 30, 40, 7, 2, 1)]),
            "edition": ("day_no method inputs", [(100, "1", "d")]),
        },
        [(100, -1, 4, "x", 30, 7, 2, 1, 0, "1", "d")],
    ),
    Case(
        "published_points",
        "a signal is published by its name",
        {
            "points": (
                "person network account signal received value weight points",
                [(-1, "x", 4, 3, 8, 1.0, 250_000, 7.5)],
            ),
            "scales": SCALES,
            "edition": ("day_no method inputs", [(100, "1", "d")]),
        },
        [(100, -1, "x", 4, "amplification", 8, 1.0, 250_000, 7.5, 0, "1", "d")],
    ),
    Case(
        "published_actors",
        "actors are published with the weight they had, for receipts",
        {
            "actors": ("actor signal targets attention trust weight", [(2, 3, 4, 5, 6, 7)]),
            "edition": ("day_no method inputs", [(100, "1", "d")]),
        },
        [(100, 2, 3, 4, 5, 6, 7, "1", "d")],
    ),
    Case(
        "post_shares",
        "an actor's contribution is split over the posts it acted on, by decay; unknown acts belong to their post",
        {
            "countable": (
                "target actor post verb signal decay",
                [(1, 2, "p", 4, 3, 1_000_000), (1, 2, "q", 4, 3, 500_000), (1, 9, "p", 4, 3, 1_000_000)],
            ),
            "contributions": ("account signal actor received decayed acts", [(1, 3, 2, 900_000, 1_500_000, 2)]),
            "unknown_acts": (
                "account post signal received people self_reported",
                [(1, "q", 3, 40, 4, 0), (1, "r", 3, 600, 6, 1)],
            ),
            "unknown_actors": (
                "account signal received people self_reported self_reported_people stated",
                [(1, 3, 60, 10, 20, 6, 600)],
            ),
        },
        [(1, 3, "p", 600_000_000, 1), (1, 3, "q", 300_040_000, 5), (1, 3, "r", 20_000, 6)],
    ),
]
"""At least one case per step."""

FAULTS = [
    ("absent", "day_no desc, second desc", "second desc"),
    ("absent", "second desc, present desc", "second desc, present"),
    ("absent", "and not present", ""),
    ("countable", "and g.account is null", ""),
    ("countable", "on g.account = i.actor", "on g.account = i.target"),
    ("countable", "on a.day_no = i.day_no", "on a.day_no = i.day_no + 1"),
    ("countable", "i.actor <> i.target and u.interaction is null", "u.interaction is null"),
    ("countable", "i.actor <> i.target and u.interaction is null", "i.actor <> i.target"),
    ("pairs", "sum(c.decay)", "sum(1000000)"),
    ("pairs", "group by c.target, c.actor, c.signal", "group by c.target, c.actor, c.signal, c.verb"),
    ("pairs", "where o.actor is null", ""),
    ("reactions", "sum(received)", "max(received)"),
    ("latest_profiles", "p.day_no <= c.day_no", "p.day_no < c.day_no"),
    ("latest_profiles", "order by self_reported, day_no", "order by day_no"),
    ("latest_tallies", "self_reported, day_no desc", "self_reported, day_no"),
    ("latest_tallies", "order by self_reported, day_no", "order by day_no"),
    ("latest_tallies", "or coalesce(p.self_reported, 1) = 1", "or true"),
    ("unknown_actors", "cast(coalesce(r.received, 0) as double)", "0e0"),
    ("signals", "case when p.self_reported = 0", "case when true"),
    ("scores", "case when self_reported = 0 then strength else 0 end", "strength"),
    ("actors", "case when p.self_reported = 0 then", "case when true then"),
    ("unknown_acts", "t.count - coalesce(k.known, 0)", "t.count"),
    ("strengths", "coalesce(o.weights, 0) + v.own_weights", "coalesce(o.weights, 0)"),
    ("strengths", "where g.account is null", ""),
    ("checks", "select 'absent', cast(count(*) as bigint)", "select 'absent', cast(0 as bigint)"),
    ("actors", "group by actor, signal", "group by actor, signal, target"),
    ("contributions", "and a.signal = p.signal", ""),
    ("contributions", "case when p.unverified = 1", "case when false"),
    ("pairs", "min(c.unverified)", "max(c.unverified)"),
    ("values", "n.reacted - c.chance_people", "n.reacted"),
    ("values", "sum(people + unknown)", "sum(people)"),
    ("values", "cast(lists_weight as double) * ln(1e0 + presumed)", "0e0"),
]
"""Mutations that a case must detect: step, SQL text, and its broken replacement."""
