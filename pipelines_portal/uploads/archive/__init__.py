"""Reading an archive by its tail, and previewing the tasks that the API will make of it. No Django in here."""
