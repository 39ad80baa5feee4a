"""Writes the files of a project: the artifact, the env file and `.gitignore`."""
