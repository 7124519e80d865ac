"""Published days: Parquet folders, each of which counts once a database row refers to it."""
