"""Models: a checkpoint becomes a frozen network that runs on this machine.

Where a checkpoint is and whether it may be trusted (`loading`), how it is tokenized and run, how many rows share a
pass, and what this machine's threads, memory and precision do to its numbers. Only here is transformers known. It
imports `records`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
