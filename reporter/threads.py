"""Threads: as many as there are cores to run them, and none that waits by spinning."""

import os
from math import ceil
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def settle() -> None:
    """Choose how torch will compute; to be called before torch is loaded, and what the user has set stays as it is.

    Threads that sleep while they wait cost nothing beside other work, where spinning ones take turns with it.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(count_cores()))


def count_cores() -> int:
    """The cores that this process may use: those it is bound to, and no more than its container's share of them."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(bound, _read_quota() or bound))


def _read_quota() -> int | None:
    """The container's share in whole cores, None where there is no limit."""
    try:
        share, period = _QUOTA.read_text().split()
        return ceil(int(share) / int(period))
    except (OSError, ValueError):
        return None
