"""Attribution: what every method may ask of a network about a batch of cases.

A case is a document with one target. Passes, paths from the baseline, texts with words taken away, the quadrature
that integrates with an error, and the certificates of completeness. No method is known here, and no output object.
It imports `records`, `models` and `tasks`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
