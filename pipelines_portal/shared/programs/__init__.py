"""How `make run` keeps its programs running: forks of one process that holds the libraries of all."""
