"""Memory: giving free memory back to the system, and recognising errors that say there is none left."""

import ctypes
import gc
import sys

import torch


def release_memory() -> None:
    """Give the allocator's free memory back to the system, where it can be asked to (glibc keeps it otherwise)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that a device ran out of memory."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(word in str(error).lower() for word in words)


def drop_frames() -> None:
    """Free the tensors of a failed attempt, which its exception holds through the frames of its traceback."""
    gc.collect()
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()
