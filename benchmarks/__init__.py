"""Measurements: ratios against a baseline that is taken in the same run, since machines are noisy."""
