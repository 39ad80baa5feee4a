"""Generates Python modules from the declarations, so that no command parses or compiles them."""
