"""The pages in a real browser: seen, heard, driven by keys, printed; what only a browser can tell."""
