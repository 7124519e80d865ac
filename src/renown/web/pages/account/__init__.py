"""Account pages: sign in by verifying an account, privacy actions, and group membership."""
