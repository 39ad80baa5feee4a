"""Tests of the runtime, against a real provider on loopback."""
