"""Records: the words of salience-report, as frozen dataclasses of plain values.

What was read, asked, measured and made of it (`explanation`, `evidence`, `run` and their parts), the settings that ask
for it, and their JSON (`twin`). It imports numpy, msgspec and nothing of `reporter`; everything else
imports it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
