"""Exports: a saved run in formats for other programs and for papers.

`formats` has one file for each format; `export` writes what is chosen. It imports `site` for the drawings of a text.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
