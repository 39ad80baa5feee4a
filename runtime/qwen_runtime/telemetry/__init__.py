"""Telemetry: what a command did, as counts, times and public names, and the way to a collector of the user's own."""
