"""A mail server for tests in other processes: slow, and it keeps what it takes in a file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class SlowBackend(BaseEmailBackend):
    """Writes address and subject of each mail as a line.

    With MAIL_STALL it falls silent after so many mails: it has the last, and has not said so.
    """

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        taken = Path(os.environ["MAIL_FILE"])
        for message in messages:
            # one write of one line: whole or not at all, also when several processes write
            with taken.open("ab", buffering=0) as kept:
                kept.write(f"{message.to[0]} {message.subject}\n".encode())
            time.sleep(float(os.environ.get("MAIL_PAUSE", "0.01")))
            if taken.read_bytes().count(b"\n") == int(os.environ.get("MAIL_STALL", "0")):
                time.sleep(600)
        return len(messages)
