"""The command line as its users meet it: real processes, real trees, real terminals, a real server."""
