"""What makes the documentation, beside the program: nothing of it is installed."""
