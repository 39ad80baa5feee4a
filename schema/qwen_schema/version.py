"""The version of this distribution, as `pyproject.toml` says it: looking it up among what is installed takes longer."""

VERSION = "0.1.0"
