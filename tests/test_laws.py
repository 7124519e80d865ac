"""What holds for every community: laws of the method, tried on random ones."""

import dataclasses

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from renown import method
from renown.engines import open_engine
from renown.records import KEPT, VERBS

AS_IT_IS = method.load()
METHOD = dataclasses.replace(
    AS_IT_IS,
    constants=dict(AS_IT_IS.constants)
    | {"selectivity_accounts": dataclasses.replace(AS_IT_IS.constants["selectivity_accounts"], value=2.0)},
)
"""Attention that small communities exhaust."""
DAY_NO = 20_000
NETWORKS = {"x": range(1, 7), "y": range(7, 10)}
COUNTED = [VERBS[verb] for signal in METHOD.signals for verb in signal.verbs]

accounts = some.sampled_from([account for keys in NETWORKS.values() for account in keys])
acts = some.tuples(accounts, accounts, some.sampled_from(COUNTED), some.integers(-95, 2))
figures = some.tuples(accounts, some.integers(0, 10**6) | some.none(), some.integers(0, 10**4) | some.none())
communities = some.tuples(some.lists(acts, max_size=40), some.lists(figures, max_size=6, unique_by=lambda row: row[0]))
counts = some.tuples(accounts, some.sampled_from(COUNTED), some.integers(0, 10**4), some.integers(-89, 0))
comings = some.tuples(accounts, some.integers(-95, 0), some.integers(0, 2), some.booleans())
claims = some.lists(accounts, max_size=3, unique=True)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing community is printed as it was found: each try of a smaller one costs a whole run of the steps."""
few = settings(max_examples=15, deadline=None, phases=NO_SHRINKING)


@pytest.fixture(scope="module")
def engine():
    """Return a session."""
    with open_engine("duckdb") as session:
        yield session


def network_of(account):
    """Return the network of an account."""
    return next(network for network, keys in NETWORKS.items() if account in keys)


def score(engine, community, claimed=(), tallied=(), posts=None, presence=()):
    """Run the steps over a community; return scores and points by person."""
    done, profiles = community
    given_rows = {
        "interactions": [
            (network_of(target), DAY_NO + age, actor, target, f"p{place % 3}", verb, 0, None)
            for place, (actor, target, verb, age) in enumerate(done)
            if network_of(actor) == network_of(target)
        ],
        "profiles": [
            (network_of(account), DAY_NO - 1, account, followers, None, None, lists, None, None, 0)
            for account, followers, lists in profiles
        ]
        + [
            (network_of(key), DAY_NO, key, None, count, count, None, True, 1, 1) for key, count in (posts or {}).items()
        ],
        "tallies": [
            (network_of(account), DAY_NO + age, account, "q", verb, count, 0) for account, verb, count, age in tallied
        ],
        "presence": [
            (network_of(account), DAY_NO + age, account, there, second) for account, age, second, there in presence
        ],
        "accounts": [(network, key, str(key)) for network, keys in NETWORKS.items() for key in keys],
    }
    for table in ("interactions", "profiles", "accounts", "tallies", "undone", "presence"):
        engine.table(table, given_rows.get(table, []), KEPT[table])
    coverage = [(network, verb) for network in NETWORKS for verb in COUNTED]
    small = method.tables(METHOD, DAY_NO, coverage=coverage, days=dict.fromkeys(NETWORKS, 90))
    small["standings"] = []
    small["claims"] = [(network_of(account), str(account), -1, "ada") for account in claimed]
    for table, rows in small.items():
        engine.table(table, rows, method.INPUTS[table])
    for step in METHOD.until("points"):
        engine.run(step)
    points = {}
    for person, value in engine.rows("select person, points from points order by person, account, signal"):
        points.setdefault(person, []).append(value)
    return dict(engine.rows("select person, score from scores")), points


@few
@given(communities, claims)
def test_points_are_never_negative_and_sum_to_the_score(engine, community, claimed):
    """Whoever claims what: 1 and the points are the score, between 1 and 100."""
    scores, points = score(engine, community, claimed)

    for person, value in scores.items():
        assert 1 <= value <= 100
        assert all(part >= 0 for part in points.get(person, []))
        assert value == pytest.approx(1 + sum(points.get(person, [])), abs=1e-9)


@few
@given(communities, acts)
def test_receiving_more_never_lowers_a_score(engine, community, act):
    """One more act, by anybody, of any kind, on any day, however many accounts the actor acts on."""
    before, _ = score(engine, community)
    after, _ = score(engine, ([*community[0], act], community[1]))

    assert after.get(act[1], 1) >= before.get(act[1], 1)


@few
@given(communities, counts, some.integers(0, 10**4))
def test_a_higher_count_of_strangers_never_lowers_a_score(engine, community, count, more):
    """A tally of any kind rises, nothing else does."""
    account, verb, had, age = count

    before, _ = score(engine, community, tallied=[count])
    after, _ = score(engine, community, tallied=[(account, verb, had + more, age)])

    assert after.get(account, 1) >= before.get(account, 1)


@few
@given(communities, accounts, some.integers(0, 10**6))
def test_posting_alone_earns_nothing(engine, community, account, posts):
    """However much somebody writes, follows or acts on others."""
    quiet = [act for act in community[0] if act[1] != account]
    followed = [row for row in community[1] if row[0] != account]

    scores, _ = score(engine, (quiet, followed), posts={account: posts})

    assert scores.get(account, 1) == 1


@few
@given(communities, figures, some.integers(0, 10**6), some.integers(0, 10**4))
def test_more_followers_or_lists_never_lower_a_score(engine, community, figure, followers, lists):
    """The figures of one profile rise, nothing else does."""
    account, had, listed = figure
    others = [row for row in community[1] if row[0] != account]
    more = (account, None if had is None else had + followers, None if listed is None else listed + lists)

    before, _ = score(engine, (community[0], [*others, figure]))
    after, _ = score(engine, (community[0], [*others, more]))

    assert after.get(account, 1) >= before.get(account, 1)


@few
@given(communities, accounts, some.sampled_from(COUNTED))
def test_acting_on_oneself_changes_nothing(engine, community, account, verb):
    """Nobody's score moves."""
    assert score(engine, community) == score(engine, ([*community[0], (account, account, verb, 0)], community[1]))


@few
@given(communities, some.lists(accounts, min_size=2, max_size=3, unique=True))
def test_a_person_never_scores_below_an_account_of_theirs_but_for_own_acts(engine, community, claimed):
    """Adding an account can only help, once what the accounts do to each other is left out."""
    done = [act for act in community[0] if not {act[0], act[1]} <= set(claimed)]

    alone, _ = score(engine, (done, community[1]))
    together, _ = score(engine, (done, community[1]), claimed)

    assert together.get(-1, 1) >= max(alone.get(account, 1) for account in claimed)


@few
@given(communities, some.randoms())
def test_order_says_nothing(engine, community, random):
    """The same acts in another order give the same bits."""
    shuffled = list(community[0])
    posts_matter_not = score(engine, community)
    random.shuffle(shuffled)

    assert posts_matter_not == score(engine, (shuffled, community[1]))


@few
@given(communities, acts)
def test_acts_outside_the_window_change_nothing(engine, community, act):
    """Neither the future nor what is ninety days old."""
    for age in (1, -90):
        assert score(engine, community) == score(engine, ([*community[0], (*act[:3], age)], community[1]))


@few
@given(communities, accounts, claims, some.integers(-95, 0))
def test_who_went_acts_on_nobody_and_has_no_score_until_they_come_back(engine, community, gone, claimed, age):
    """Others score as without those acts, whenever the account went and whoever claimed it; back, all is as before."""
    without = [act for act in community[0] if act[0] != gone], community[1]
    went, back = (gone, age, 0, False), (gone, age, 1, True)

    scores, _ = score(engine, community, claimed, presence=[went])
    expected, _ = score(engine, without, claimed)

    theirs = {gone, -1} if gone in claimed else {gone}
    assert gone not in scores
    assert {who: value for who, value in expected.items() if who not in theirs} == {
        who: value for who, value in scores.items() if who not in theirs
    }
    assert score(engine, community, claimed) == score(engine, community, claimed, presence=[went, back])


@few
@given(communities, some.lists(comings, max_size=12), some.randoms())
def test_the_order_in_which_comings_and_goings_are_told_says_nothing(engine, community, presence, random):
    """Nor does telling them twice."""
    told = [*presence, *presence]
    random.shuffle(told)

    assert score(engine, community, presence=presence) == score(engine, community, presence=told)
