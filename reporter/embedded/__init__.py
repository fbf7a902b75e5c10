"""The embedded sentiment model: its files, its card, and the recipe that made it (`train.py`)."""
