"""Rows in one line without padding: less to compute where only the answer of a network is wanted."""
