"""Imports: files and archives turned into batches of records."""
