"""Helpers of the tests: generated scenes, real directory trees, servers on loopback, and models of the documents."""
