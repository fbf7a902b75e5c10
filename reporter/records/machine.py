"""Where a run was measured, and whether company changes a text's numbers there."""

from dataclasses import dataclass

STEADY = (
    "A text’s numbers do not depend on the texts measured beside it, not in a single bit: this model was tried on this "
    "machine."
)
UNSTEADY = (
    "A text’s numbers may differ in the last of their seven digits with the texts measured beside it: this model was "
    "tried on this machine, and not all bits were the same alone and in company."
)
UNTRIED = (
    "A text’s numbers may differ in the last of their seven digits with the texts measured beside it: nothing else was "
    "found out for this model on this machine."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What computes: the processor, its instructions that torch uses, and the library that multiplies matrices.

    `mkl_cbwr` is what MKL was told of the order in which to add up, None where nothing was or there is no MKL.
    `batch_invariant` says whether a text's numbers were seen to be the same to the last bit whatever texts are beside
    it, None where that was not tried, as on a GPU.
    """

    processor: str
    instructions: str
    library: str
    mkl_cbwr: str | None = None
    batch_invariant: bool | None = None

    @property
    def promise(self) -> str:
        """What can be said of a text's numbers in other company."""
        if self.batch_invariant is None:
            return UNTRIED
        return STEADY if self.batch_invariant else UNSTEADY
