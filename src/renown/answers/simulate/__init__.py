"""Simulations: scores under other inputs, weights or times."""
