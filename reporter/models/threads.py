"""Environment settings for torch, made before it is loaded: a thread per core, and batch-invariant products in MKL."""

import os
from collections.abc import Iterator
from math import ceil
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_PROCESSOR = Path("/proc/cpuinfo")
_AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}  # what MKL asks of a processor to use it


def settle() -> None:
    """Set the environment variables that torch reads when it is loaded; what the user has set is kept.

    Waiting threads sleep (PASSIVE), as spinning ones would slow down other work.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(count_cores()))
    if branch := _choose_branch():
        os.environ.setdefault("MKL_CBWR", branch)


def count_cores() -> int:
    """The cores that this process may use: those it is bound to, and no more than its container's share of them."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(bound, _read_quota() or bound))


def describe_processor() -> dict[str, str]:
    """The fields of the first processor in /proc/cpuinfo, by name; empty on other systems."""
    try:
        with _PROCESSOR.open(encoding="utf-8", errors="replace") as lines:
            return dict(_read_facts(lines))
    except OSError:
        return {}


def _choose_branch() -> str | None:
    """The value of MKL_CBWR that makes a row of a product the same to the last bit, whatever rows are beside it.

    On processors by Intel it adds up in an order that depends on the number of rows, unless it is held to one branch
    and is strict about it (Intel, Developer Guide for oneMKL: Strict CNR Mode), which AVX2 and AVX-512 can be. On
    those by others it has one order and takes no branch; other processors have no MKL.
    """
    facts = describe_processor()
    flags = set(facts.get("flags", "").split())
    if facts.get("vendor_id") != "GenuineIntel" or "avx2" not in flags:
        return None
    return "AVX512,STRICT" if flags >= _AVX512 else "AVX2,STRICT"


def _read_facts(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """The fields of the first processor; an empty line separates it from the next."""
    for entry in lines:
        name, colon, value = entry.partition(":")
        if not colon:
            return
        yield name.strip(), value.strip()


def _read_quota() -> int | None:
    """The container's CPU quota in whole cores, None where there is none."""
    try:
        share, period = _QUOTA.read_text().split()
        return ceil(int(share) / int(period))
    except (OSError, ValueError):
        return None
