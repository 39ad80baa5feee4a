"""Tests of the command line with real processes, files, terminals and a real server."""
