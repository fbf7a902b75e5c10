"""Whatever is forged in a site is noticed, by `check` or by `verify`, and an honest site of any kind passes both."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reporter.audit.check import Thresholds, check_site
from reporter.audit.recomputed.records import check_records, find_run_faults
from reporter.audit.run_wide import compare_sanity
from reporter.audit.verify import choose_settings, compare_inputs, compare_runs, explain_again, judge
from reporter.evidence.agreement import agree_on_words, compare_all
from reporter.evidence.metrics import PLAUSIBILITY
from reporter.evidence.plausibility import judge_section
from reporter.records import twin
from reporter.records.errors import UserError
from reporter.records.explanation import Attribution, Explanation, make_seed
from reporter.records.run import Provenance
from reporter.records.settings import Settings
from reporter.records.twin import round_values
from reporter.runs.preparation import prepare
from reporter.runs.store import Store, list_columns
from reporter.site.render import draw_site
from reporter.summary.run_summary import sum_up
from tests.cli.test_cli import run
from tests.networks import TEXTS, save_network

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


SOME = (
    "all that is usual",
    "several labels at once",
    "labels for tokens",
    "all evidence",
    "methods that draw",
    "every target",
    "a regression",
)
"""Those that stand for the others outside sweeps; only the first of them with more than two texts."""


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *((kind, 2 + (kind == SOME[0])) for kind in SOME),
        *(pytest.param(kind, len(ROWS), marks=pytest.mark.sweep) for kind in HONEST),
    ],
)
def test_an_honest_site_passes(kind, count, request, tmp_path, capsys):
    made, options = HONEST[kind]
    model = request.getfixturevalue(made) if isinstance(made, str) else made(tmp_path / "model")
    rows = [ROWS[4], ROWS[0], *ROWS[1:4], *ROWS[5:]][:count]
    site = build(tmp_path, model, *options, rows=rows)
    assert faults(site) == {}
    capsys.readouterr()
    sample = min(count - 1, 3)
    assert run("verify", site, "--model", model, "--sample", sample, "--input", tmp_path / "inputs") == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert f"{sample} of {sample} documents come out" in said.out
    if kind != "a regression":  # a product with one column is added up in another order in company
        assert f"{sample} of them to the last bit" in said.out


# Forgeries


@dataclass(frozen=True)
class Built:
    """A site and all that `check` and `verify` would compute of it, once for all forgeries."""

    site: Path
    run: Provenance
    now: Provenance
    settings: Settings
    records: dict[str, Explanation]
    again: dict[str, Explanation]

    def prove(self, run: Provenance, lines: dict[str, bytes | str]) -> list[str]:
        """What `check` finds in this run of these records, whose pages are drawn anew."""
        try:
            records = [twin.load_explanation(line) for line in lines.values()]
        except msgspec.ValidationError as error:
            return [str(error)]
        whole = sum_up(run, records)
        proof = check_records(whole, (twin.dump_record(one).decode() for one in records), documents=len(records))
        return [*proof.faults, *find_run_faults(run)]

    def compute(self, run: Provenance, records: dict[str, Explanation]) -> list[str]:
        """What `verify` finds in this run of these records."""
        inputs = compare_inputs(list(records.values()), self.site.parent / "inputs", self.settings, run.tables)
        judged = [judge(one, self.again[id], run, promised=False) for id, one in records.items() if one.text]
        sane = () if self.now.sanity is None else compare_sanity(run.sanity, self.now.sanity)
        verified = [fault for one in (*inputs, *judged) for fault in one.differences]
        return [*compare_runs(run, self.now), *verified, *sane]


def load(site: Path, model: Path) -> Built:
    """A site that was built here, with all of its texts explained again."""
    path = site / "data" / "run.sqlite"
    settings = choose_settings(path, Settings(model=str(model)))
    with Store(path) as store:
        made, records = store.provenance(), {one.id: one for one in store.explanations()}
    attribute, now = prepare(settings, created=made.created)
    again = {id: explain_again(one, attribute) for id, one in records.items() if one.text}
    return Built(site, made, replace(now, sanity=made.sanity), settings, records, again)


@pytest.fixture(scope="module")
def built(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site of everything that can be forged, beside its input."""
    site = build(tmp_path_factory.mktemp("forged"), tiny, "--evidence", "standard", rows=ROWS[:3])
    return load(site, tiny)


@pytest.fixture(scope="module")
def quick(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site with less evidence, so that a forger can make all of it follow from other scores."""
    return load(build(tmp_path_factory.mktemp("quick"), tiny, rows=ROWS[:4]), tiny)


Change = Callable[[dict], object]


@dataclass(frozen=True)
class Forgery:
    """A change of a record (None leaves it out) or of what made the run, or else of the files of a site."""

    who: str
    id: str = "rows/bad"
    record: Change | None = None
    made: Change | None = None
    files: Callable[[Path], object] | None = None

    def change(self, made: Provenance, records: dict[str, Explanation]) -> tuple[Provenance, dict[str, bytes | str]]:
        """The run and the lines of its records afterwards."""
        lines: dict[str, bytes | str] = {id: twin.dump_record(one) for id, one in records.items()}
        if self.record is leave_out:
            del lines[self.id]
        elif self.record is not None:
            lines[self.id] = changed(lines[self.id], self.record)
        if self.made is not None:
            facts = msgspec.to_builtins(made)
            self.made(facts := json.loads(json.dumps(facts)))
            made = msgspec.convert(facts, Provenance)
        return made, lines

    def write(self, site: Path) -> None:
        """Change a site, and make everything anew that comes of it: columns, twin, pages, hashes."""
        if self.files is not None:
            self.files(site)
            return
        path = site / "data" / "run.sqlite"
        with Store(path) as store:
            old = {one.id: one for one in store.explanations()}
            made, lines = self.change(store.provenance(), old)
        with closing(sqlite3.connect(path)) as database, database:
            for id in set(old) - set(lines):
                database.execute("delete from explanations where id = ?", (id,))
            record = msgspec.json.decode(lines.get(self.id, b"null"), type=Explanation | None)
            if record is not None:
                write(database, self.id, record)
            text = msgspec.json.encode(made).decode()
            database.execute("update facts set value = ? where name = 'provenance'", (text,))
        with suppress(UserError), Store(path) as store:  # records that do not fit are not drawn
            draw_site(store, site)


def leave_out(_: dict) -> None:
    """Stands for no record at all."""


def changed(line: bytes | str, change: Change) -> bytes:
    """The line of a record after a change of its JSON, or of the record that the change makes of it."""
    facts = json.loads(line)
    found = change(facts)
    return msgspec.json.encode(found if isinstance(found, Explanation) else msgspec.convert(facts, Explanation))


def write(database: sqlite3.Connection, id: str, record: Explanation) -> None:
    """Put a record into the run, with all columns that tell of it."""
    names = 'id = ?, source = ?, "group" = ?, label = ?, predicted = ?, status = ?, error = ?, line = ?'
    database.execute(f"update explanations set {names} where id = ?", (*list_columns(record), id))


def settled(facts: dict) -> Explanation:
    """A record whose scores were changed, with all that follows from them made to follow from them."""
    what = msgspec.convert(facts, Explanation)
    sections = []
    for section in what.sections:
        found = tuple(map(certified, section.attributions))
        seed = make_seed(what, 0, "agreement")
        agreement = tuple(compare_all(section.tokens, found, seed=seed))
        more = {"attributions": found, "agreement": agreement, "consensus": agree_on_words(section.tokens, found)}
        kept = tuple(one for one in section.diagnostics if one.name not in PLAUSIBILITY)
        section = replace(section, **more)
        sections.append(replace(section, diagnostics=(*kept, *judge_section(what, section, 0))))
    return replace(what, sections=tuple(sections))


def certified(one: Attribution) -> Attribution:
    """An attribution whose certificate adds its scores up."""
    what, total = one.certificate, fsum(one.scores)
    change = what.input - what.baseline
    numbers = round_values([total, total - change, abs((total - change) / change)])
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


def by_check(**how: Any) -> Forgery:
    """A forgery that contradicts itself."""
    return Forgery("check", **how)


def by_verify(**how: Any) -> Forgery:
    """A forgery that contradicts nothing but the model or the input."""
    return Forgery("verify", **how)


def method(name: str, change: Callable[[dict], object]) -> Change:
    """A consistent change of what a method says."""

    def edit(facts: dict) -> Explanation:
        change(next(one for one in at(facts, "attributions") if one["method"] == name))
        return settled(facts)

    return edit


def page(name: str, old: str, new: str) -> Forgery:
    """A page with another text, and the manifest with the hash of that."""

    def edit(site: Path) -> None:
        content = (site / name).read_text("utf-8")
        assert old in content
        (site / name).write_text(content.replace(old, new), "utf-8")
        accept(site, name)

    return by_check(files=edit)


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


FORGERIES: dict[str, Forgery] = {
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
    "a document left out": by_verify(record=leave_out),
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
    "a column of the table": by_check(files=alter_column),
}


OF_A_LONG_TEXT = ("a text that was read to the end", "a shorter text")
OF_THE_MODEL = "the model's fingerprint"  # which is held against the model's files before anything is computed


CAREFUL: dict[str, Forgery] = {
    "scores that change places": by_verify(record=method("integrated_gradients", lambda one: swap(one["scores"]))),
    "scores the other way round, with large errors": by_verify(
        record=method("integrated_gradients", lambda one: (one["scores"].reverse(), shift(one["errors"], 100.0)))
    ),
    "gradients that change places": by_verify(record=method("gradient", lambda one: swap(one["scores"]))),
    "attention by all layers that changes places": by_verify(
        record=method("attention_rollout", lambda one: swap(one["scores"]))
    ),
    "a method that says what another says": by_verify(
        record=method("input_x_gradient", lambda one: one.update(scores=[score / 2 for score in one["scores"]]))
    ),
    "what people marked": by_verify(id="rows/great", record=lambda record: settled(record | {"rationale": [[0, 3]]})),
}
"""Records that were changed with everything that follows, so that they contradict nothing."""


def state(site: Path) -> dict[Path, bytes]:
    """Every file of a site but the run's time stamps."""
    return {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", [kind for kind, one in FORGERIES.items() if one.files is None])
def test_a_forgery_is_noticed(kind, built, quick):
    how, honest = FORGERIES[kind], quick if kind in OF_A_LONG_TEXT else built
    made, lines = how.change(honest.run, honest.records)
    assert (made, lines) != (honest.run, {id: twin.dump_record(one) for id, one in honest.records.items()})
    found = honest.prove(made, lines)
    assert bool(found) == (how.who == "check"), found
    if how.who == "verify" and kind != OF_THE_MODEL:
        assert honest.compute(made, {id: twin.load_explanation(line) for id, line in lines.items()})


@pytest.mark.parametrize("kind", CAREFUL)
def test_a_lie_that_contradicts_nothing_is_found_by_computing_it_again(kind, quick):
    made, lines = CAREFUL[kind].change(quick.run, quick.records)
    assert quick.prove(made, lines) == []
    assert quick.compute(made, {id: twin.load_explanation(line) for id, line in lines.items()})


def test_nothing_is_noticed_where_nothing_was_forged(built, quick):
    for honest in (built, quick):
        assert honest.prove(honest.run, {id: twin.dump_record(one) for id, one in honest.records.items()}) == []
        assert honest.compute(honest.run, honest.records) == []


WHOLE = {**FORGERIES, **{f"{kind}, with all that follows": how for kind, how in CAREFUL.items()}}
ALWAYS = ("a document left out", "errors that are large", "a sanity check that was passed", OF_THE_MODEL, "no heads")
KINDS = [
    kind if how.files is not None or kind in ALWAYS else pytest.param(kind, marks=pytest.mark.sweep)
    for kind, how in WHOLE.items()
]
"""Each as a site that is written and given to the commands: a few of them stand for the others outside sweeps."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_notice_a_forged_site(kind, built, quick, tiny, tmp_path, capsys):
    how = WHOLE[kind]
    honest = quick if kind in OF_A_LONG_TEXT or kind not in FORGERIES else built
    site = shutil.copytree(honest.site, tmp_path / "site")
    how.write(site)
    assert state(site) != state(honest.site)
    found = faults(site)
    assert "files" not in found
    assert bool(found) == (how.who == "check"), found
    if how.who == "verify":
        command = ("verify", site, "--model", tiny, "--sample", 99, "--input", honest.site.parent / "inputs")
        assert run(*command) in (1, 2)
        assert "Traceback" not in capsys.readouterr().err
