"""Starts the private PostgreSQL at the first connection of a process.

Used only where `DATABASE_URL` is unset. `EMBEDDED_HOME` in the database's settings names the home
folder of the server.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from config.embedded import ServerError, servers_at


class DatabaseWrapper(base.DatabaseWrapper):
    """The ordinary backend, with the address of a server that may not be running yet."""

    def get_connection_params(self) -> dict[str, Any]:
        servers = servers_at(self.settings_dict["EMBEDDED_HOME"])
        try:
            servers.ensure_postgres()
        except ServerError as error:
            raise OperationalError(str(error)) from error
        # The start may have chosen another port than the one known when settings were read.
        where = servers.database()
        return super().get_connection_params() | {
            key: where[key] for key in ("host", "port", "user", "password")
        }
