"""What a service raises when it will not do what was asked."""

from __future__ import annotations


class Refused(Exception):
    """A request that is understood and turned down; nothing has been changed.

    Each reason is one Chinese sentence that names the place and what to do, fit to be shown
    to the person who asked.
    """

    def __init__(self, *reasons: str) -> None:
        assert reasons, "a refusal without a reason helps nobody"
        super().__init__("；".join(reasons))
        self.reasons = reasons


class Conflict(Refused):
    """The row has changed since the person saw it."""


class NotAllowed(Refused):
    """The person may see the object but not do this with it."""


class Unreadable(Refused):
    """A file or value that cannot be read at all (command line: exit code 2)."""
