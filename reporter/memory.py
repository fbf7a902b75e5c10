"""Memory that is free again goes back to the system, so that a large folder takes no more of it than a small one."""

import ctypes
import sys


def release() -> None:
    """Give back what the allocator holds and nobody uses, where it can be asked to (glibc's keeps it otherwise)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
