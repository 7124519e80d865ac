"""
Cases of the SQL steps of the method with a ledger: input rows and expected rows, computed by hand.

The scored day is day 100. Steps that only copy, join or sum have none; the laws and the comparison of nights and
rebuilds cover them.
"""

import math

from renown.method.step_files import SEED_GROUPS
from step_cases import LIKE, MENTION, REPLY, REPOST, Case

AUDIENCE, CURATION, AMPLIFICATION, CONVERSATION = 1, 2, 3, 4
NEVER = 2_147_483_647
AGES = ("day_no age weight", [(100, 0, 1000), (99, 1, 200), (98, 2, 100)])
THIRDS = (
    "network signal reads weight rate",
    [
        ("x", AUDIENCE, "followers", 300_000, 4.0),
        ("x", CURATION, "lists", 200_000, 1.0),
        ("x", AMPLIFICATION, "interactions", 500_000, 1.0),
        ("x", CONVERSATION, "interactions", 500_000, 0.5),
    ],
)
TRUST = (
    """trust_floor trust_lowest trust_exponent trust_initial trust_step trust_full_strength pair_acts_limit
    vouching_groups known_credit""",
    [(0.01, 0.01, 2.0, 0.1, 0.05, 1e8, 64, 4.0, 100)],
)
PRESUMED = (
    "presumed_lists presumed_reactions followers_limit lists_limit strength_limit",
    [(400.0, 200.0, 1.5, 10.0, 1e8)],
)


def _part(weight: int, *equivalents: float) -> int:
    """Return a weight times a logarithm, less what was presumed of it, in 1e-12."""
    parts = [math.floor(1e6 * weight * math.log(1 + equivalent) + 0.5) for equivalent in equivalents]
    return parts[0] - sum(parts[1:])


ENTRY_CASES = [
    Case(
        "daily_acts",
        "verbs of a signal count together, late acts more; own and undone ones do not; one verified act verifies all",
        {
            "interactions": (
                "day_no target actor verb second interaction unverified",
                [
                    *((100, 1, 2, REPLY, 21_599, 7, None), (100, 1, 2, MENTION, 86_399, 8, True)),
                    *((100, 1, 2, REPLY, 0, 9, None), (100, 1, 1, REPLY, 0, 10, None)),
                    (99, 1, 3, REPOST, 64_800, None, True),
                ],
            ),
            "undone": ("interaction", [(9,)]),
            "verbs": ("verb signal", [(REPLY, CONVERSATION), (MENTION, CONVERSATION), (REPOST, AMPLIFICATION)]),
            "quarters": ("quarter weight", [(0, 200), (1, 300), (2, 500), (3, 1000)]),
        },
        [(100, 1, 2, CONVERSATION, 2, 1200, 0), (99, 1, 3, AMPLIFICATION, 1, 1000, 1)],
    ),
    Case(
        "reciprocal_days",
        "the target acted on the actor in the 30 days that end on that day, by any signal that counts",
        {
            "daily_acts": (
                "day_no target actor signal",
                [(100, 1, 2, 3), (100, 1, 3, 3), (99, 4, 5, 3), (100, 5, 4, 4)],
            ),
            "earlier_interactions": (
                "day_no target actor verb interaction",
                [(71, 2, 1, REPOST, None), (70, 3, 1, REPOST, None), (99, 3, 1, REPOST, 6), (99, 3, 1, LIKE, None)],
            ),
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION)]),
            "undone": ("interaction", [(6,)]),
            "constants": ("friend_days", [(30,)]),
        },
        [(100, 1, 2), (100, 5, 4)],
    ),
    Case(
        "attentions",
        "beyond two accounts a day, attention falls with the square root of their number, each signal by itself",
        {
            "daily_acts": (
                "day_no target actor signal",
                [*((100, target, 9, 3) for target in range(8)), (100, 1, 9, 4), (100, 2, 9, 4), (99, 1, 9, 3)],
            ),
            "constants": ("attention_accounts", [(2.0,)]),
        },
        [(100, 9, 3, 500_000)],
    ),
    Case(
        "standing_periods",
        "a standing holds until the next one of the account",
        {
            "standings": (
                "account day_no known trust voucher second_voucher",
                [(5, 95, 0, 10_000, None, None), (5, 90, 1, 300_000, 7, 8), (6, 92, 1, 50_000, 0, 0)],
            )
        },
        [(5, 90, 95, 1, 300_000, 7, 8), (5, 95, NEVER, 0, 10_000, 0, 0), (6, 92, NEVER, 1, 50_000, 0, 0)],
    ),
    Case(
        "vouched_pairs",
        "the target is a voucher of the actor, or had the same two vouchers within 60 days",
        {
            "daily_acts": (
                "day_no target actor signal",
                [
                    *((100, target, 7, 3) for target in (1, 2, 3, 4, 5, 6, 8)),
                    *((90, 1, 7, 3), (100, 1, 7, 4), (100, 1, 9, 3)),
                ],
            ),
            "standing_periods": (
                "account first_day until_day voucher second_voucher",
                [
                    *((7, 95, NEVER, 1, 3), (7, 0, 95, 2, 0), (9, 0, NEVER, 0, 0)),
                    *((1, 0, NEVER, 2, 0), (2, 0, NEVER, 1, 4), (4, 0, NEVER, 2, 3), (5, 0, 41, 1, 3)),
                    *((6, 0, 40, 1, 3), (8, 101, NEVER, 1, 3)),
                ],
            ),
            "constants": ("credit_days", [(30.0,)]),
        },
        [(100, 1, 7), (100, 3, 7), (100, 5, 7)],
    ),
    Case(
        "entries",
        "known by standing, but not to their vouchers; strangers, friends and unverified acts vouch for nobody",
        {
            "daily_acts": (
                "day_no target actor signal acts fresh_acts unverified",
                [
                    *((100, 1, 2, 3, 1, 200, 0), (100, 1, 3, 3, 1, 200, 0), (100, 1, 4, 3, 1, 200, 0)),
                    *((100, 1, 5, 3, 1, 200, 1), (100, 1, 6, 3, 1, 200, 0), (94, 1, 3, 3, 65, 65_000, 0)),
                    *((100, 1, 7, 3, 1, 200, 0), (100, 2, 7, 3, 1, 200, 0), (100, 3, 7, 3, 1, 200, 0)),
                ],
            ),
            "attentions": ("day_no actor signal attention", [(100, 3, 3, 500_000), (99, 2, 3, 1)]),
            "reciprocal_days": ("day_no target actor", [(100, 1, 4)]),
            "standing_periods": (
                "account first_day until_day known trust voucher second_voucher",
                [
                    *((3, 95, NEVER, 1, 300_000, 0, 0), (3, 0, 95, 0, 10_000, 0, 0)),
                    *((4, 0, NEVER, 1, 300_000, 0, 0), (5, 0, NEVER, 1, 300_000, 0, 0)),
                    (7, 0, NEVER, 1, 300_000, 1, 3),
                ],
            ),
            "vouched_pairs": ("day_no target actor", [(100, 1, 7), (100, 3, 7), (99, 2, 7)]),
            "seeds": ("account seed_group", [(9, 0)]),
            "presumed_accounts": ("account first_day", [(6, 100), (2, 101)]),
            "worths": ("acts worth", [(200, 263_034), (1000, 1_000_000), (64_000, 6_022_368)]),
            "constants": TRUST,
        },
        [
            (100, 1, 2, 3, 0, 1, 10_000, 2_630),
            (100, 1, 3, 3, 1, 1, 150_000, 39_455),
            (100, 1, 4, 3, 0, 1, 300_000, 78_910),
            (100, 1, 5, 3, 0, 1, 10_000, 2_630),
            (100, 1, 6, 3, 1, 1, 100_000, 26_303),
            (94, 1, 3, 3, 0, 65, 60_223, 60_223),
            (100, 1, 7, 3, 0, 1, 10_000, 2_630),
            (100, 2, 7, 3, 1, 1, 300_000, 78_910),
            (100, 3, 7, 3, 0, 1, 10_000, 2_630),
        ],
    ),
    Case(
        "entries",
        "without any seed everybody counts as known, except by acts that only the target's own server tells of",
        {
            "daily_acts": (
                "day_no target actor signal acts fresh_acts unverified",
                [(100, 1, 2, 3, 1, 200, 0), (100, 1, 3, 3, 1, 200, 0), (100, 1, 4, 3, 1, 200, 1)],
            ),
            "attentions": ("day_no actor signal attention", []),
            "reciprocal_days": ("day_no target actor", [(100, 1, 3)]),
            "standing_periods": (
                "account first_day until_day known trust voucher second_voucher",
                [(3, 0, NEVER, 0, 10_000, 0, 0)],
            ),
            "vouched_pairs": ("day_no target actor", []),
            "seeds": ("account seed_group", []),
            "presumed_accounts": ("account first_day", []),
            "worths": ("acts worth", [(200, 263_034), (1000, 1_000_000)]),
            "constants": TRUST,
        },
        [
            (100, 1, 2, 3, 1, 1, 100_000, 26_303),
            (100, 1, 3, 3, 0, 1, 100_000, 26_303),
            (100, 1, 4, 3, 0, 1, 10_000, 2_630),
        ],
    ),
]

PRESUMED_CASES = [
    Case(
        "established_accounts",
        "not new, with followers and posts, where actors are looked up; the first look tells of earlier days, too",
        {
            "all_profiles": (
                "network day_no account followers posts created_day self_reported",
                [
                    *(("m", 100, 1, 10, 10, 50, None), ("m", 100, 2, 9, 10, 50, None), ("m", 100, 3, 10, 9, 50, None)),
                    *(("m", 90, 4, 9, 10, 20, None), ("m", 95, 4, 10, 10, 20, None), ("m", 97, 4, 99, 99, 20, None)),
                    *(("m", 100, 5, 10, 10, 99, None), ("m", 100, 6, 10, 10, None, None)),
                    *(("m", 80, 7, 99, 99, 1, True), ("m", 85, 7, 10, 10, 20, None)),
                    *(("m", 90, 8, None, None, None, None), ("m", 95, 8, 10, 10, 20, None)),
                    *(("whole", 100, 20, 10, 10, 50, None), ("both", 100, 21, 10, 10, 50, None)),
                    ("partial", 100, 22, 10, 10, 50, None),
                ],
            ),
            "coverage": ("network verb", [("m", -1), ("m", LIKE), ("whole", 0), ("both", 0), ("both", -1)]),
            "constants": ("established_days established_followers established_posts", [(30, 10, 10)]),
        },
        [(1, 80), (4, 95), (5, 129), (7, 50), (8, 50)],
    ),
    Case(
        "presumed_accounts",
        "established accounts, and everybody on networks where nobody can be told apart",
        {
            "accounts": ("network account", [("m", 1), ("m", 2), ("whole", 3), ("partial", 4)]),
            "coverage": ("network verb", [("m", -1), ("m", LIKE), ("whole", 0), ("partial", LIKE)]),
            "established_accounts": ("account first_day", [(1, 80)]),
        },
        [(1, 80), (4, 0)],
    ),
]


def _groups(*amounts: int) -> tuple[int, ...]:
    """Return the credits of all groups of seeds, of which those given are the first."""
    return amounts + (0,) * (SEED_GROUPS - len(amounts))


CREDIT_CASES = [
    Case(
        "credits",
        "what others passed on is added to what seeds start with, each group by itself",
        {
            "seeds": ("account seed_group", [(1, 0), (2, 1)]),
            "flows": ("account voucher credit_0 credit_1", [(1, 0, 5, 7), (3, 9, 0, 2), (3, 8, 0, 3), (3, None, 0, 4)]),
            "constants": ("seed_credit", [(1000,)]),
        },
        [(1, *_groups(1005, 7)), (2, *_groups(0, 1000)), (3, *_groups(0, 9))],
    ),
    Case(
        "credit_sources",
        "credit of all groups that came through each account, whether it is remembered first or second",
        {
            "flows": (
                "account voucher second_voucher credit_0 credit_7",
                [(1, 0, 0, 5, 7), (1, 8, 9, 1, 0), (3, 8, 9, 2, 3), (3, 7, 8, 0, 4), (3, None, 9, 1, 1)],
            ),
        },
        [(1, 8, 1), (1, 9, 1), (3, 7, 4), (3, 8, 9), (3, 9, 7)],
    ),
    Case(
        "vouchers",
        "the two accounts through which most of the credit came, if it is more than half",
        {
            "credits": ("account credit_0 credit_7", [(1, 90, 10), (2, 50, 50), (3, 99, 1), (4, 100, 0), (5, 7, 0)]),
            "credit_sources": (
                "account source credit",
                [*((1, 7, 65), (1, 5, 61), (1, 6, 60)), (2, 5, 51), (2, 6, 50), (3, 5, 50)],
            ),
        },
        [(1, 5, 7), (2, 5, 0)],
    ),
    Case(
        "new_standings",
        "known: credit from half of the groups, at most four; seeds always; trust by strength, in steps",
        {
            "credits": ("account credit_0 credit_1 credit_2", [(7, 100, 100, 0), (8, 100, 99, 99), (9, 0, 0, 10**6)]),
            "vouchers": ("account voucher second_voucher", [(7, 5, 6), (8, 5, 0)]),
            "seeds": ("account seed_group", [(1, 0), (2, 1), (3, 2)]),
            "strengths_before": ("account strength", [(1, 10**17), (2, 0), (3, 10**13 - 10**9), (8, 10**17)]),
            "constants": TRUST,
        },
        # (ln 10^4 / ln 10^8)^2 = 0.25: 0.01 + 0.99 / 4 = 0.2575.
        [
            *((1, 1, 1_000_000, 0, 0), (2, 1, 10_000, 0, 0), (3, 1, 250_000, 0, 0)),
            (7, 1, 100_000, 5, 6),
        ],
    ),
    Case(
        "new_standings",
        "four of eight groups are enough, and credit from one group is needed without any seeds",
        {
            "credits": (
                "account " + " ".join(f"credit_{group}" for group in range(8)),
                [(7, *[0, 100] * 4), (8, *[0] * 8)],
            ),
            "vouchers": ("account voucher second_voucher", []),
            "seeds": ("account seed_group", []),
            "strengths_before": ("account strength", []),
            "constants": TRUST,
        },
        [(7, 1, 100_000, 0, 0)],
    ),
    Case(
        "passed_credits",
        "an actor passes on 80% in 30 days, shared by the prices of the day's acts; it remembers through whom it came",
        {
            "day_acts": (
                "actor target signal",
                [(1, 2, 3), (1, 3, 4), (5, 2, 3), (6, 2, 3), *((actor, 4, 3) for actor in (7, 8, 9))],
            ),
            "credits": (
                "account credit_0 credit_7",
                [(1, 3000, 30), (5, 375, 0), (6, 37, 0), (7, 750, 375), (8, 750, 375), (9, 0, 10**4)],
            ),
            "vouchers": ("account voucher second_voucher", [(7, 20, 0), (8, 20, 21), (9, 9, 0)]),
            "prices": ("signal price", [(3, 3_000_000), (4, 1_000_000)]),
            "constants": ("credit_share credit_days", [(0.8, 30.0)]),
        },
        # Actor 1 passes on 80 of group 0 and 0 of group 7 (0.8); actor 5 passes on 10; actor 6 less than one.
        [
            *(
                (target, voucher, second, credit_0, *[0] * 6, credit_7)
                for target, voucher, second, credit_0, credit_7 in (
                    (2, 1, 0, 60, 0),
                    (3, 1, 0, 20, 0),
                    (2, 5, 0, 10, 0),
                    (2, 6, 0, 0, 0),
                )
            ),
            *(
                (4, voucher, second, credit_0, *[0] * 6, credit_7)
                for voucher, second, credit_0, credit_7 in ((20, 7, 20, 10), (20, 21, 20, 10), (9, 0, 0, 266))
            ),
        ],
    ),
    Case(
        "received_credits",
        "each group by itself; nothing of an account to which less than one flows",
        {
            "passed_credits": (
                "account voucher credit_0 credit_1",
                [(2, 1, 60, 0), (2, 5, 10, 0), (3, 6, 0, 0), (4, 9, 0, 50), (4, 20, 50, 0)],
            ),
        },
        [(2, *_groups(70)), (4, *_groups(50, 50))],
    ),
    Case(
        "passed_sources",
        "credit of all groups that comes through each account, whether it is remembered first or second",
        {
            "passed_credits": (
                "account voucher second_voucher credit_0 credit_7",
                [(4, 7, 20, 20, 10), (4, 20, 21, 20, 10), (4, 7, 20, 1, 2), (5, 20, 0, 0, 4)],
            ),
        },
        [(4, 7, 33), (4, 20, 63), (4, 21, 30), (5, 20, 4)],
    ),
    Case(
        "new_flows",
        "credit of each group, and the accounts through which more than half of all groups' credit came",
        {
            "received_credits": ("account credit_0 credit_1", [(2, 70, 0), (4, 50, 50)]),
            "passed_vouchers": ("account voucher second_voucher", [(2, 1, 9)]),
        },
        [(2, 1, 9, *_groups(70)), (4, 0, 0, *_groups(50, 50))],
    ),
]

STEP_CASES = [
    Case(
        "totals",
        "entries by age, those of the day itself by their quarter; not those of own or absent accounts",
        {
            "entries": (
                "target actor signal known day_no acts worth fresh_worth",
                [
                    *((1, 2, 3, 1, 100, 2, 500, 300), (1, 3, 3, 1, 99, 1, 500, 300), (1, 4, 3, 0, 98, 1, 7, 3)),
                    *((1, 5, 3, 1, 100, 1, 9, 9), (1, 6, 3, 1, 100, 1, 9, 9), (1, 2, 3, 1, 10, 1, 9, 9)),
                ],
            ),
            "ages": AGES,
            "own_pairs": ("target actor", [(1, 5)]),
            "absent": ("account", [(6,)]),
        },
        [(1, 3, 1, 300_000 + 100_000, 3), (1, 3, 0, 700, 1)],
    ),
    Case(
        "reactors",
        "somebody who reacted by several signals, or on several days, is one",
        {
            "entries": (
                "target actor signal day_no",
                [(1, 2, 3, 100), (1, 2, 4, 100), (1, 2, 3, 99), (1, 3, 3, 98), (1, 4, 3, 10), (1, 5, 3, 100)],
            ),
            "ages": AGES,
            "own_pairs": ("target actor", [(1, 5)]),
            "absent": ("account", []),
        },
        [(1, 2)],
    ),
    Case(
        "latest_tallies",
        "names can be observed of the verbs that the account's coverage has by the day's end; no count needs none",
        {
            "tallies": (
                "network account post verb day_no second count",
                [
                    *(("x", 1, "p", REPOST, 100, 0, 5), ("x", 1, "p", REPLY, 100, 0, 5)),
                    *(("x", 1, "p", REPOST, 99, 9, 7), ("x", 2, None, REPOST, 98, 0, 10**12)),
                    *(("x", 3, "p", REPOST, 98, 0, 0), ("y", 4, "p", REPOST, 98, 0, 5), ("x", 1, "p", LIKE, 100, 0, 5)),
                ],
            ),
            "whole_networks": ("network", []),
            "latest_profiles": ("account self_reported", []),
            "account_coverage": (
                "account verb since",
                [
                    *((1, REPOST, 101 * 86_400 - 1), (1, REPOST, 5), (1, REPLY, 101 * 86_400)),
                    *((2, REPLY, 5), (5, REPOST, 5)),
                ],
            ),
            "ages": AGES,
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION), (REPLY, CONVERSATION)]),
            "constants": ("day_no count_limit", [(100, 10**10)]),
        },
        [
            (1, "p", REPOST, 3, 5, 1000, 0, 1),
            (1, "p", REPLY, 4, 5, 1000, 0, 0),
            (2, "", REPOST, 3, 10**10, 100, 0, 0),
            (3, "p", REPOST, 3, 0, 100, 0, 1),
            (4, "p", REPOST, 3, 5, 100, 0, 0),
        ],
    ),
    Case(
        "latest_tallies",
        "where everything on a network is read, an archive counts acts that were observed by name",
        {
            "tallies": (
                "network account verb day_no count self_reported",
                [("x", 1, REPOST, 100, 5, True), ("x", 2, REPOST, 100, 5, False), ("y", 3, REPOST, 100, 5, True)],
            ),
            "whole_networks": ("network", [("x",)]),
            "latest_profiles": ("account self_reported", []),
            "account_coverage": ("account verb since", []),
            "ages": AGES,
            "verbs": ("verb signal", [(REPOST, AMPLIFICATION)]),
            "constants": ("day_no count_limit", [(100, 10**10)]),
        },
        [
            (1, "", REPOST, 3, 5, 1000, 1, 1),
            (2, "", REPOST, 3, 5, 1000, 0, 0),
            (3, "", REPOST, 3, 5, 1000, 1, 0),
        ],
    ),
    Case(
        "unknown_acts",
        "acts with names are subtracted from the count of the post and verb, but not what they weigh less than a count",
        {
            "latest_tallies": (
                "account post verb signal count decay self_reported observed",
                [
                    (1, "p", REPOST, 3, 5, 200, 0, 1),
                    (1, "q", REPOST, 3, 1, 200, 1, 0),
                    (1, "p", REPLY, 4, 9, 100, 0, 0),
                ],
            ),
            "countable": (
                "target actor post verb decay",
                [
                    *((1, 2, "p", REPOST, 150), (1, 3, "p", REPOST, 1000)),
                    *((1, 2, "q", REPOST, 300), (1, 3, "q", REPOST, 200), (1, 4, "q", REPOST, 1)),
                ],
            ),
            "constants": ("trust_floor", [(0.01,)]),
        },
        # One of the names of p is older than the count; q has more names than were counted, one of them an old one.
        [
            (1, "p", 3, 10 * (3 * 200 + 50), 3, 0, 1),
            (1, "q", 3, 10 * 199, 0, 1, 0),
            (1, "p", 4, 9 * 1000, 9, 0, 0),
        ],
    ),
    Case(
        "unknown_actors",
        "sums over posts, and what the owner told of them; one count without names makes the signal unobserved",
        {
            "unknown_acts": (
                "account signal received people self_reported observed",
                [
                    *((1, 3, 20, 2, 0, 1), (1, 3, 5, 1, 1, 0), (1, 4, 7, 1, 0, 1)),
                    *((2, 3, 9 * 10**18, 9 * 10**18, 0, 1), (2, 3, 9 * 10**18, 9 * 10**18, 0, 1)),
                ],
            )
        },
        [(1, 3, 25, 3, 5, 1, 0), (1, 4, 7, 1, 0, 0, 1), (2, 3, 10**18, 10**18, 0, 0, 1)],
    ),
    Case(
        "reactions",
        "strangers and counts count up to a tenth of the known, beyond it with the logarithm; signals by price",
        {
            "balances": (
                "account signal known balance",
                [
                    (1, 3, 1, 800_000),
                    (1, 4, 1, 400_000),
                    (1, 3, 0, 200_000),
                    (2, 3, 0, 90),
                    (3, 3, 1, 1000),
                    (3, 3, 0, 100),
                ],
            ),
            "unknown_actors": (
                "account signal received people observed",
                [(1, 4, 200_000, 5, 1), (1, 3, 0, 0, 0), (4, 3, 0, 0, 1), (2, 4, 20, 1, 1)],
            ),
            "reactors": ("account people", [(1, 12), (2, 3), (3, 1)]),
            "accounts": ("network account", [("x", account) for account in (1, 2, 3, 4)]),
            "scales": THIRDS,
            "constants": ("stranger_share stranger_unit", [(0.1, 0.0005)]),
        },
        [
            (1, 1_000_000, 300_000, math.floor(100_000 + 500 * math.log(1 + 200_000 / 500)), 17, 12, 0),
            (2, 0, 100, math.floor(500 * math.log(1 + 100 / 500)), 4, 3, 1),
            (3, 1000, 100, 100, 1, 1, 1),
            (4, 0, 0, 0, 0, 0, 1),
        ],
    ),
    Case(
        "estimates",
        "curves between their points; the share of reactions that may be chance; null for what is not known",
        {
            "signals": (
                "account signal received",
                [
                    (1, AUDIENCE, 10_000_000),
                    (1, CURATION, 20_000_000),
                    (2, CURATION, 0),
                    (1, AMPLIFICATION, 9),
                    (5, 1, 1),
                ],
            ),
            "reactions": (
                "account known counted people observed",
                [(1, 3_000_000, 1_000_000, 8, 0), (3, 5, 5, 2, 1), (4, 4_000_000, 0, 4, 1)],
            ),
            "accounts": ("network account", [("x", 1), ("x", 2), ("x", 3), ("y", 4), ("x", 5)]),
            "scales": THIRDS,
            "curves": (
                "network curve from_value until_value log_value log_equivalent slope",
                [
                    ("x", "lists", 0.0, 10.0, 0.0, 0.0, 1.0),
                    ("x", "lists", 10.0, 1e300, math.log(10), math.log(1000), 2.0),
                    ("x", "reactions", 0.0, 1e300, math.log(2), math.log(500), 1.0),
                    ("y", "reactions", 0.0, 1e300, 0.0, 0.0, 1.0),
                ],
            ),
            "observed": ("network weights days", [("x", 500_000, 90), ("y", 0, 90)]),
            "constants": ("chance_people strength_limit", [(2.0, 1e8)]),
        },
        [
            (1, "x", 40.0, 4000.0, 750.0, 0),
            (2, "x", None, 0.0, 0.0, 1),
            (3, "x", None, None, 0.0, 1),
            (4, "y", None, None, None, 1),
            (5, "x", 4e-6, None, 0.0, 1),
        ],
    ),
    Case(
        "values",
        "everybody is presumed to have some lists and reactions; followers and lists as far as reactions bear them",
        {
            "estimates": (
                "account network followers lists reactions observed",
                [
                    *((1, "x", 1000.0, 50.0, 800.0, 1), (2, "x", 1e6, 1e6, 300.0, 1)),
                    *((3, "x", 100.0, None, 0.0, 1), (4, "x", None, 70.0, 0.0, 1), (5, "x", 1e6, 0.0, None, 1)),
                    (6, "x", 1e6, 0.0, 10.0, 1),
                ],
            ),
            "scales": THIRDS,
            "constants": PRESUMED,
        },
        [
            (
                1,
                "x",
                "followers",
                math.log(1001),
                300_000,
                _part(300_000, 1000) + _part(200_000, 450, 50) + _part(500_000, 1000, 800),
            ),
            (1, "x", "lists", math.log(451), 200_000, _part(200_000, 50)),
            (1, "x", "interactions", math.log(1001), 500_000, _part(500_000, 800)),
            (2, "x", "followers", math.log(751), 300_000, _part(300_000, 750) + _part(500_000, 500, 300)),
            (2, "x", "lists", math.log(5001), 200_000, _part(200_000, 5000)),
            (2, "x", "interactions", math.log(501), 500_000, _part(500_000, 300)),
            (3, "x", "followers", math.log(101), 300_000, _part(300_000, 100) + _part(500_000, 100, 0)),
            (3, "x", "interactions", math.log(101), 500_000, 0),
            (4, "x", "lists", math.log(71), 200_000, _part(200_000, 70) + _part(500_000, 70, 0)),
            (4, "x", "interactions", math.log(71), 500_000, 0),
            (5, "x", "followers", math.log(1e6 + 1), 300_000, _part(300_000, 1e6) + _part(200_000, 400, 0)),
            (5, "x", "lists", math.log(401), 200_000, 0),
            (
                6,
                "x",
                "followers",
                math.log(316),
                300_000,
                _part(300_000, 315) + _part(200_000, 210, 0) + _part(500_000, 210, 10),
            ),
            (6, "x", "lists", math.log(211), 200_000, 0),
            (6, "x", "interactions", math.log(211), 500_000, _part(500_000, 10)),
        ],
    ),
    Case(
        "values",
        "where reactions were counted without names, as many are presumed as followers and lists let expect",
        {
            "estimates": (
                "account network followers lists reactions observed",
                [
                    *((1, "x", 1e6, None, 0.0, 0), (2, "x", 1e6, None, 5e6, 0)),
                    *((3, "x", None, None, 30.0, 0), (4, "x", 1e6, None, None, 0)),
                ],
            ),
            "scales": THIRDS,
            "constants": PRESUMED,
        },
        [
            (1, "x", "followers", math.log(1e6 + 1), 300_000, _part(300_000, 1e6) + _part(500_000, 1e6)),
            (1, "x", "interactions", math.log(201), 500_000, 0),
            (2, "x", "followers", math.log(1e6 + 1), 300_000, _part(300_000, 1e6) + _part(500_000, 5e6 + 200, 5e6)),
            (2, "x", "interactions", math.log(5e6 + 201), 500_000, _part(500_000, 5e6)),
            (3, "x", "interactions", math.log(31), 500_000, _part(500_000, 30)),
            (4, "x", "followers", math.log(1e6 + 1), 300_000, _part(300_000, 1e6)),
        ],
    ),
    Case(
        "scores",
        "strengths of a person's accounts are summed; unknown followers stay unknown",
        {
            "strengths": (
                "account network person strength self_reported people days audience",
                [
                    *((1, "x", -1, 10**9, 0, 2, 5, None), (2, "y", -1, 2 * 10**9, 1, 3, 9, 7 * 10**6)),
                    *((3, "x", -2, 9 * 10**9, 1, 1, 5, None), (4, "x", 4, 99 * 10**9, 0, 1, 5, None)),
                ],
            ),
            "constants": ("score_decades", [(99.0,)]),
        },
        [
            (-1, 1 + math.log10(4), 3 * 10**9, 2, 2, 5, 9, 1 + math.log10(2), 7 * 10**6),
            (-2, 2.0, 9 * 10**9, 1, 1, 1, 5, None, None),
            (4, 3.0, 99 * 10**9, 1, 1, 1, 5, 3.0, None),
        ],
    ),
    Case(
        "shares",
        "reactions are divided by price times what counts of them; followers and lists are one signal each",
        {
            "signals": (
                "account signal known strangers",
                [
                    (1, AUDIENCE, 5, 0),
                    (1, AMPLIFICATION, 300, 100),
                    (1, CONVERSATION, 200, 200),
                    (2, AMPLIFICATION, 1, 1),
                ],
            ),
            "reactions": ("account known counted strangers", [(1, 400, 100, 200)]),
            "accounts": ("network account", [("x", 1), ("x", 2)]),
            "scales": THIRDS,
            "members": ("account person", [(1, -1)]),
            "receipt_accounts": ("account", []),
        },
        [
            (1, AUDIENCE, "followers", 1),
            (1, AMPLIFICATION, "interactions", 350 * 10**12 // 500),
            (1, CONVERSATION, "interactions", 150 * 10**12 // 500),
        ],
    ),
]

EXPLANATION_CASES = [
    Case(
        "act_worths",
        "acts of one day share their entry, on that day by quarter; own, undone and acts of deleted accounts do not",
        {
            "entries": (
                "day_no target actor signal known acts worth fresh_worth",
                [
                    *((100, 1, 2, 3, 1, 2, 90, 400), (98, 1, 2, 3, 0, 1, 10, 9), (99, 1, 2, 3, 1, 2, 60, 9)),
                    *((100, 1, 3, 3, 1, 1, 9, 9), (100, 1, 4, 3, 1, 1, 9, 9), (100, 1, 1, 3, 1, 1, 9, 9)),
                ],
            ),
            "own_pairs": ("target actor", [(1, 3)]),
            "absent": ("account", [(4,)]),
            "interactions": (
                "day_no target actor post verb second interaction",
                [
                    *((100, 1, 2, "p", REPOST, 21_600, 1), (100, 1, 2, None, REPOST, 0, 2)),
                    *((98, 1, 2, "q", REPOST, 0, 3), (99, 1, 2, "q", REPOST, 0, 4), (99, 1, 2, "p", REPOST, 0, 5)),
                    *((100, 1, 3, "q", REPOST, 0, 6), (100, 1, 4, "q", REPOST, 0, 7), (100, 1, 1, "q", REPOST, 0, 8)),
                ],
            ),
            "undone": ("interaction", [(5,)]),
            "verbs": ("verb signal", [(REPOST, 3)]),
            "quarters": ("quarter weight", [(0, 100), (1, 300), (2, 500), (3, 1000)]),
        },
        [
            *((100, 1, 3, "p", 1, 45.0, 300.0), (100, 1, 3, "", 1, 45.0, 100.0)),
            *((98, 1, 3, "q", 0, 10.0, 9.0), (99, 1, 3, "q", 1, 60.0, 9.0)),
        ],
    ),
    Case(
        "post_shares",
        "a post gets what the acts on it are worth at their age; acts before the window count nothing",
        {
            "act_worths": (
                "day_no account signal post known worth fresh_worth",
                [
                    *((99, 1, 3, "p", 1, 3e5, 9.0), (98, 1, 3, "q", 0, 1e4, 9.0), (97, 1, 3, "q", 1, 1e9, 1e9)),
                    *((100, 1, 3, "p", 1, 9.0, 3e5), (100, 1, 3, "q", 1, 9.0, 1e5)),
                ],
            ),
            "ages": AGES,
            "unknown_acts": ("account post signal received people", [(1, "q", 3, 2_000, 4)]),
            "reactions": ("account counted strangers", [(1, 1, 2)]),
        },
        [
            (1, 3, "p", 60e6 + 300e6, 60e6 + 300e6, 2),
            (1, 3, "q", 0.5e6 + 100e6 + 1e6, 1e6 + 100e6 + 2e6, 6),
        ],
    ),
]
