"""The pages of the operator, behind a key of the settings."""
