"""The version of this distribution, as in `pyproject.toml`; reading the installed metadata takes longer."""

VERSION = "0.1.0"
