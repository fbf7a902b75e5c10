"""The command line: parses, calls and prints.

The commands by theme, the terminal they speak through, and Ctrl-C. torch is imported only inside a command that
measures. It imports everything; nothing imports it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
