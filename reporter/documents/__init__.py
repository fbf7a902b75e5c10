"""Documents: a folder of texts becomes documents, in a stable order.

Text files, CSV, TSV and JSON, in whatever encoding and dialect they come; what cannot be read is a document with the
sentence that says why. It imports `records`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
