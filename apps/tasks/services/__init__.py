"""What changes tasks, their reports and their tables; one module per act."""
