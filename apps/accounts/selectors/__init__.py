"""Reading who is who."""
