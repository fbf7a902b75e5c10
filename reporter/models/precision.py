"""Number formats of the passes of an integration: the unit roundoff of each, and a context to compute in it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

EXACT = "float32"
FORMATS = {EXACT: 2.0**-23, "tf32": 2.0**-10, "bfloat16": 2.0**-7}
"""By name, the distance from 1 to the next number; of tf32, that of the factors in a matrix product."""


@contextmanager
def compute_in(name: str, device: torch.device) -> Iterator[None]:
    """Compute matrix products in this format on this device (`tf32` on CUDA only); other operations are unchanged."""
    if name == "tf32":
        usual = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high")
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(usual)
    else:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=name == "bfloat16"):
            yield
