"""Telemetry: counts, times and public names of a command, sent to the user's own collector."""
