"""Pages about people: search, leaderboard, profile, goal, comparison, badge and share card."""
