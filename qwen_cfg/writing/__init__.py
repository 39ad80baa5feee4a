"""Writing: what the program changes on the disk of a project."""
