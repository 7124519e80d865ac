"""Answers about scores: receipts, changes, standings, groups and simulations, as frozen records."""

from renown.answers.activity import STYLES, ActivityPattern, Style
from renown.answers.explain.changes import CAUSES, Changes, explain_changes
from renown.answers.explain.posts import PostSummary, post_url
from renown.answers.explain.receipt import (
    DEFAULT_TOP,
    Explanation,
    Receipt,
    Shares,
    SignalReceipt,
    compute_receipt,
    compute_shares,
    explain,
)
from renown.answers.groups import (
    GroupList,
    GroupLog,
    Standings,
    StandingsCache,
    compute_standings,
    list_groups,
    load_group_log,
)
from renown.answers.history import History, Timeline, load_history, load_timeline
from renown.answers.leaderboard import (
    LeaderboardIndex,
    LeaderboardPage,
    LeaderboardRank,
    LeaderboardResult,
    build_leaderboard_page,
    iter_overall_ranks,
    load_leaderboard,
)
from renown.answers.profile import (
    Influencer,
    InfluencerList,
    PersonProfile,
    compute_profiles,
    deserialize_profile,
    load_current_inputs,
    load_current_profile,
    load_profile,
    serialize_profile,
)
from renown.answers.similar import SimilarPerson, find_similar_person
from renown.answers.simulate.confidence import ConfidenceRange
from renown.answers.simulate.custom_weights import (
    DEFAULT_LIMIT,
    MAX_FACTOR,
    CustomScore,
    CustomWeight,
    CustomWeightsResult,
    WeightSandbox,
    parse_factors,
    score_with_weights,
)
from renown.answers.simulate.forecast import TREND_DAYS
from renown.answers.simulate.goal import DecayForecast, GoalForecast, GoalPlan, GoalStep, UniformIncrease, plan_goal
from renown.answers.simulate.inputs import ScoringInputs
from renown.answers.simulate.levers import Lever, parse_change
from renown.answers.simulate.what_if import SimulatedSignal, WhatIfResult, simulate_changes
from renown.answers.standing import DEFAULT_GOAL, DEFAULT_STREAK_DAYS, Standing, compute_standing, format_top, round_top
from renown.answers.status import Status, compute_status, find_due_days
from renown.answers.visibility import VisiblePerson, is_visible, list_people

__all__ = [
    "CAUSES",
    "DEFAULT_GOAL",
    "DEFAULT_LIMIT",
    "DEFAULT_STREAK_DAYS",
    "DEFAULT_TOP",
    "MAX_FACTOR",
    "STYLES",
    "TREND_DAYS",
    "ActivityPattern",
    "Changes",
    "ConfidenceRange",
    "CustomScore",
    "CustomWeight",
    "CustomWeightsResult",
    "DecayForecast",
    "Explanation",
    "GoalForecast",
    "GoalPlan",
    "GoalStep",
    "GroupList",
    "GroupLog",
    "History",
    "Influencer",
    "InfluencerList",
    "LeaderboardIndex",
    "LeaderboardPage",
    "LeaderboardRank",
    "LeaderboardResult",
    "Lever",
    "PersonProfile",
    "PostSummary",
    "Receipt",
    "ScoringInputs",
    "Shares",
    "SignalReceipt",
    "SimilarPerson",
    "SimulatedSignal",
    "Standing",
    "Standings",
    "StandingsCache",
    "Status",
    "Style",
    "Timeline",
    "UniformIncrease",
    "VisiblePerson",
    "WeightSandbox",
    "WhatIfResult",
    "build_leaderboard_page",
    "compute_profiles",
    "compute_receipt",
    "compute_shares",
    "compute_standing",
    "compute_standings",
    "compute_status",
    "deserialize_profile",
    "explain",
    "explain_changes",
    "find_due_days",
    "find_similar_person",
    "format_top",
    "is_visible",
    "iter_overall_ranks",
    "list_groups",
    "list_people",
    "load_current_inputs",
    "load_current_profile",
    "load_group_log",
    "load_history",
    "load_leaderboard",
    "load_profile",
    "load_timeline",
    "parse_change",
    "parse_factors",
    "plan_goal",
    "post_url",
    "round_top",
    "score_with_weights",
    "serialize_profile",
    "simulate_changes",
]
