"""
Demo: simulate a small community on three networks, import it, and score and publish its last 30 days.

It shows renown before there is any real data.
"""

from renown.demo.publish import SCORED_DAYS, import_demo, publish_demo
from renown.demo.simulation import (
    GROUP_GOAL,
    GROUP_NAME,
    MEMBER_COUNT,
    NAMED_MEMBERS,
    NETWORKS,
    SIMULATED_DAYS,
    list_claims,
    simulate_network,
)

__all__ = [
    "GROUP_GOAL",
    "GROUP_NAME",
    "MEMBER_COUNT",
    "NAMED_MEMBERS",
    "NETWORKS",
    "SCORED_DAYS",
    "SIMULATED_DAYS",
    "import_demo",
    "list_claims",
    "publish_demo",
    "simulate_network",
]
