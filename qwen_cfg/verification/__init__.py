"""Records the request of a real Qwen Code on loopback, and compares it with the resolution."""
