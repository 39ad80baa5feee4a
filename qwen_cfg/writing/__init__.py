"""Writing: the files of a project that the program changes."""
