"""gunicorn, for both programs: one process with threads, so that in-memory rate limits count every request."""

import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 120
graceful_timeout = 5
keepalive = 30
preload_app = False
control_socket_disable = True
max_requests = 0
