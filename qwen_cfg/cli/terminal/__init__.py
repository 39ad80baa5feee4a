"""What asks, and what shows a conversation, at a terminal."""
