"""Tasks that only tests know: each is one file, as one in `reporter/tasks/` is."""
