"""Runs: a folder of documents becomes a saved run, and is taken up again where it was left.

`unit_of_work` can be sent anywhere (documents in, explanations out), `engines` have it done, `measure` has a whole
folder explained, `store` keeps the run in SQLite, `resume` says what is still worth keeping. It imports all that
measures, and nothing that draws.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
