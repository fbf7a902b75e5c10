"""Records: the vocabulary of salience-report, as frozen dataclasses of plain values.

Documents, explanations, evidence and runs, the settings that ask for them, and their JSON (`twin`). It imports numpy
and msgspec, and nothing of `reporter`; everything else imports it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
