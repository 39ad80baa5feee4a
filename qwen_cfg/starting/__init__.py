"""The inputs of a program that is started: its environment, its arguments, and private settings of Qwen Code."""
