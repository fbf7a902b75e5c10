"""Small synthetic runs: records of every kind that the pages must cope with, without a model."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import numpy as np

from reporter.evidence.agreement import agree_on_words
from reporter.evidence.metrics import PLAUSIBILITY
from reporter.records.attention import Heads, summarize_heads
from reporter.records.errors import Omission
from reporter.records.evidence import (
    Agreement,
    Band,
    Baseline,
    Change,
    Counterfactual,
    Curve,
    Diagnostic,
    Effect,
    Erasure,
    Sensitivity,
)
from reporter.records.explanation import (
    Attribution,
    Certificate,
    Explanation,
    Prediction,
    Section,
    Seen,
    Target,
    Token,
    Verdict,
)
from reporter.records.influence import Example, Influence, Training, Validity
from reporter.records.run import SCHEMA, Description, Model, Provenance
from reporter.records.settings import Settings
from reporter.runs.store import ExplanationRow, Store

LABELS = ("NEGATIVE", "POSITIVE")
METHODS = ("attention", "attention_rollout", "gradient", "input_x_gradient", "integrated_gradients")
BASELINE = Baseline(kind="mask", label="NEGATIVE", probability=0.616)
BESIDE = {"p": 0.01, "low": 0.12, "high": 0.47, "rank_k": 0.2, "sign_k": 0.4, "signed_rank_k": 0.2, "overlap": 0.51}
COMPARED = 100  # words at most, as pairs of pairs are slow
SIGNED = ("input_x_gradient", "integrated_gradients", "occlusion")
FEELING = {
    "loveliest": 0.28, "funny": 0.14, "tender": 0.13, "warm": 0.11, "honest": 0.08, "great": 0.3, "generous": 0.21,
    "masterpiece": 0.4, "patient": 0.1, "beautiful": 0.22, "flat": -0.12, "jokes": -0.11, "slow": -0.1, "waste": -0.4,
    "boredom": -0.35, "worse": -0.2, "broken": -0.25, "hollow": -0.3, "wander": -0.04, "predictable": -0.03,
}  # fmt: skip
REVIEW = (
    "The first hour drags: characters wander in without reason, the jokes fall flat, and I had half given up. But then "
    "Marta Reyes walks on screen and the film finds its heart. Her warm, unshowy performance turns a predictable "
    "script into something tender, funny and honest, and the last scene, held in one unbroken take, is the loveliest "
    "thing I have seen this year. Go, and be patient with it."
)
HOSTILE = (
    "</script><img src=x onerror=alert(1)> \"quoted\" 'single' & {{7*7}} {% raw %} \x00\x1b[31m \u202eevil\u202c "
    + "😀" * 10_000
)


def tokens_of(text: str, *, segment: int = 0, first_word: int = 0) -> list[Token]:
    """Words, and pieces of four characters at most after the first six of a long one, with their offsets."""
    found = []
    for word, match in enumerate(re.finditer(r"\w+|[^\w\s]", text), first_word):
        cuts = [0, len(match[0])] if len(match[0]) <= 7 else [0, 6, len(match[0])]
        for a, b in pairwise(cuts):
            start, end = match.start() + a, match.start() + b
            shown = ("##" if a else "") + match[0][a:b].lower()
            found.append(Token(text=shown, start=start, end=end, word=word, special=False, segment=segment))
    return found


def special(text: str) -> Token:
    """A special token."""
    return Token(text=text, start=0, end=0, word=None, special=True)


def tokens(text: str, pair: str | None = None) -> tuple[Token, ...]:
    """All tokens of a text, or of a pair, between the special ones."""
    first = tokens_of(text)
    words = 1 + max((token.word or 0 for token in first), default=-1)
    second = [] if pair is None else [*tokens_of(pair, segment=1, first_word=words), special("[SEP]")]
    return (special("[CLS]"), *first, special("[SEP]"), *second)


def scores(found: Sequence[Token], text: str, method: str) -> tuple[float, ...]:
    """Plausible scores: a word's feeling, smoothed over its neighbours and roughened by the method's name."""
    noise = Random(f"{method} {text}")
    rough = {"integrated_gradients": 0.012, "occlusion": 0.02, "input_x_gradient": 0.07}.get(method, 0.03)
    parts, words = Counter(token.word for token in found), whole_words(found, text)
    values = []
    for token in found:
        value = FEELING.get(words.get(token.word, ""), 0.0) / parts[token.word] + noise.gauss(0.0, rough)
        values.append(0.0 if token.special and method in SIGNED else value)
    return tuple(round(value if method in SIGNED else abs(value), 4) for value in values)


def whole_words(found: Sequence[Token], text: str) -> dict[int | None, str]:
    """The characters of every word of the first segment, in small letters."""
    words: dict[int | None, str] = {}
    for token in found:
        if not token.special and token.segment == 0:
            words[token.word] = words.get(token.word, "") + text[token.start : token.end].lower()
    return words


def attribution(method: str, values: Sequence[float], verdict: Verdict = "met", **changes: float) -> Attribution:
    """An attribution whose certificate came out as asked; only Integrated Gradients claims anything."""
    total, claims = round(math.fsum(values), 4), method == "integrated_gradients"
    share = {"met": 0.0034, "not met": 0.031, "unresolvable": 0.4}.get(verdict, 0.0)
    change = total / (1 + share) if verdict != "unresolvable" else 0.0003
    baseline = changes.get("baseline", 0.6634)
    residual = round(total - change, 4)
    certificate = Certificate(
        claim="complete" if claims else "none",
        input=round(baseline + change, 4),
        baseline=baseline,
        sum=total,
        residual=residual,
        relative=round(abs(residual / change), 6) if change else None,
        error=0.0046 if claims else None,
        noise=2.4e-7 if claims else None,
        tolerance=0.01 if claims else None,
        evaluations=18 if claims else 1,
        rule="a spline and local polynomials" if claims else "one pass",
        verdict=verdict if claims else "not claimed",
        path=path(baseline, baseline + change) if claims else (),
    )
    return Attribution(
        method=method, signed=method in SIGNED, scores=tuple(values), errors=None, certificate=certificate
    )


def path(start: float, end: float) -> tuple[tuple[float, float], ...]:
    """F at 18 nodes that lie closer together near the baseline, where most of the change is."""
    shares = [round((at / 17) ** 1.6, 4) for at in range(18)]
    return tuple((share, round(start + (end - start) * math.sqrt(share), 6)) for share in shares)


def heads(found: Sequence[Token], text: str, layers: int = 3, number: int = 12) -> Heads:
    """Attention of every head, each with a liking of its own."""
    chance = Random(text)
    rows = [[[chance.paretovariate(1.5) for _ in found] for _ in range(number)] for _ in range(layers)]
    shares = np.array(rows) / np.array(rows).sum(-1, keepdims=True)
    return summarize_heads(shares, [token.word for token in found])


def _chance(words: int) -> float | None:
    """Within this lie 95 % of the tau of random orders."""
    return None if words < 2 else round(1.96 * math.sqrt(2 * (2 * words + 5) / (9 * words * (words - 1))), 4)


def agreements(found: Sequence[Token], attributions: Sequence[Attribution]) -> tuple[Agreement, ...]:
    """Every pair, compared by a plain Kendall's tau over the words; undefined for fewer than two."""
    words = sorted({token.word for token in found if token.word is not None})[:COMPARED]
    places: dict[int, list[int]] = {word: [] for word in words}
    for at, token in enumerate(found):
        if token.word in places:
            places[token.word].append(at)
    chance = _chance(len(words))
    pairs = []
    for one, other in combinations(attributions, 2):
        x, y = ([abs(sum(each.scores[at] for at in places[word])) for word in words] for each in (one, other))
        signs = [(x[i] - x[j]) * (y[i] - y[j]) for i, j in combinations(range(len(words)), 2)]
        tau = round(sum((sign > 0) - (sign < 0) for sign in signs) / len(signs), 4) if any(signs) else None
        both = one.signed and other.signed
        pairs.append(
            Agreement(
                a=one.method,
                b=other.method,
                kendall=tau,
                spearman=None if tau is None else round(1.3 * tau, 4),
                top_k=0.6 if tau is not None else None,
                sign=0.8 if both and tau is not None else None,
                k=min(5, len(words)),
                words=len(words),
                chance=chance,
                **({} if tau is None else BESIDE | ({} if both else {"sign_k": None, "signed_rank_k": None})),
            )
        )
    return tuple(pairs)


def section(
    text: str, pair: str | None, label: str, *, verdict: Verdict = "met", methods: Sequence[str] = METHODS
) -> Section:
    """Everything about one target of a text."""
    found = tokens(text, pair)
    sign = 1 if label == "POSITIVE" else -1
    made = [
        attribution(
            method, [value * sign if method in SIGNED else value for value in scores(found, text, method)], verdict
        )
        for method in methods
    ]
    return Section(
        target=Target(
            position=0, label=label, index=LABELS.index(label), against=None, score=1.1165, probability=0.925
        ),
        baseline=BASELINE,
        tokens=found,
        attributions=tuple(made),
        diagnostics=(),
        agreement=agreements(found, made),
        heads=heads(found, text),
        consensus=agree_on_words(found, made),
    )


def examined(record: Section) -> Section:
    """A section with all diagnostics of its methods, as if deletion had confirmed the first of them."""
    count = len({token.word for token in record.tokens} - {None})
    places = tuple(sorted({0, *(max(1, round(share * count)) for share in (0.05, 0.1, 0.2, 0.35, 0.5, 0.75)), count}))
    falling = tuple(round(0.925 * 0.8**at, 4) for at in range(len(places)))
    flat = tuple(round(0.925 - 0.01 * at, 4) for at in range(len(places)))
    names = ("comprehensiveness", "sufficiency", "log_odds", "strongest_fifth", "deletion", "insertion", "effect")
    methods = [one.method for one in record.attributions]
    return replace(
        record,
        counterfactual=counterfactual(count),
        diagnostics=tuple(
            Diagnostic(name=name, method=method, value=0.34, control=0.9, low=0.88, high=0.92, draws=10)
            for name in names
            for method in methods
        ),
        erasure=Erasure(
            unit="probability",
            whole=0.925,
            curves=tuple(Curve(kind="deletion", method=method, words=places, values=falling) for method in methods),
            bands=(
                Band(
                    kind="deletion", words=places, median=flat, draws=10,
                    low=tuple(round(value - 0.05, 4) for value in flat), high=tuple(value + 0.02 for value in flat),
                ),
            ),
            effects=tuple(
                Effect(method=method, word=word, claimed=0.3 - 0.05 * word, measured=0.4 - 0.07 * word)
                for method in methods
                for word in range(min(8, count))
            ),
        ),
    )  # fmt: skip


def counterfactual(count: int) -> Counterfactual:
    """The first words changed; without two of the others the label is another."""

    def change(*words: int, by: str | None = None, probability: float = 0.8) -> Change:
        label = LABELS[probability >= 0.5]
        return Change(words=words, by=by, label=label, score=round(2 * probability - 1, 4), probability=probability)

    top = range(min(5, count))
    return Counterfactual(
        method="integrated_gradients",
        removals=tuple(change(word, probability=0.9 - 0.1 * word) for word in top),
        replacements=tuple(
            change(word, by=by, probability=value)
            for word in top
            for by, value in (("dull", 0.3), ("fine", 0.7), ("film", 0.6))
        ),
        flip=change(1, 9, probability=0.4) if count > 9 else None,
        tried=min(8, count),
        most=min(8, count),
    )


def marked(record: Explanation, *phrases: str) -> Explanation:
    """The record of a text in which people marked some phrases, and of all that is then measured beside it."""
    found = [
        Diagnostic(name=name, method=method, value=0.5 + 0.1 * at, control=0.2, low=0.0, high=0.55, draws=99)
        for at, name in enumerate(PLAUSIBILITY)
        for method in METHODS
    ]
    for method in METHODS:
        found.append(Diagnostic(name="infidelity", method=method, value=0.3, control=0.8, low=0.6, high=1.1, draws=40))
        found.append(Diagnostic(name="max_sensitivity", method=method, value=0.04))
    return changed(
        record,
        rationale=tuple(
            sorted((record.text.index(phrase), record.text.index(phrase) + len(phrase)) for phrase in phrases)
        ),
        sections=tuple(replace(one, diagnostics=(*one.diagnostics, *found)) for one in record.sections),
    )


def explanation(
    id: str,
    text: str = REVIEW,
    *,
    pair: str | None = None,
    label: str | None = None,
    verdict: Verdict = "met",
    targets: Sequence[str] = ("POSITIVE",),
) -> Explanation:
    """An ordinary explanation of a text that the model finds positive, by 92.5 per cent."""
    size = len(text) + len(pair or "")
    return Explanation(
        schema=SCHEMA, id=id, source=f"{id}.txt", group=id.rpartition("/")[0], text=text, text_pair=pair, label=label,
        status="explained", error=None, seen=Seen(characters=size, of=size, windows=1), prediction=prediction(),
        sections=tuple(section(text, pair, target, verdict=verdict) for target in targets),
    )  # fmt: skip


def prediction() -> Prediction:
    """Positive, by 92.5 per cent."""
    return Prediction(positions=1, labels=LABELS, logits=(-1.4, 1.1165), probabilities=(0.075, 0.925), label="POSITIVE")


def failed(id: str, error: str, text: str = "") -> Explanation:
    """A document that was not explained."""
    return Explanation(
        schema=SCHEMA, id=id, source=f"{id}.txt", group=id.rpartition("/")[0], text=text, text_pair=None, label=None,
        status="failed", error=error, seen=None, prediction=None, sections=(),
    )  # fmt: skip


def truncated(id: str) -> Explanation:
    """A text of which the model was given the first half."""
    whole = explanation(id)
    half = len(REVIEW) // 2
    read = section(REVIEW[:half], None, "POSITIVE")
    return changed(whole, seen=Seen(characters=half, of=len(REVIEW), windows=1), sections=(read,))


def changed(record: Explanation, **changes: object) -> Explanation:
    """A copy of an explanation with other fields."""
    return replace(record, **changes)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def every_kind() -> tuple[Explanation, ...]:
    """One explanation of every kind."""
    single = explanation("short/one", "Great")
    diagnosed = explanation("films/two-targets", targets=("POSITIVE", "NEGATIVE"), label="positive")
    with_number = [Diagnostic(name="comprehensiveness", method="gradient", value=0.61)]
    sections = [changed_section(one, diagnostics=tuple(with_number)) for one in diagnosed.sections]
    harbour = explanation("films/midnight-harbour", label="POSITIVE")
    return (
        changed(harbour, sections=tuple(examined(one) for one in harbour.sections)),
        explanation("films/wrong", "What a waste of time! I expected a masterpiece and got boredom.", label="NEGATIVE"),
        changed(diagnosed, sections=tuple(sections)),
        explanation("films/unknown-label", "A patient, generous film about maps.", label="sarcastic"),
        marked(
            explanation("letters/marked", "Honest & <b>funny</b>: a great, warm film."),
            "Honest & <b>funny",
            "great",
        ),
        explanation("letters/pair", "Is it great?", pair="No: the seats were broken, the sound was worse."),
        explanation("letters/not-met", "Gorgeous to look at until the third act.", verdict="not met"),
        explanation("letters/unresolvable", "The sky is blue and the cinema opens at nine.", verdict="unresolvable"),
        truncated("letters/truncated"),
        failed("letters/scan-0417", "Not UTF-8 (byte 0x96 at 212)."),
        failed("letters/empty", "No words to explain.", "  \n "),
        single,
        explanation("a/b/c d&e/<i>'\"#?é", "Line one\n\n\tline two   spaced\r\nend.", label="<b>bold</b>"),
        explanation("hostile", HOSTILE, label="<img src=x onerror=alert(1)>"),
        explanation("words/rtl", "הסרט היה נהדר, great 真好看 😀 naïve café."),
    )


def changed_section(record: Section, **changes: object) -> Section:
    """A copy of a section with other fields."""
    return replace(record, **changes)  # type: ignore[arg-type]


def provenance(evidence: str = "quick") -> Provenance:
    """What made the synthetic run."""
    return Provenance(
        schema=SCHEMA,
        settings=Settings(methods=METHODS, evidence=evidence).saved(),
        model=Model(
            id="embedded",
            fingerprint="sha256:9f1c0000d2a7", architecture="BertForSequenceClassification",
            labels=LABELS, tokenizer="BertTokenizer", vocabulary=30522, parameters=14_350_874, layers=3, limit=512,
        ),
        versions={"salience-report": "0.1.0", "torch": "2.13.0", "transformers": "5.23.0"},
        device="cpu",
        dtype="float32",
        created="2026-11-22T12:00:00+00:00",
        methods=tuple(description(name) for name in METHODS),
        omissions=(Omission(method="attention_gradient", reason="The network returns no attention under sdpa."),),
        input="reviews",
    )  # fmt: skip


def description(name: str) -> Description:
    """What the pages say of a method."""
    titles = {"input_x_gradient": "Input × gradient", "gradient": "Gradient norm", "attention": "Attention, last layer"}
    return Description(
        name=name,
        title=titles.get(name, name.replace("_", " ").capitalize()),
        signed=name in SIGNED,
        claim="complete" if name == "integrated_gradients" else "none",
        idea="How sharply the answer would react to a small change of each word.",
        formula="s_i = ‖∂F/∂x_i‖",
        cost="One forward and one backward pass.",
        limits="It has no sign: red herrings and reasons look alike.",
        source="Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034.",
    )


def influence(text: str = "A generous film about maps.", **changes: object) -> Influence:
    """Two training examples that support an answer and one that opposes it."""
    one = Example(
        source="train.jsonl#7", text=text, characters=len(text), label="POSITIVE", said="POSITIVE", influence=0.439
    )
    good = replace(one, **changes)  # type: ignore[arg-type]
    bad = replace(good, label="NEGATIVE", influence=-5.604)
    return Influence(supporting=(good, replace(good, influence=0.2)), opposing=(bad,), support=81.2, opposition=-60.0)


def trained(**changes: object) -> Training:
    """What the influences above were traced to."""
    found = influence(**changes)
    return Training(
        fingerprint="5f3a", examples=1200, skipped=2, labels={"NEGATIVE": 600, "POSITIVE": 600},
        checkpoints=("head-1.safetensors", "head-20.safetensors"), rates=(0.03, 0.03), width=384, projected=False,
        validity=Validity(correlation=0.56, low=0.47, high=0.64, halves=96, examples=1000, texts=100),
        suspects=(replace(found.opposing[0], influence=200.28), *found.supporting),
    )  # fmt: skip


def full() -> Explanation:
    """A short record in which every field is there but omissions."""
    what = marked(
        explanation("full", "A great, warm film by the sea.", pair="Is it?", label="POSITIVE"), "great", "film"
    )
    (section,) = what.sections
    words = len({token.word for token in section.tokens} - {None})
    range_ = Sensitivity(
        method="integrated_gradients", baselines=("pad", "zero"), low=(-0.1,) * words, high=(0.2,) * words, flips=(1,)
    )
    whole = examined(changed_section(section, sensitivity=range_, influence=influence()))
    attributions = tuple(replace(one, errors=tuple(0.01 for _ in one.scores)) for one in whole.attributions)
    assert whole.counterfactual is not None
    assert whole.counterfactual.flip is not None
    return replace(what, sections=(replace(whole, attributions=attributions),), labels=("POSITIVE",))


def saved(
    path: Path, explanations: Sequence[Explanation], training: Training | None = None, *, evidence: str = "quick"
) -> Path:
    """A run on disk that holds these explanations in this order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Store(path, create=True) as store:
        settings = {} if training is None else {"training_data": "train.jsonl"}
        store.describe(replace(made := provenance(evidence), training=training, settings=made.settings | settings))
        store.save(ExplanationRow(f"key-{at}", one, 0.1) for at, one in enumerate(explanations))
        store.arrange(f"key-{at}" for at in range(len(explanations)))
    return path
