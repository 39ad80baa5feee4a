"""Questions, dialogues and conversations at a terminal."""
