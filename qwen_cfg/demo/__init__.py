"""The demonstration: a project of its own, and a provider of its own, on this machine alone."""
