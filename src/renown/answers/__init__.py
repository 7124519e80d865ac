"""Answers about scores: receipts, changes, standings, groups and simulations, as frozen records."""

from renown.answers.activity import STYLES, ActivityPattern, Style
from renown.answers.alerts import DEFAULT_ALERT_POINTS, ScoreAlert, find_score_alerts
from renown.answers.explain.changes import CAUSES, Changes, explain_changes
from renown.answers.explain.explanation import DEFAULT_TOP, Explanation, explain
from renown.answers.explain.ledger_rows import DISCOUNT_REASONS, Discount, describe_discount
from renown.answers.explain.posts import PostSummary, post_url
from renown.answers.explain.receipt import Receipt, compute_receipt
from renown.answers.explain.receipt_lines import SignalReceipt
from renown.answers.explain.shares import Shares, compute_shares
from renown.answers.groups import (
    GroupList,
    GroupLog,
    Standings,
    StandingsCache,
    compute_standings,
    list_groups,
    load_group_log,
)
from renown.answers.history import History, PastDay, Timeline, load_history, load_timeline, split_recomputed
from renown.answers.late_acts import LateActs, TouchedDays, count_late_acts, find_touched_days
from renown.answers.leaderboard import (
    LeaderboardEntry,
    LeaderboardIndex,
    LeaderboardPage,
    LeaderboardResult,
    Position,
    build_leaderboard_page,
    iter_served_scores,
    load_leaderboard,
)
from renown.answers.method_comparison import DECILES, MethodComparison, MethodShift, ScoreMove, compare_methods
from renown.answers.method_switch import (
    MethodSwitch,
    SwitchDays,
    add_method_switch,
    explain_method_switch,
    find_switch_days,
)
from renown.answers.profile import (
    Influencer,
    InfluencerList,
    PersonProfile,
    add_changes,
    compute_profiles,
    deserialize_profile,
    load_current_changes,
    load_current_inputs,
    load_current_profile,
    load_profile,
    serialize_profile,
)
from renown.answers.reachable import (
    GoalMeaning,
    ReachableScores,
    choose_goal,
    explain_goal,
    load_reachable_scores,
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
    list_weights,
    parse_factors,
    score_with_weights,
)
from renown.answers.simulate.forecast import TREND_DAYS
from renown.answers.simulate.goal import DecayForecast, GoalForecast, GoalPlan, GoalStep, UniformIncrease, plan_goal
from renown.answers.simulate.inputs import ScoringInputs
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.ledger_weights import open_weight_sandbox
from renown.answers.simulate.levers import Lever, parse_change
from renown.answers.simulate.what_if import SimulatedSignal, WhatIfResult, simulate_changes
from renown.answers.standing import DEFAULT_GOAL, DEFAULT_STREAK_DAYS, Standing, compute_standing, format_top, round_top
from renown.answers.status import Status, compute_status, find_due_days
from renown.answers.visibility import (
    HiddenRanks,
    Visibility,
    VisibilityCache,
    VisiblePerson,
    find_hidden_ranks,
    is_visible,
    list_people,
    load_visibility,
)

__all__ = [
    "CAUSES",
    "DECILES",
    "DEFAULT_ALERT_POINTS",
    "DEFAULT_GOAL",
    "DEFAULT_LIMIT",
    "DEFAULT_STREAK_DAYS",
    "DEFAULT_TOP",
    "DISCOUNT_REASONS",
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
    "Discount",
    "Explanation",
    "GoalForecast",
    "GoalMeaning",
    "GoalPlan",
    "GoalStep",
    "GroupList",
    "GroupLog",
    "HiddenRanks",
    "History",
    "Influencer",
    "InfluencerList",
    "LateActs",
    "LeaderboardEntry",
    "LeaderboardIndex",
    "LeaderboardPage",
    "LeaderboardResult",
    "LedgerInputs",
    "Lever",
    "MethodComparison",
    "MethodShift",
    "MethodSwitch",
    "PastDay",
    "PersonProfile",
    "Position",
    "PostSummary",
    "ReachableScores",
    "Receipt",
    "ScoreAlert",
    "ScoreMove",
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
    "SwitchDays",
    "Timeline",
    "TouchedDays",
    "UniformIncrease",
    "Visibility",
    "VisibilityCache",
    "VisiblePerson",
    "WeightSandbox",
    "WhatIfResult",
    "add_changes",
    "add_method_switch",
    "build_leaderboard_page",
    "choose_goal",
    "compare_methods",
    "compute_profiles",
    "compute_receipt",
    "compute_shares",
    "compute_standing",
    "compute_standings",
    "compute_status",
    "count_late_acts",
    "describe_discount",
    "deserialize_profile",
    "explain",
    "explain_changes",
    "explain_goal",
    "explain_method_switch",
    "find_due_days",
    "find_hidden_ranks",
    "find_score_alerts",
    "find_similar_person",
    "find_switch_days",
    "find_touched_days",
    "format_top",
    "is_visible",
    "iter_served_scores",
    "list_groups",
    "list_people",
    "list_weights",
    "load_current_changes",
    "load_current_inputs",
    "load_current_profile",
    "load_group_log",
    "load_history",
    "load_leaderboard",
    "load_profile",
    "load_reachable_scores",
    "load_timeline",
    "load_visibility",
    "open_weight_sandbox",
    "parse_change",
    "parse_factors",
    "plan_goal",
    "post_url",
    "round_top",
    "score_with_weights",
    "serialize_profile",
    "simulate_changes",
    "split_recomputed",
]
