"""Pages of tasks, plans, agencies and imports: parse, ask, call, render."""
