"""Working days from a seed: people, the worker, and an API that fails.

The portal's own code runs in one process. The seed decides what people do, what time it is, what the API answers,
where a process is killed, and which of two processes acts next. After each step, the invariants are checked.

`make simulate SEED=17` replays one seed and prints its trace. docs/developers/tests.md says how to add to it.
"""
