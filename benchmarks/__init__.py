"""Measurements: ratios against a baseline of the same run, since the speed of machines varies."""
