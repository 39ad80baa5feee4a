"""Tests with the real Qwen Code, which `make verify` installs."""
