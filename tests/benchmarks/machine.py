"""How much of the machine's matrix-product peak does the integration reach? On one core, so that nothing waits.

    python -m tests.benchmarks.machine TEXTS MODEL [--count 32]

The peak is that of torch's own product of two matrices of 1,024 rows and columns. "The integration" is the whole unit
of work of a report at 1 %, from the tokens to the certificate; "Captum's loop" is that of its BERT tutorial at 50
steps. Floating-point operations are those that torch counts, in matrix products and attention; it sees those of its own
thread only, so that the crew's work is done there.
"""

import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from reporter.runs.preparation import prepare
from tests.benchmarks.speed import ours, tutorial
from tests.benchmarks.texts import deal, integrating, options


def peak(size: int = 1024, times: int = 40) -> float:
    """Floating-point operations in a second of the processor."""
    one, two = torch.randn(size, size), torch.randn(size, size)
    one @ two
    start = time.process_time()
    for _ in range(times):
        one @ two
    return 2 * size**3 * times / (time.process_time() - start)


def rate(work: Callable[[], object]) -> float:
    """Floating-point operations in a second of the processor that some work reaches."""
    with FlopCounterMode(display=False) as counter:
        work()
    start = time.process_time()
    work()
    return float(counter.get_total_flops() / (time.process_time() - start))


def main() -> None:
    """Print the table."""
    given = options(__doc__, least=10).parse_args()
    torch.set_num_threads(1)
    attribute, _ = prepare(integrating(given.model), created="")
    documents = deal(given.texts, attribute.explainer.network, given.count, least=given.least, most=given.most)
    network = attribute.explainer.network
    network.replicas.share = lambda work, items: [work(network, item) for item in items]
    ours(attribute)(documents[:2])
    best = max(peak() for _ in range(3))
    print(f"{given.model}, {len(documents)} texts, one core; peak {best / 1e9:.0f} GFLOP/s")
    print("| work | GFLOP/s | share of the peak |\n|---|---|---|")
    for name, tool in (("the integration", ours(attribute)), ("Captum's loop", tutorial(attribute, 50))):
        reached = rate(lambda tool=tool: tool(documents))
        print(f"| {name} | {reached / 1e9:.0f} | {reached / best:.2f} |", flush=True)


if __name__ == "__main__":
    main()
