"""Coverage-guided fuzzing of what reads files that other people wrote: env files and artifacts.

Each target is a module with a function `check`, which takes bytes and raises if a promise about them is broken. The
targets need nothing but the package itself, so that the tests can run them over their seeds; `make fuzz` runs them
under atheris.
"""
