"""Coverage-guided fuzzing of the readers of untrusted files: env files, settings files and artifacts.

Each target is a module with a function `check`, which takes bytes and raises an error if a promise is broken. The
targets need only the package itself, so that the tests can run them with their seeds; `make fuzz` runs them under
atheris.
"""
