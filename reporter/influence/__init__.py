"""Influence: which training examples support an answer, and which oppose it.

Training data and checkpoints as they are named, features at the final layer, TracIn in closed form, and whether
predicted influence is borne out by training again. It imports `models`, `documents` and `attribution`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
