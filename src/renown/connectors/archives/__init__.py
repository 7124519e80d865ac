"""Archives: what networks hand people of their own accounts, as files."""
