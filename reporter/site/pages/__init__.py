"""Pages: a run as pages, one frozen dataclass for each page, everything in it ready to be shown."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
