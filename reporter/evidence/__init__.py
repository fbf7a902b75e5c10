"""Evidence: whether an attribution can be relied on.

Agreement between methods, and what the model does when words are deleted, replaced or put at another baseline; each
number beside what chance would give. `metrics` has one file for each number about one attribution. It imports
`attribution` and `methods`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
