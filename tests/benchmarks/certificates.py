"""Do the certificates hold? Scores, errors and verdicts against a dense float64 reference.

    python -m tests.benchmarks.certificates TEXTS MODEL [--count 64] [--tolerance 0.01 0.001]

The reference shares nothing with the reports but the question: it runs the network in float64 through `inputs_embeds`,
with Gauss-Kronrod rules on panels that are halved until they agree, also where the network has kinks.
"Bounded" is the share of tokens whose true error is within the one that is given; "loose" how many times the true error
the given one is (both medians, over tokens that differ from their baseline); "worst" the largest true error of all
scores of a text together, as a share of the tolerance.
"""

import numpy as np
import torch

from reporter.models.tokenization import Encoded
from reporter.records.explanation import Section, Target
from reporter.runs.explain import Attribute
from reporter.runs.preparation import prepare
from tests.benchmarks.texts import deal, explain, integrating, options
from tests.references import answer, integrate_densely

OFF = 2e-5
"""Of the change, what a reference may be off: a fiftieth of the finest tolerance that it is for."""


def refer(attribute: Attribute, document: Encoded, target: Target, *, off: float = OFF) -> np.ndarray:
    """Integrated Gradients of one text in float64: one score per token."""
    network, settings = attribute.explainer.network, attribute.explainer.settings
    model = network.exact.model
    inputs = {name: torch.tensor([values]) for name, values in document.inputs.items()}
    table = model.get_input_embeddings().weight.detach()
    content_mask = torch.tensor([not token.special for token in document.tokens])
    pieces = {"pad": network.tokenizer.pad_token_id, "mask": network.tokenizer.mask_token_id}
    absent = {"zero": torch.zeros_like(table[0]), "mean": table.mean(0)}
    end = table[inputs["input_ids"][0]]
    piece = absent[settings.baseline] if settings.baseline in absent else table[pieces[settings.baseline]]

    def score(points: torch.Tensor) -> torch.Tensor:
        found = answer(model, inputs, content_mask, points)
        return found[:, target.index] if found.ndim == 2 else found[:, target.position, target.index]

    return integrate_densely(score, torch.where(content_mask.unsqueeze(-1), piece, end), end, off=off)


def hold(sections: list[Section], references: list[np.ndarray], tolerance: float) -> dict[str, float]:
    """What became of the claims."""
    off, given, parts, worst, untrue, largest = [], [], [], [], 0, []
    for section, reference in zip(sections, references, strict=True):
        (found,) = section.attributions
        certificate = found.certificate
        errors = np.abs(np.array(found.scores) - reference)
        share = errors.sum() / np.abs(reference).sum()
        change = certificate.input - certificate.baseline
        missed = abs(sum(found.scores) - reference.sum()) > tolerance * abs(reference.sum()) or share > tolerance
        untrue += certificate.verdict == "met" and (missed or abs(reference.sum() - change) > tolerance * abs(change))
        moved = reference != 0
        off.append(errors[moved])
        given.append(np.array(found.errors)[moved])
        largest.append(np.full(moved.sum(), np.abs(reference).max()))
        worst.append(share / tolerance)
        parts.append((certificate.evaluations, certificate.verdict == "met", (errors <= np.array(found.errors)).sum()))
    errors, bounds = np.concatenate(off), np.concatenate(given)
    tokens = sum(len(section.tokens) for section in sections)
    return {
        "evaluations": float(np.mean([part[0] for part in parts])),
        "met": sum(part[1] for part in parts),
        "untrue": untrue,
        "bounded": sum(part[2] for part in parts) / tokens,
        "bounded words": float(np.mean(errors <= bounds)),
        "loose": float(np.median(bounds / np.maximum(errors, 1e-12))),
        "of largest": float(np.median(bounds / np.concatenate(largest))),
        "95 %": float(np.quantile(worst, 0.95)),
        "worst": float(np.max(worst)),
    }


def main() -> None:
    """Print a table, one row for each tolerance."""
    parser = options(__doc__, least=8)
    parser.add_argument("--baseline", default="pad")
    parser.add_argument("--task", default="sequence_classification", help="of several answers, the first is held")
    parser.add_argument("--off", type=float, default=OFF, help="what a reference may be off, of the change")
    given = parser.parse_args()
    references: list[np.ndarray] = []
    for tolerance in given.tolerance:
        settings = integrating(given.model, tolerance=tolerance, baseline=given.baseline, task=given.task)
        attribute, _ = prepare(settings, created="")
        documents = deal(given.texts, attribute.explainer.network, given.count, least=given.least, most=given.most)
        sections = explain(attribute, documents)
        if not references:
            pairs = zip(documents, sections, strict=True)
            references = [refer(attribute, one, section.target, off=given.off) for one, section in pairs]
        row = {"texts": float(len(documents)), "tolerance": tolerance, **hold(sections, references, tolerance)}
        if tolerance == given.tolerance[0]:
            print(f"{given.model}, baseline {given.baseline}\n| {' | '.join(row)} |\n|{'---|' * len(row)}")
        print(f"| {' | '.join(f'{value:.4g}' for value in row.values())} |", flush=True)


if __name__ == "__main__":
    main()
