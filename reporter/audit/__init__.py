"""Audit: whether a finished site is whole, consistent and true.

`check` recomputes everything that follows from the records and draws every page again; `verify` runs the model again.
Nothing in a site is trusted or executed. It imports what made the site.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
