"""Benchmarks: each figure is a ratio against a floor that runs in the same minutes."""
