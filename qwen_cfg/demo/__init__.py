"""The demonstration: a temporary project and a local provider, on this machine only."""
