"""Networks: how they are loaded, run and shared, on every kind of machine."""
