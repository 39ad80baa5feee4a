"""The runtime: takes one resolved config, authenticates, and talks."""
