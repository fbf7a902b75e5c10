"""Whatever is forged in a site is noticed, by `check` or by `verify`, and an honest site of any kind passes both."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from math import fsum
from pathlib import Path

import msgspec
import pytest

from reporter.agreement import agree, compare_all
from reporter.check import Thresholds, check_site
from reporter.diagnostics import PLAUSIBILITY
from reporter.plausibility import judge_section
from reporter.records import Attribution, Explanation, Provenance
from reporter.render import draw
from reporter.rounding import rounded
from reporter.seeds import make_seed
from reporter.store import Store, list_columns
from tests.networks import TEXTS, save_network
from tests.test_cli import run

ROWS = [
    {"id": "great", "text": "The film is great!", "label": "LABEL_1", "rationale": [3]},
    {"id": "bad", "text": "The food was bad, and the service never good.", "label": "LABEL_0"},
    {"id": "dull", "text": "Dull."},
    {"id": "long", "text": "A long film. " * 40, "label": "LABEL_1"},
    {"id": "pair", "text": "The film is great", "text_pair": "No, the film is dull", "label": "never"},
    *({"id": f"t{at}", "text": text} for at, text in enumerate(TEXTS)),
]


def build(folder: Path, model: object, *more: object, rows: list[dict] = ROWS) -> Path:
    """A site of some rows and of a file that cannot be read."""
    (folder / "inputs").mkdir(parents=True, exist_ok=True)
    (folder / "inputs" / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "inputs" / "scan.txt").write_bytes(b"\x89PNG\x00\xff")
    assert run("build", folder / "inputs", "-o", folder / "site", "--model", model, *more) == 1
    return folder / "site"


def faults(site: Path) -> dict[str, tuple[str, ...]]:
    """What `check` says is wrong, by the line that says so."""
    return {one.name: one.faults for one in check_site(site, Thresholds()) if one.faults}


def save_regression(folder: Path) -> Path:
    """A tiny network that gives one number."""
    return save_network(folder, problem_type="regression", num_labels=1)


HONEST: dict[str, tuple[Callable[[Path], object] | str, tuple[object, ...]]] = {
    "all that is usual": ("tiny", ()),
    "all evidence": ("tiny", ("--evidence", "full", "--max-evaluations", 33)),
    "no evidence": ("tiny", ("--evidence", "none")),
    "every target": ("tiny", ("--target", "all", "--evidence", "standard")),
    "the given target": ("tiny", ("--target", "given")),
    "one label against another": ("tiny", ("--target", "LABEL_1", "--against", "LABEL_0", "--evidence", "standard")),
    "methods that draw": (
        "tiny",
        ("--methods", "smoothgrad,shapley,kernel_shap,lime,occlusion", "--samples", 40, "--evidence", "standard"),
    ),
    "methods that read attention": ("tiny", ("--methods", "attention,attention_norm,attention_gradient,gradient")),
    "one method without a claim": ("tiny", ("--methods", "gradient")),
    "a tolerance that cannot be met": ("tiny", ("--tolerance", 1e-5, "--max-evaluations", 20)),
    "a tolerance that cannot be told": ("tiny", ("--tolerance", 1e-9, "--max-evaluations", 12)),
    "labels for tokens": ("tagger", ("--task", "token_classification", "--evidence", "standard")),
    "a regression": (save_regression, ("--evidence", "standard")),
    "several labels at once": (
        lambda folder: save_network(folder, problem_type="multi_label_classification", num_labels=3),
        ("--target", "all"),
    ),
    "a network without attention": (lambda folder: save_network(folder, "FNet"), ()),
    "from the word for nothing": ("tiny", ("--baseline", "zero")),
}


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_site_passes(kind, request, tmp_path, capsys):
    made, options = HONEST[kind]
    model = request.getfixturevalue(made) if isinstance(made, str) else made(tmp_path / "model")
    rows = ROWS[:5] if "full" in options else ROWS
    site = build(tmp_path, model, *options, rows=rows)
    assert faults(site) == {}
    capsys.readouterr()
    assert run("verify", site, "--model", model, "--sample", 3, "--input", tmp_path / "inputs") == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "3 of 3 documents come out" in said.out
    if kind != "a regression":  # a product with one column is added up in another order in company
        assert "3 of them to the last bit" in said.out


# Forgeries


@pytest.fixture(scope="module")
def built(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of everything that can be forged, beside its input."""
    return build(tmp_path_factory.mktemp("forged"), tiny, "--evidence", "standard", rows=ROWS[:3])


@pytest.fixture(scope="module")
def quick(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with less evidence, so that a forger can make all of it follow from other scores."""
    return build(tmp_path_factory.mktemp("quick"), tiny, rows=ROWS[:4])


Change = Callable[[dict], object]


def forge(site: Path, *, id: str = "rows/bad", record: Change | None = None, made: Change | None = None) -> None:
    """Change a record or what made the run, and make everything anew that comes of it: columns, twin, pages, hashes."""
    path = site / "data" / "run.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        if record is not None:
            (line,) = database.execute("select line from explanations where id = ?", (id,)).fetchone()
            write(database, id, changed(line, record))
        if made is not None:
            (text,) = database.execute("select value from facts where name = 'provenance'").fetchone()
            facts = json.loads(text)
            made(facts)
            text = msgspec.json.encode(msgspec.convert(facts, Provenance)).decode()
            database.execute("update facts set value = ? where name = 'provenance'", (text,))
    with Store(path) as store:
        draw(store, site)


def changed(line: str, change: Change) -> Explanation:
    """A record after a change of its JSON, or the one that the change makes of it."""
    facts = json.loads(line)
    found = change(facts)
    return found if isinstance(found, Explanation) else msgspec.convert(facts, Explanation)


def write(database: sqlite3.Connection, id: str, record: Explanation) -> None:
    """Put a record into the run, with all columns that tell of it."""
    names = 'id = ?, source = ?, "group" = ?, label = ?, predicted = ?, status = ?, error = ?, line = ?'
    database.execute(f"update explanations set {names} where id = ?", (*list_columns(record), id))


def drop(site: Path) -> None:
    """Leave a document out."""
    with closing(sqlite3.connect(site / "data" / "run.sqlite")) as database, database:
        database.execute("delete from explanations where id = 'rows/bad'")
    with Store(site / "data" / "run.sqlite") as store:
        draw(store, site)


def settled(facts: dict) -> Explanation:
    """A record whose scores were changed, with all that follows from them made to follow from them."""
    what = msgspec.convert(facts, Explanation)
    sections = []
    for section in what.sections:
        found = tuple(map(certified, section.attributions))
        seed = make_seed(what, 0, "agreement")
        agreement = tuple(compare_all(section.tokens, found, seed=seed))
        more = {"attributions": found, "agreement": agreement, "consensus": agree(section.tokens, found)}
        kept = tuple(one for one in section.diagnostics if one.name not in PLAUSIBILITY)
        section = replace(section, **more)
        sections.append(replace(section, diagnostics=(*kept, *judge_section(what, section, 0))))
    return replace(what, sections=tuple(sections))


def certified(one: Attribution) -> Attribution:
    """An attribution whose certificate adds its scores up."""
    what, total = one.certificate, fsum(one.scores)
    change = what.input - what.baseline
    numbers = rounded([total, total - change, abs((total - change) / change)])
    certificate = replace(what, sum=numbers[0], residual=numbers[1], relative=numbers[2])
    return replace(one, certificate=certificate)


def at(facts: dict, *path: object) -> dict:
    """A part of a record, from its first section on."""
    found = facts["sections"][0]
    for step in path:
        found = found[step]
    return found


def lead(facts: dict) -> dict:
    """The attribution by Integrated Gradients."""
    return at(facts, "attributions", -1)


def certificate(**facts: object) -> Change:
    """A change of the certificate of Integrated Gradients."""
    return lambda record: lead(record)["certificate"].update(facts)


def swap(scores: list[float]) -> None:
    """Let two scores change places."""
    scores[2], scores[4] = scores[4], scores[2]


def diagnosed(facts: dict, name: str, value: float) -> None:
    """Give a diagnostic another value, for every method."""
    for one in at(facts, "diagnostics"):
        if one["name"] == name:
            one["value"] = value


def raise_curves(facts: dict) -> None:
    """Let all words matter more, with all numbers that are read off the curves: one method's, as if it were exact."""
    for one in at(facts, "erasure", "bands"):
        for side in ("median", "low", "high"):
            one[side] = [value + 0.01 for value in one[side]]


def by_check(**how: Change) -> tuple[str, Callable[[Path], object]]:
    """A forgery that contradicts itself."""
    return "check", lambda site: forge(site, **how)


def by_verify(**how: Change) -> tuple[str, Callable[[Path], object]]:
    """A forgery that contradicts nothing but the model or the input."""
    return "verify", lambda site: forge(site, **how)


def method(name: str, change: Callable[[dict], object]) -> Change:
    """A consistent change of what a method says."""

    def edit(facts: dict) -> Explanation:
        change(next(one for one in at(facts, "attributions") if one["method"] == name))
        return settled(facts)

    return edit


def page(name: str, old: str, new: str) -> tuple[str, Callable[[Path], object]]:
    """A page with another text, and the manifest with the hash of that."""

    def edit(site: Path) -> None:
        content = (site / name).read_text("utf-8")
        assert old in content
        (site / name).write_text(content.replace(old, new), "utf-8")
        accept(site, name)

    return "check", edit


def accept(site: Path, name: str) -> None:
    """Enter a file into the manifest as it is."""
    manifest, content = json.loads((site / "data" / "manifest.json").read_text()), (site / name).read_bytes()
    manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (site / "data" / "manifest.json").write_text(json.dumps(manifest))


def alter_column(site: Path) -> None:
    """Let the table of a run say something else than its records, for those who browse it."""
    with closing(sqlite3.connect(site / "data" / "run.sqlite")) as database, database:
        database.execute("update explanations set predicted = 'LABEL_9' where id = 'rows/bad'")


def turn(facts: dict) -> None:
    """Explain the other label."""
    target = at(facts, "target")
    index = 1 - target["index"]
    target.update(index=index, label=f"LABEL_{index}")


def fail(facts: dict) -> None:
    """Say that a text could not be explained."""
    error = "The model could not explain this text: it is too long."
    facts.update(status="failed", error=error, prediction=None, seen=None, sections=[])


def shift(numbers: list[float], by: float) -> None:
    """Add to every number."""
    numbers[:] = [value + by for value in numbers]


FORGERIES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "scores that change places": by_check(record=lambda record: swap(lead(record)["scores"])),
    "attention that changes places": by_check(record=method("attention", lambda one: swap(one["scores"]))),
    "errors that are zero": by_check(
        record=lambda record: lead(record).update(errors=[0.0 for _ in lead(record)["errors"]])
    ),
    "errors that are large": by_verify(record=lambda record: shift(lead(record)["errors"], 1.0)),
    "an error below zero": by_check(record=lambda record: shift(lead(record)["errors"], -100.0)),
    "methods that agree": by_check(
        record=lambda record: [one.update(kendall=0.99, spearman=0.99) for one in at(record, "agreement")]
    ),
    "methods that agree beyond chance": by_check(record=lambda record: at(record, "agreement", 0).update(p=0.01)),
    "a pair that is not compared": by_check(record=lambda record: at(record, "agreement").pop()),
    "no consensus": by_check(record=lambda record: at(record).update(consensus=None)),
    "another consensus": by_check(record=lambda record: at(record, "consensus")["words"].clear()),
    "no heads": by_check(record=lambda record: at(record).update(heads=None)),
    "heads that look elsewhere": by_check(
        record=lambda record: [head.reverse() for layer in at(record, "heads")["shares"] for head in layer]
    ),
    "heads of the first layer that change places": by_verify(
        record=lambda record: at(record, "heads")["shares"][0].insert(0, at(record, "heads")["shares"][0].pop())
    ),
    "another tolerance": by_check(record=certificate(tolerance=0.001)),
    "another error of all scores": by_verify(record=certificate(error=0.0)),
    "an error of all scores that is large": by_check(record=certificate(error=0.9)),
    "fewer evaluations": by_check(record=certificate(evaluations=3)),
    "more noise": by_verify(record=certificate(noise=3.5e-5)),
    "less noise": by_check(record=certificate(noise=0.0)),
    "another rule": by_verify(record=certificate(rule="exact")),
    "a verdict that is worse": by_check(record=certificate(verdict="not met")),
    "a verdict that says nothing": by_check(record=certificate(verdict="unresolvable")),
    "a path that is gone": by_check(record=certificate(path=[])),
    "a path that ends elsewhere": by_check(
        record=lambda record: lead(record)["certificate"]["path"][-1].__setitem__(1, 9.0)
    ),
    "a path that runs elsewhere": by_verify(
        record=lambda record: lead(record)["certificate"]["path"][3].__setitem__(1, 9.0)
    ),
    "a path that turns back": by_check(
        record=lambda record: lead(record)["certificate"]["path"][3].__setitem__(0, 0.0)
    ),
    "another end for one method": by_check(
        record=lambda record: at(record, "attributions", 0)["certificate"].update(input=-9.0)
    ),
    "another claim": by_check(
        record=lambda record: at(record, "attributions", 2)["certificate"].update(claim="complete")
    ),
    "a method left out": by_check(record=lambda record: at(record, "attributions").pop(0)),
    "methods in another order": by_check(record=lambda record: at(record, "attributions").reverse()),
    "another sign": by_check(record=lambda record: at(record, "attributions", 0).update(signed=True)),
    "probabilities": by_check(record=lambda record: record["prediction"].update(probabilities=[0.01, 0.99])),
    "probabilities that are not there": by_check(record=lambda record: record["prediction"].update(probabilities=None)),
    "another probability of the target": by_check(record=lambda record: at(record, "target").update(probability=0.99)),
    "logits": by_check(record=lambda record: record["prediction"].update(logits=[5.0, 1.0])),
    "another answer": by_check(record=lambda record: record["prediction"]["logits"].reverse()),
    "labels": by_check(record=lambda record: record["prediction"].update(labels=["A", "B"])),
    "the answer to the baseline": by_verify(
        record=lambda record: at(record, "baseline").update(label="LABEL_1", probability=0.51)
    ),
    "how sure the baseline's answer is": by_verify(
        record=lambda record: at(record, "baseline").update(probability=0.5)
    ),
    "another baseline": by_check(record=lambda record: at(record, "baseline").update(kind="mask")),
    "the label that was given": by_verify(record=lambda record: record.update(label="LABEL_1")),
    "a label that nobody gave": by_verify(id="rows/dull", record=lambda record: record.update(label="LABEL_1")),
    "the folder of a text": by_verify(record=lambda record: record.update(group="elsewhere")),
    "what people marked elsewhere": by_check(id="rows/great", record=lambda record: record.update(rationale=[[0, 3]])),
    "what people think": by_check(id="rows/great", record=lambda record: diagnosed(record, "token_f1", 1.0)),
    "a document left out": ("verify", drop),
    "a document that failed": by_verify(record=fail),
    "a reason to fail": by_verify(id="scan", record=lambda record: record.update(error="The file is empty.")),
    "a text that was read to the end": by_check(
        id="rows/long", record=lambda record: record["seen"].update(characters=record["seen"]["of"])
    ),
    "a text that was read less far": by_check(record=lambda record: record["seen"].update(characters=9)),
    "a shorter text": by_check(id="rows/long", record=lambda record: record["seen"].update(of=99)),
    "another text": by_check(record=lambda record: record.update(text=record["text"].replace("never", "NEVER"))),
    "a token by another name": by_verify(record=lambda record: at(record, "tokens", 2).update(text="good")),
    "a token elsewhere": by_verify(record=lambda record: at(record, "tokens", 2).update(end=5)),
    "a token that ends before it starts": by_check(
        record=lambda record: at(record, "tokens", 2).update(start=6, end=5)
    ),
    "words that are counted otherwise": by_check(record=lambda record: at(record, "tokens", 2).update(word=7)),
    "another cell": by_check(record=turn),
    "a target that nobody asked for": by_check(record=lambda record: record["sections"].append(record["sections"][0])),
    "comprehensiveness": by_check(record=lambda record: diagnosed(record, "comprehensiveness", 0.99)),
    "sufficiency": by_check(record=lambda record: diagnosed(record, "sufficiency", 0.0)),
    "the strongest fifth": by_check(record=lambda record: diagnosed(record, "strongest_fifth", 0.0)),
    "the deletion area": by_check(record=lambda record: diagnosed(record, "deletion", 0.0)),
    "claimed and measured effect": by_check(record=lambda record: diagnosed(record, "effect", 1.0)),
    "what random orders give": by_verify(record=lambda record: at(record, "diagnostics", 0).update(control=0.0)),
    "more random orders": by_verify(record=lambda record: at(record, "diagnostics", 0).update(draws=1000)),
    "a diagnostic that was not measured": by_check(
        record=lambda record: at(record, "diagnostics").append(
            {
                "name": "infidelity",
                "method": "gradient",
                "value": 0.0,
                "control": None,
                "low": None,
                "high": None,
                "draws": 0,
            }
        )
    ),
    "a diagnostic left out": by_check(record=lambda record: at(record, "diagnostics").pop(0)),
    "a curve": by_check(record=lambda record: at(record, "erasure", "curves", 0, "values").__setitem__(2, 0.0)),
    "a curve that is not read": by_verify(record=raise_curves),
    "a claimed effect": by_check(record=lambda record: at(record, "erasure", "effects", 0).update(claimed=9.0)),
    "the answer to the whole text": by_check(record=lambda record: at(record, "erasure").update(whole=0.9)),
    "no erasure": by_check(record=lambda record: at(record).update(erasure=None, diagnostics=[])),
    "no counterfactual": by_check(record=lambda record: at(record).update(counterfactual=None)),
    "another word removed": by_check(record=lambda record: at(record, "counterfactual")["removals"].pop(0)),
    "the answer without a word": by_verify(
        record=lambda record: at(record, "counterfactual", "removals", 0).update(score=-9.0)
    ),
    "the word in its place": by_verify(
        record=lambda record: at(record, "counterfactual", "replacements", 0).update(by="awful")
    ),
    "the model's name": by_check(made=lambda made: made["model"].update(id="someone/else")),
    "the model inside, by name": by_check(
        made=lambda made: (made["model"].update(id="embedded"), made["settings"].update(model="embedded"))
    ),
    "the model's fingerprint": by_verify(made=lambda made: made["model"].update(fingerprint="0" * 64)),
    "the model's size": by_verify(made=lambda made: made["model"].update(parameters=10**12)),
    "the model's labels": by_check(made=lambda made: made["model"].update(labels=["A", "B"])),
    "the program's version": by_check(made=lambda made: made["versions"].update({"salience-report": "9.9"})),
    "another date that is none": by_check(made=lambda made: made.update(created="yesterday")),
    "a method's description": by_check(made=lambda made: made["methods"][0].update(limits="It has none.")),
    "a method's source": by_check(made=lambda made: made["methods"][-1].update(source="ours")),
    "a method that is said not to serve": by_check(
        made=lambda made: made.update(omissions=[{"method": "lime", "reason": "It is slow."}])
    ),
    "an option": by_check(made=lambda made: made["settings"].update(tolerance=0.5)),
    "an option more": by_check(made=lambda made: made["settings"].update(colour="red")),
    "an option of another kind": by_check(made=lambda made: made["settings"].update(seed="x")),
    "another seed": by_check(made=lambda made: made["settings"].update(seed=5)),
    "the most evaluations": by_check(made=lambda made: made["settings"].update(max_evaluations=4)),
    "less evidence": by_check(made=lambda made: made["settings"].update(evidence="quick")),
    "training examples": by_check(made=lambda made: made["settings"].update(training_data="embedded")),
    "another device": by_check(made=lambda made: made.update(device="cuda:0", dtype="bfloat16")),
    "a sanity check that was passed": by_verify(
        made=lambda made: [
            one["randomised"][-1].update(mean=0.0, low=-0.1, high=0.1) for one in made["sanity"]["methods"]
        ]
    ),
    "a flag that is not there": by_verify(
        made=lambda made: [one.update(flags=["x"]) for one in made["sanity"]["methods"]]
    ),
    "sanity checks of other texts": by_verify(made=lambda made: made["sanity"]["texts"].pop()),
    "no sanity checks": by_check(made=lambda made: made.update(sanity=None)),
    "sanity checks of fewer methods": by_check(made=lambda made: made["sanity"]["methods"].pop()),
    "how a table was read": by_verify(made=lambda made: made["tables"][0].update(blank=7)),
    "a text on a page": page("documents/rows/bad.html", "never", "always"),
    "numbers on a page": page("documents/rows/bad.html", "0.", "1."),
    "the title of the audit": page("index.html", "<title>", "<title>Certified: "),
    "a sentence on the methods page": page("methods.html", "attention", "Attention"),
    "the fingerprint on a page": page("provenance.html", "Fingerprint", "fingerprint"),
    "the page of addresses that lead nowhere": page("404.html", "</main>", "<p>All is well.</p></main>"),
    "a field more in the twin": page("data/documents.jsonl", '"schema":', '"certified":true,"schema":'),
    "a field more in the run": page("data/run.json", '"schema":', '"certified":true,"schema":'),
    "a summary": page("data/run.json", '"explained":', '"explained":1'),
    "a schema that asks for less": page("data/schema.json", '"required"', '"optional"'),
    "a column of the table": ("check", alter_column),
}


OF_A_LONG_TEXT = ("a text that was read to the end", "a shorter text")


CAREFUL: dict[str, tuple[str, Change]] = {
    "scores that change places": ("bad", method("integrated_gradients", lambda one: swap(one["scores"]))),
    "scores the other way round, with large errors": (
        "bad",
        method("integrated_gradients", lambda one: (one["scores"].reverse(), shift(one["errors"], 100.0))),
    ),
    "gradients that change places": ("bad", method("gradient", lambda one: swap(one["scores"]))),
    "attention by all layers that changes places": (
        "bad",
        method("attention_rollout", lambda one: swap(one["scores"])),
    ),
    "a method that says what another says": (
        "bad",
        method("input_x_gradient", lambda one: one.update(scores=[score / 2 for score in one["scores"]])),
    ),
    "what people marked": ("great", lambda record: settled(record | {"rationale": [[0, 3]]})),
}
"""Records that were changed with everything that follows, so that they contradict nothing: by their ids."""


def state(site: Path) -> dict[Path, bytes]:
    """Every file of a site but the run's time stamps."""
    return {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}


ALWAYS = (
    "a document left out",
    "a sanity check that was passed",
    "errors that are large",
    "a path that runs elsewhere",
    "the model's size",
)
KINDS = [
    kind if who == "check" or kind in ALWAYS else pytest.param(kind, marks=pytest.mark.sweep)
    for kind, (who, _) in FORGERIES.items()
]
"""Those for which the model is asked again take seconds each: a few of them stand for the others outside sweeps."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_forgery_is_noticed(kind, built, quick, tiny, tmp_path, capsys):
    who, how = FORGERIES[kind]
    honest = quick if kind in OF_A_LONG_TEXT else built
    site = shutil.copytree(honest, tmp_path / "site")
    how(site)
    assert state(site) != state(honest)
    found = faults(site)
    assert "files" not in found
    assert bool(found) == (who == "check"), found
    if who == "verify":
        is_noticed(site, honest, tiny, capsys)


@pytest.mark.parametrize("kind", CAREFUL)
def test_a_lie_that_contradicts_nothing_is_found_by_computing_it_again(kind, quick, tiny, tmp_path, capsys):
    id, change = CAREFUL[kind]
    site = shutil.copytree(quick, tmp_path / "site")
    forge(site, id=f"rows/{id}", record=change)
    assert state(site) != state(quick)
    assert faults(site) == {}
    is_noticed(site, quick, tiny, capsys)


def is_noticed(site: Path, honest: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that `verify` finds a forgery, and says so in sentences."""
    command = ("verify", site, "--model", model, "--sample", 99, "--input", honest.parent / "inputs")
    assert run(*command) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err
