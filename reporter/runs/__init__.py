"""Runs: a folder of documents becomes a saved run, and is taken up again where it was left.

`explain` is the unit of work (documents in, explanations out), `measure` has a whole folder explained, `store` keeps
the run in SQLite, `resume` says what is still worth keeping. It imports all that measures, and nothing that draws.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
