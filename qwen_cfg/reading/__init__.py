"""Reads files, the environment and git into a world of plain values."""
