"""Makes Python modules of the declarations, so that a command starts without parsing or compiling any."""
