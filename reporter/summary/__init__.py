"""Summary: statistics over the explanations of a run.

One pass over the records: counts, means with intervals, and answers against the labels that were given; no torch.
It imports `records` and `evidence`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
