"""The command line: one small module a command, rendering apart from doing."""
