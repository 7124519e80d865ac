"""The simulated networks: how people react there, and how ids look."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DemoNetwork:
    """A simulated network: how its members behave and how its ids look."""

    verb_shares: dict[str, float]
    """Verb to its share of all reactions; they sum to 1."""
    member_share: float
    """Share of the people without a name in the demo who have an account there."""
    follower_ratio: float
    """Followers per follower on the largest network."""
    has_lists: bool
    """Whether the network has lists."""
    undo_rate: float
    """Share of the acts that are undone."""
    account_id_format: str
    """Format of the permanent id of an account, from the member's name."""
    handle_format: str
    """Format of the handle of an account, from the member's name."""


NETWORKS = {
    "bluesky": DemoNetwork(
        verb_shares={"like": 0.6, "repost": 0.22, "reply": 0.13, "quote": 0.05},
        member_share=1.0,
        follower_ratio=1.0,
        has_lists=True,
        undo_rate=0.005,
        account_id_format="did:plc:{}",
        handle_format="{}.sky.example",
    ),
    "mastodon": DemoNetwork(
        verb_shares={"like": 0.55, "repost": 0.25, "reply": 0.2},
        member_share=0.2,
        follower_ratio=0.15,
        has_lists=False,
        undo_rate=0.0,
        account_id_format="https://fedi.example/users/{}",
        handle_format="{}@fedi.example",
    ),
    "github": DemoNetwork(
        verb_shares={"star": 0.8, "fork": 0.12, "comment": 0.08},
        member_share=0.05,
        follower_ratio=0.05,
        has_lists=False,
        undo_rate=0.0,
        account_id_format="id-{}",
        handle_format="{}",
    ),
}
"""Name to simulated network; the largest one first."""
