"""The terminal: its abilities, the screen, and the dialogues."""
