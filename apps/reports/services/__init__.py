"""The life of a report: asked for, drafted, edited, closed, issued, and what comes back."""
