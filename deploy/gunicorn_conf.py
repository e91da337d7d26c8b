"""How gunicorn serves the site: `python -m gunicorn --config deploy/gunicorn_conf.py config.wsgi`.

Its own lines go into the same log, in the same form, as the application's.
"""

from __future__ import annotations

import os

bind = os.environ.get("FENGONG_BIND", "127.0.0.1:8000")
worker_class = "gthread"
# Processes and threads; each thread may hold a connection to the database.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("FENGONG_THREADS", "8"))
# A process that says nothing for so long is replaced; a slow request alone does not silence it.
timeout = 120
graceful_timeout = 30
# Longer than nginx keeps a connection, so that it is never nginx that finds it closed.
keepalive = 75
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"class": "apps.common.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # the application writes a line for each request itself
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}
