"""
Demo: simulate 20,000 accounts on three networks, import them, publish their last days, and run a race to 70.

It shows renown before there is any real data. Beside it, a small team has nothing but files of its own acts.
"""

from renown.demo.landmarks import LANDMARKS_FILE, list_landmarks
from renown.demo.named import COLLEAGUES, LANDMARKS, NAMED_MEMBERS, REACTION_BUYER
from renown.demo.networks import NETWORKS
from renown.demo.population import FULL_SIZE, DemoSize, generate_population
from renown.demo.publish import GROUP_GOAL, GROUP_NAME, import_demo, publish_demo
from renown.demo.simulation import simulate_network
from renown.demo.team import TEAM, TEAM_NETWORK, TeamScores, publish_team, write_team_files

__all__ = [
    "COLLEAGUES",
    "FULL_SIZE",
    "GROUP_GOAL",
    "GROUP_NAME",
    "LANDMARKS",
    "LANDMARKS_FILE",
    "NAMED_MEMBERS",
    "NETWORKS",
    "REACTION_BUYER",
    "TEAM",
    "TEAM_NETWORK",
    "DemoSize",
    "TeamScores",
    "generate_population",
    "import_demo",
    "list_landmarks",
    "publish_demo",
    "publish_team",
    "simulate_network",
    "write_team_files",
]
