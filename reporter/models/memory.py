"""Memory: whether it ran out; what is free again goes back, so that a large folder takes no more than a small one."""

import ctypes
import gc
import sys

import torch


def release_memory() -> None:
    """Give back what the allocator holds and nobody uses, where it can be asked to (glibc's keeps it otherwise)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that there was no memory left, on whatever device."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(word in str(error).lower() for word in words)


def drop_frames() -> None:
    """Let go of what a failed attempt still holds: its errors remember their frames, and these all tensors in them."""
    gc.collect()
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()
