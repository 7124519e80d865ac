"""People: how they are found, and what their pages, badges and cards show."""
