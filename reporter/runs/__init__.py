"""Runs: a folder of documents becomes a saved run, which can be interrupted and resumed.

`unit_of_work` can be sent anywhere (documents in, explanations out), `engines` execute it, `measure` explains a whole
folder, `store` keeps the run in SQLite, `resume` decides what need not be measured again. It imports all that measures,
and nothing that draws.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
