"""The terminal: what it can do, what is shown on it, and the questions that are put there."""
