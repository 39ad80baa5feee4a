"""Asking the real program: what a Qwen Code that is started sends, taken on loopback and compared."""
