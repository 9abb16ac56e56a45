"""What is held, and its profit."""
