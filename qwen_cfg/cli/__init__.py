"""The command line: one command, one module; nothing below it prints or exits."""
