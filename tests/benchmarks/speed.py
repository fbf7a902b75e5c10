"""Integrated Gradients against peers: the same texts, model and tokens, in one process, taking turns.

    python -m tests.benchmarks.speed TEXTS MODEL [--count 64] [--tolerance 0.01 0.001] [--peers] [--device cuda]

Ours is the whole unit of work of a report (prediction, checks, both ends, integration, certificate), batched. Captum's
loop is that of its BERT tutorial (LayerIntegratedGradients, one text at a time, 50 steps), and again at the smallest
number of steps at which the sum is within the tolerance on every text, and at the smallest at which the scores are;
Captum batched by hand gives IntegratedGradients texts of like length together, its passes cut to as many tokens as
ours. transformers-interpret (where it is installed: it wants `pip install --no-deps`, or it takes the place of newer
packages) runs as it comes.
Seconds are those of the processor, all threads together; on another device they are those of the clock, and ours runs
in each `--dtype` as well. "Missed" counts texts whose sum is off by more than the tolerance, "inexact" those whose
scores are (L1, as a share of their size, against ours at a hundredth of it).
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerIntegratedGradients

from reporter.models.batching import make_batches
from reporter.models.tokenization import Encoded
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.benchmarks.texts import deal, integrating, options

LADDER = (50, 64, 80, 100, 125, 150, 175, 200, 250, 300, 400, 500, 700, 1000)
SHARPER = 0.01  # of the tolerance: that to which the scores are known that others are held against
Scores = np.ndarray
Found = list[tuple[float, Scores | None]]
Tool = Callable[[list[Encoded]], tuple[Found, float]]
"""Explains some texts: each one's relative residual and scores, and the mean number of gradient evaluations."""


def ours(attribute: Attribute) -> Tool:
    """The unit of work of a report."""

    def run(documents: list[Encoded]) -> tuple[Found, float]:
        found = [one.sections[0].attributions[0] for one in attribute(documents)]
        spent = float(np.mean([one.certificate.evaluations for one in found]))
        return [(one.certificate.relative or 0.0, np.array(one.scores)) for one in found], spent

    return run


def tutorial(attribute: Attribute, steps: int) -> Tool:
    """Captum's BERT tutorial."""
    network = attribute.explainer.network
    model = network.model

    def forward(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return model(input_ids=ids, attention_mask=mask).logits

    method = LayerIntegratedGradients(forward, model.get_input_embeddings())

    def run(documents: list[Encoded]) -> tuple[Found, float]:
        found = []
        for document in documents:
            inputs = network.serve(document.inputs)
            ids, mask = inputs["input_ids"], inputs["attention_mask"]
            content_mask = torch.tensor([[not token.special for token in document.tokens]], device=ids.device)
            absent = ids.masked_fill(content_mask, network.tokenizer.pad_token_id)
            with torch.no_grad():
                target = int(forward(ids, mask).argmax())
            scores, delta = method.attribute(
                ids,
                absent,
                additional_forward_args=(mask,),
                target=target,
                n_steps=steps,
                return_convergence_delta=True,
            )
            found.append((_share(delta, scores), scores.sum(-1)[0].double().cpu().numpy()))
        return found, float(steps)

    return run


def by_hand(attribute: Attribute, steps: int) -> Tool:
    """Captum, given texts of like length together, with passes of as many tokens as ours."""

    def run(documents: list[Encoded]) -> tuple[Found, float]:
        budget = attribute.explainer.budget.tokens
        groups = make_batches(documents, lambda one: len(one.tokens), budget=budget, filled=0.88)
        return [share for group in groups for share in explain(group)], float(steps)

    def explain(documents: list[Encoded]) -> Found:
        explainer = attribute.explainer
        questions = [explainer.choose(one, *explainer.predict([one]))[0] for one in documents]
        cases = explainer.make_cases(questions)
        width = max(len(documents), explainer.budget.tokens // cases.attention_mask.shape[1])
        scores, deltas = IntegratedGradients(cases.score).attribute(
            cases.embeddings,
            cases.baselines,
            additional_forward_args=(cases.rows,),
            n_steps=steps,
            internal_batch_size=width,
            return_convergence_delta=True,
        )
        return [(_share(*pair), None) for pair in zip(deltas, scores, strict=True)]

    return run


def interpret(attribute: Attribute) -> Tool:
    """transformers-interpret as it comes."""
    from transformers_interpret import SequenceClassificationExplainer

    explainer = SequenceClassificationExplainer(
        attribute.explainer.network.model, attribute.explainer.network.tokenizer
    )

    def run(documents: list[Encoded]) -> tuple[Found, float]:
        found = []
        for document in documents:
            explainer(document.document.text)
            found.append((_share(explainer.attributions.delta, explainer.attributions._attributions), None))
        return found, 50.0

    return run


def _share(delta: torch.Tensor, scores: torch.Tensor) -> float:
    total = float(scores.sum())
    change = total - float(delta)
    return abs(float(delta) / change) if change else 0.0


def _off(scores: Scores | None, exact: Scores) -> float:
    """By how much scores are off in all, as a share of their size; 0 where a tool gives none."""
    return 0.0 if scores is None else float(np.abs(scores - exact).sum() / np.abs(exact).sum())


def _read_clock() -> float:
    if not torch.cuda.is_initialized():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def take_turns(tools: dict[str, Tool], documents: list[Encoded]) -> dict[str, tuple[float, float, Found]]:
    """Seconds of the processor per text, evaluations per text and what every tool finds, over the same texts.

    The tools take two turns each, there and back.
    """
    seconds, spent = dict.fromkeys(tools, 0.0), dict.fromkeys(tools, 0.0)
    results: dict[str, Found] = {}
    for name in (*tools, *reversed(tools)):
        start = _read_clock()
        results[name], spent[name] = tools[name](documents)
        seconds[name] += (_read_clock() - start) / 2 / len(documents)
    return {name: (seconds[name], spent[name], results[name]) for name in tools}


def enough_steps(attribute: Attribute, documents: list[Encoded], exact: list[Scores] | None, tolerance: float) -> int:
    """The smallest number of steps on the ladder at which Captum's loop meets the tolerance on every text.

    In the sum of its scores, or in the scores themselves if exact ones are given.
    """
    left = list(zip(documents, exact or [None] * len(documents), strict=True))
    for steps in LADDER:
        found, _ = tutorial(attribute, steps)([one for one, _ in left])
        off = [
            share if true is None else _off(scores, true)
            for (share, scores), (_, true) in zip(found, left, strict=True)
        ]
        left = [one for one, share in zip(left, off, strict=True) if share > tolerance]
        if not left:
            return steps
    return LADDER[-1]


def main() -> None:
    """Print the tables."""
    parser = options(__doc__, least=10)
    parser.add_argument("--peers", action="store_true", help="Captum batched by hand and transformers-interpret too")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", nargs="+", default=[], help="formats that ours computes in beside float32")
    parser.add_argument("--quick", action="store_true", help="Captum's loop at 50 steps only")
    given = parser.parse_args()
    for tolerance in given.tolerance:
        settings = integrating(given.model, tolerance=tolerance, device=given.device)
        attribute, _ = prepare(settings, created="")
        documents = deal(given.texts, attribute.explainer.network, given.count, least=given.least, most=given.most)
        tools = {"ours": ours(attribute)}
        for dtype in given.dtype:
            tools[f"ours, {dtype}"] = ours(prepare(replace(settings, dtype=dtype), created="")[0])
        for tool in tools.values():
            tool(documents[-2:])
        tools["Captum's loop, 50"] = tutorial(attribute, 50)
        sharp, _ = prepare(replace(settings, tolerance=SHARPER * tolerance), created="")
        exact = [scores for _, scores in ours(sharp)(documents)[0] if scores is not None]
        if not given.quick:
            for truth in (None, exact):
                steps = enough_steps(attribute, documents, truth, tolerance)
                tools[f"Captum's loop, {steps}"] = tutorial(attribute, steps)
        if given.peers:
            tools["Captum by hand, 50"] = by_hand(attribute, 50)
            tools["transformers-interpret"] = interpret(attribute)
        tokens = [len(one.tokens) for one in documents]
        print(f"\n{given.model}, {len(documents)} texts of {min(tokens)} to {max(tokens)} tokens (mean "
              f"{np.mean(tokens):.0f}), tolerance {tolerance:g}, {torch.get_num_threads()} threads")  # fmt: skip
        print("| tool | evaluations | seconds a text | times ours | missed | inexact |\n|---|---|---|---|---|---|")
        found = take_turns(tools, documents)
        base = found["ours"][0]
        for name, (seconds, evaluations, results) in found.items():
            missed = sum(share > tolerance for share, _ in results)
            inexact = sum(_off(scores, true) > tolerance for (_, scores), true in zip(results, exact, strict=True))
            print(
                f"| {name} | {evaluations:.1f} | {seconds:.3f} | {seconds / base:.2f} | {missed} | {inexact} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
