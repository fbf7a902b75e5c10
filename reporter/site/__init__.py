"""Site: a saved run becomes a folder of static pages.

`pages` turns records into what is shown, one frozen dataclass for each template; `render` draws them, `writer` and
`manifest` keep the folder whole, `preview` serves it to this machine. It imports `runs` (what is saved) and `summary`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
