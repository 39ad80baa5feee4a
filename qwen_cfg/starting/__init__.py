"""What a program that is started gets: its environment, its arguments, and settings of Qwen Code of its own."""
