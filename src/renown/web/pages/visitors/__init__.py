"""Visitors: who is proven to be whom, and what they can do with what is theirs."""
