"""Jobs in Redis, with TASKS_BACKEND=redis. See docs/decisions/0135."""
