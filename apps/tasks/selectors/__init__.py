"""What is read of tasks, their reports and their tables."""
