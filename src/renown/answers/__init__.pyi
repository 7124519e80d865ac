from .activity import STYLES, ActivityPattern, Style
from .alerts import DEFAULT_ALERT_POINTS, ScoreAlert, find_score_alerts
from .best_times import WEEKDAYS, BestTimes, WeekSlot, compute_best_times, find_time_zone
from .certainty import Certainty, find_minimums, judge_certainties
from .comparison import MAX_COMPARED, MIN_COMPARED, ComparedPerson, Comparison, compare_people, list_compared
from .compute_profiles import add_changes, compute_profiles
from .explain.causes import CAUSES
from .explain.change_summary import ChangeSummary
from .explain.changes import Changes
from .explain.explain_changes import explain_changes
from .explain.explanation import DEFAULT_TOP, Explanation, explain
from .explain.ledger_rows import DISCOUNT_REASONS, Discount, describe_discount
from .explain.people_change import PeopleChange
from .explain.post_index import post_url
from .explain.posts import PostSummary
from .explain.receipt import Receipt, compute_receipt
from .explain.receipt_lines import SignalReceipt
from .explain.shares import Share, Shares, compute_shares
from .explain.top_reactors import TopReactor, rank_reactors
from .explain.topics import Topic, TopicList
from .explain.trust_remark import TrustRemark
from .first_score import FirstScore, load_first_score
from .group_standings import Standings, compute_standings, count_days_left
from .groups import GroupList, GroupLog, list_groups, load_group_log
from .hidden_ranks import HiddenRanks
from .history import (
    History,
    PastDay,
    ScoreBounds,
    Timeline,
    find_first_published_days,
    find_silent_networks,
    load_history,
    load_timeline,
    split_recomputed,
)
from .identities import ShownIdentity, choose_identity
from .influence import Influence, name_influence
from .landmarks import Landmark, LandmarkEntry, read_landmarks, score_landmarks
from .late_acts import LateActs, TouchedDays, count_late_acts, find_touched_days
from .leaderboard import (
    LeaderboardEntry,
    LeaderboardPage,
    LeaderboardResult,
    Position,
    build_leaderboard_page,
    iter_served_scores,
    load_leaderboard,
)
from .leaderboard_index import LeaderboardIndex
from .member_standings import HORIZON_DAYS, MemberStanding
from .method_comparison import DECILES, MethodComparison, MethodShift, compare_methods
from .method_switch import (
    MethodSwitch,
    SwitchDays,
    add_method_switch,
    explain_method_switch,
    find_switch_days,
)
from .notifications import Notification, find_notifications
from .profile import (
    LINES_PER_SIGNAL,
    MAX_NAMED,
    Influencer,
    InfluencerList,
    PersonProfile,
    deserialize_profile,
    list_topics,
    load_current_changes,
    load_current_inputs,
    load_current_profile,
    load_profile,
    serialize_profile,
)
from .reachable import (
    FriendRule,
    GoalMeaning,
    ReachableScores,
    choose_goal,
    explain_goal,
    find_friend_rule,
    load_reachable_scores,
)
from .risers import Riser, find_risers
from .ruler import TOP_PERCENTS, Ruler, TopScore, find_top_scores
from .score_moves import ScoreMove
from .similar import SimilarPerson, find_similar_person
from .simulate.custom_weights import (
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
from .simulate.decay_forecast import DecayForecast
from .simulate.forecast import MIN_TREND_DAYS, TREND_DAYS
from .simulate.goal import GoalPlan, GoalStep, UniformIncrease, plan_goal, plan_two_goals
from .simulate.goal_forecast import GoalForecast
from .simulate.inputs import ScoringInputs
from .simulate.ledger_inputs import LedgerInputs
from .simulate.ledger_weights import open_weight_sandbox
from .simulate.levers import Lever, parse_change
from .simulate.range import ConfidenceRange
from .simulate.trend_history import TrendHistory, read_trend_history
from .simulate.way import Way, build_way, plan_way
from .simulate.what_if import SimulatedSignal, WhatIfResult, simulate_changes
from .standing import DEFAULT_GOAL, DEFAULT_STREAK_DAYS, Standing, compute_standing, describe_top, format_top, round_top
from .standings_cache import StandingsCache
from .statement import (
    LIFETIMES_DAYS,
    STATEMENT_PARTS,
    UNKNOWN,
    Statement,
    StatementSummary,
    VerifiedStatement,
    build_statement,
    find_status,
    from_claims,
    list_statements,
    list_verified_accounts,
    to_claims,
    verify_offline,
)
from .status import Status, compute_status, find_due_days, find_future_days
from .visibility import (
    Visibility,
    VisibilityCache,
    VisiblePerson,
    find_hidden_ranks,
    is_visible,
    list_people,
    load_visibility,
)
from .week_review import (
    RacePosition,
    WeekFigures,
    WeekReview,
    WeekSpan,
    format_week,
    parse_week,
    review_week,
    select_week,
)
from .year_review import MonthReview, YearReview, parse_year, review_year

__all__ = [
    "CAUSES",
    "DECILES",
    "DEFAULT_ALERT_POINTS",
    "DEFAULT_GOAL",
    "DEFAULT_LIMIT",
    "DEFAULT_STREAK_DAYS",
    "DEFAULT_TOP",
    "DISCOUNT_REASONS",
    "HORIZON_DAYS",
    "LIFETIMES_DAYS",
    "LINES_PER_SIGNAL",
    "MAX_COMPARED",
    "MAX_FACTOR",
    "MAX_NAMED",
    "MIN_COMPARED",
    "MIN_TREND_DAYS",
    "STATEMENT_PARTS",
    "STYLES",
    "TOP_PERCENTS",
    "TREND_DAYS",
    "UNKNOWN",
    "WEEKDAYS",
    "ActivityPattern",
    "BestTimes",
    "Certainty",
    "ChangeSummary",
    "Changes",
    "ComparedPerson",
    "Comparison",
    "ConfidenceRange",
    "CustomScore",
    "CustomWeight",
    "CustomWeightsResult",
    "DecayForecast",
    "Discount",
    "Explanation",
    "FirstScore",
    "FriendRule",
    "GoalForecast",
    "GoalMeaning",
    "GoalPlan",
    "GoalStep",
    "GroupList",
    "GroupLog",
    "HiddenRanks",
    "History",
    "Influence",
    "Influencer",
    "InfluencerList",
    "Landmark",
    "LandmarkEntry",
    "LateActs",
    "LeaderboardEntry",
    "LeaderboardIndex",
    "LeaderboardPage",
    "LeaderboardResult",
    "LedgerInputs",
    "Lever",
    "MemberStanding",
    "MethodComparison",
    "MethodShift",
    "MethodSwitch",
    "MonthReview",
    "Notification",
    "PastDay",
    "PeopleChange",
    "PersonProfile",
    "Position",
    "PostSummary",
    "RacePosition",
    "ReachableScores",
    "Receipt",
    "Riser",
    "Ruler",
    "ScoreAlert",
    "ScoreBounds",
    "ScoreMove",
    "ScoringInputs",
    "Share",
    "Shares",
    "ShownIdentity",
    "SignalReceipt",
    "SimilarPerson",
    "SimulatedSignal",
    "Standing",
    "Standings",
    "StandingsCache",
    "Statement",
    "StatementSummary",
    "Status",
    "Style",
    "SwitchDays",
    "Timeline",
    "TopReactor",
    "TopScore",
    "Topic",
    "TopicList",
    "TouchedDays",
    "TrendHistory",
    "TrustRemark",
    "UniformIncrease",
    "VerifiedStatement",
    "Visibility",
    "VisibilityCache",
    "VisiblePerson",
    "Way",
    "WeekFigures",
    "WeekReview",
    "WeekSlot",
    "WeekSpan",
    "WeightSandbox",
    "WhatIfResult",
    "YearReview",
    "add_changes",
    "add_method_switch",
    "build_leaderboard_page",
    "build_statement",
    "build_way",
    "choose_goal",
    "choose_identity",
    "compare_methods",
    "compare_people",
    "compute_best_times",
    "compute_profiles",
    "compute_receipt",
    "compute_shares",
    "compute_standing",
    "compute_standings",
    "compute_status",
    "count_days_left",
    "count_late_acts",
    "describe_discount",
    "describe_top",
    "deserialize_profile",
    "explain",
    "explain_changes",
    "explain_goal",
    "explain_method_switch",
    "find_due_days",
    "find_first_published_days",
    "find_friend_rule",
    "find_future_days",
    "find_hidden_ranks",
    "find_minimums",
    "find_notifications",
    "find_risers",
    "find_score_alerts",
    "find_silent_networks",
    "find_similar_person",
    "find_status",
    "find_switch_days",
    "find_time_zone",
    "find_top_scores",
    "find_touched_days",
    "format_top",
    "format_week",
    "from_claims",
    "is_visible",
    "iter_served_scores",
    "judge_certainties",
    "list_compared",
    "list_groups",
    "list_people",
    "list_statements",
    "list_topics",
    "list_verified_accounts",
    "list_weights",
    "load_current_changes",
    "load_current_inputs",
    "load_current_profile",
    "load_first_score",
    "load_group_log",
    "load_history",
    "load_leaderboard",
    "load_profile",
    "load_reachable_scores",
    "load_timeline",
    "load_visibility",
    "name_influence",
    "open_weight_sandbox",
    "parse_change",
    "parse_factors",
    "parse_week",
    "parse_year",
    "plan_goal",
    "plan_two_goals",
    "plan_way",
    "post_url",
    "rank_reactors",
    "read_landmarks",
    "read_trend_history",
    "review_week",
    "review_year",
    "round_top",
    "score_landmarks",
    "score_with_weights",
    "select_week",
    "serialize_profile",
    "simulate_changes",
    "split_recomputed",
    "to_claims",
    "verify_offline",
]
