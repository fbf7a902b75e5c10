"""Other people's texts and models: text stays text, models stay data, and whatever is broken is one clear sentence."""

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from reporter.audit.check import Thresholds, check_site
from reporter.models.loading import source as origin
from reporter.models.loading.checkpoint import load_network
from reporter.records import twin
from reporter.records.errors import UserError
from reporter.records.evidence import Likeness, Sanities, Sanity
from reporter.records.explanation import Explanation
from reporter.records.influence import Training
from reporter.records.run import SCHEMA, Machine, Provenance, Table
from reporter.records.settings import TrustSettings
from reporter.runs.drawn_files import DrawnFile
from reporter.runs.store import Store
from reporter.site.addresses import page_path
from reporter.site.environment import visible
from reporter.site.render import draw_site
from reporter.tasks.sequence_classification import SequenceClassification
from tests import example_runs as runs
from tests.cli.test_cli import run
from tests.networks import save_network
from tests.payloads import PAYLOADS

TASK = SequenceClassification()
EVERY = pytest.mark.parametrize(
    "payloads", [PAYLOADS[::6], pytest.param(PAYLOADS, marks=pytest.mark.sweep)], ids=["some", "all"]
)


class Seen(HTMLParser):
    """The texts of a page, and the elements in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.texts, self.tags, self.properties = list[str](), set[str](), set[str]()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, what its attributes are called, and what its style sets."""
        self.tags |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        styles = [part for name, value in attrs if name == "style" for part in (value or "").split(";")]
        self.properties |= {re.sub(r"^--\d+$", "--n", part.partition(":")[0].strip()) for part in styles}

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


def stuffed(payload: str, at: int) -> Explanation:
    """A record with a payload in every place where text can stand."""
    what = runs.explanation(f"p{at}", f"film {payload} great")
    return replace_texts(what, payload, id=f"p{at}")


def replace_texts(what: Explanation, payload: str, *, id: str) -> Explanation:
    """Labels, names, rules and errors of a record with the payload in their place."""
    record = json.loads(twin.dump_record(what))
    record |= {"id": id, "source": payload, "group": payload, "label": payload, "text_pair": payload}
    record["prediction"] |= {"labels": ["NEGATIVE", payload], "label": payload}
    for section in record["sections"]:
        section["target"]["label"] = payload
        section["baseline"] |= {"label": payload}
        for one in section["attributions"]:
            one["certificate"]["rule"] = payload
        for token in section["tokens"]:
            token["text"] = payload
    return twin.load_explanation(json.dumps(record))


def failed(payload: str, at: int) -> Explanation:
    """A document that was not explained, for a reason from outside."""
    facts = {"id": f"f{at}", "source": payload, "group": payload, "text": payload, "label": payload}
    more = {"text_pair": payload, "seen": None, "prediction": None, "sections": ()}
    return Explanation(schema=SCHEMA, status="failed", error=f"Because {payload}.", **facts, **more)


def drawn(folder: Path, explanations: list[Explanation], training: Training | None = None) -> Path:
    """The site of these records."""
    with Store(runs.saved(folder / "data" / "run.sqlite", explanations, training)) as store:
        draw_site(store, folder)
    return folder


def traced(payload: str, at: int) -> Explanation:
    """A record whose training examples are a payload, long enough to be clipped, with a payload for a source."""
    what = runs.explanation(f"t{at}", "A great film.")
    found = runs.influence(text=f"{payload} {'and on ' * 60}", source=payload, label=payload, said=f"not {payload}")
    return runs.changed(what, sections=tuple(runs.changed_section(one, influence=found) for one in what.sections))


@EVERY
def test_training_examples_are_texts_wherever_they_stand(payloads, tmp_path):
    plain = drawn(
        tmp_path / "plain", [traced("word", at) for at in range(3)], runs.trained(text="word " * 60, said="other")
    )
    records = [traced(payload, at) for at, payload in enumerate(payloads)]
    suspects = tuple(one.sections[0].influence.supporting[0] for one in records if one.sections[0].influence)
    site = drawn(tmp_path / "site", records, replace(runs.trained(), suspects=suspects))
    pages = {f"documents/t{at}.html": (payload,) for at, payload in enumerate(payloads)} | {"training.html": payloads}
    allowed = {"training.html": Seen(plain / "training.html").tags}
    for name, inside in pages.items():
        seen = Seen(site / name)
        assert seen.tags <= allowed.get(name, Seen(plain / "documents" / "t1.html").tags), name
        for payload in inside:
            assert "".join(str(visible(payload)).split()) in "".join("".join(seen.texts).split()), payload
    found = check_site(site, Thresholds())
    assert not [fault for one in found if one.name in ("files", "links", "silence", "run") for fault in one.faults]


LITERAL = {"schema", "status", "claim", "verdict", "unit"}
"""The fields that hold one of a few words, and nothing of a stranger's."""


def stuff(value: Any, payload: str, name: str = "") -> Any:
    """A record, or what made a run, with a payload at the head of every string and every name: they go on matching."""
    if isinstance(value, dict):
        free = name in ("settings", "versions", "labels")
        literal = LITERAL | ({"kind"} if "values" in value or "median" in value else set())
        return {
            f"{payload} {key}" if free else key: one if key in literal else stuff(one, payload, key)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [stuff(one, payload, name) for one in value]
    if not isinstance(value, str):
        return value
    return f"{value} {payload}" if name in ("text", "text_pair") else f"{payload} {value}"


def stuffed_run(payload: str) -> Provenance:
    """What made a run, with a payload wherever text can stand, as a stranger may have written it."""
    likeness = Likeness(change="the head", mean=0.7, low=0.6, high=0.8)
    changes = {"randomised": (likeness,), "repeat": likeness, "target": likeness, "order": likeness}
    sanity = Sanity(method=runs.METHODS[-1], flags=("It does not repeat.",), **changes)  # type: ignore[arg-type]
    made = replace(
        runs.provenance("standard"),
        machine=Machine(processor="A", instructions="AVX", library="MKL", mkl_cbwr="AUTO", batch_invariant=True),
        tables=(Table(source="rows.csv", text="text", pair="pair", label="label", rows=3, blank=0, delimiter=","),),
        sanity=Sanities(texts=("full",), methods=(sanity,)),
        training=runs.trained(),
    )
    made = replace(made, model=replace(made.model, unused=("pooler.weight",)))
    stuffed = msgspec.convert(stuff(msgspec.to_builtins(made), payload), Provenance)
    return replace(stuffed, theme="")  # a theme that is none is refused before anything is drawn


def stuffed_site(folder: Path, payload: str) -> Path:
    """A site of one record that has everything, of which every text is a payload."""
    record = stuff(json.loads(twin.dump_record(runs.full())), payload) | {"id": "full"}
    path = runs.saved(folder / "data" / "run.sqlite", [twin.load_explanation(json.dumps(record))])
    with Store(path) as store:
        store.describe(stuffed_run(payload))
        store.arrange(store.keys())
        draw_site(store, folder)
    return folder


GROUPS = [" ".join(PAYLOADS[at::6]) for at in range(6)]


@pytest.mark.parametrize("payload", [*GROUPS, *(pytest.param(one, marks=pytest.mark.sweep) for one in PAYLOADS)])
def test_whatever_a_run_says_of_itself_is_text(payload, tmp_path):
    plain = stuffed_site(tmp_path / "plain", re.sub(r"\S", "w", payload))  # as long, so that as much is folded away
    site = stuffed_site(tmp_path / "site", payload)
    pages = sorted(path.relative_to(plain) for path in plain.rglob("*.html"))
    assert pages == sorted(path.relative_to(site) for path in site.rglob("*.html"))
    assert not twin.load_run((site / "data" / "run.json").read_bytes()).undrawn
    shown = "".join(str(visible(payload)).split())
    for page in pages:
        seen, usual = Seen(site / page), Seen(plain / page)
        assert seen.tags <= usual.tags, page
        assert seen.properties <= usual.properties, page
        if page.name in ("provenance.html", "methods.html", "training.html", "full.html"):
            assert shown in "".join("".join(seen.texts).split()), page
    found = check_site(site, Thresholds())
    assert not [fault for one in found if one.name in ("files", "links", "silence", "run") for fault in one.faults]


@EVERY
def test_payloads_are_texts_in_every_place(payloads, tmp_path):
    plain = drawn(
        tmp_path / "plain", [make(f"word{at}", at) for at in range(len(payloads)) for make in (stuffed, failed)]
    )
    allowed = {name: Seen(plain / name).tags for name in ("documents/p0.html", "documents/f0.html", "index.html")}
    records = [make(payload, at) for at, payload in enumerate(payloads) for make in (stuffed, failed)]
    site = drawn(tmp_path / "site", records)
    for at, payload in enumerate(payloads):
        for kind in "pf":
            seen = Seen(site / f"documents/{kind}{at}.html")
            assert seen.tags <= allowed["documents/p0.html"] | allowed["documents/f0.html"], payload
            shown = str(visible(payload)).split()
            assert " ".join(shown) in " ".join("".join(seen.texts).split()), payload
    assert Seen(site / "index.html").tags <= allowed["index.html"]
    faults = [
        fault
        for one in check_site(site, Thresholds())
        if one.name in ("files", "links", "silence", "run")
        for fault in one.faults
    ]
    assert faults == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_text_is_a_text(text, tmp_path_factory):
    site = drawn(tmp_path_factory.mktemp("any"), [failed(text, 0)])
    seen = Seen(site / "documents" / "f0.html")
    assert "".join(str(visible(f"Because {text}.")).split()) in "".join("".join(seen.texts).split())
    assert not {"script", "img", "iframe", "object", "embed", "base"} & seen.tags


@given(names=st.lists(st.text(max_size=300), min_size=1, max_size=6))
def test_no_id_leads_out_of_the_site(names):
    id = "/".join(names)
    path = page_path(id)
    assert path.startswith("documents/")
    assert ".." not in path.split("/")
    assert all(len(part.encode("utf-8", "replace")) <= 255 for part in path.split("/"))


def test_a_hostile_folder_is_read_built_and_shown_and_nothing_is_lost(tiny, tmp_path, capfd):
    inputs, site = tmp_path / "inputs", tmp_path / "site"
    inputs.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inputs / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inputs / "loop").symlink_to(inputs)
    (inputs / ("n" * 250 + ".txt")).write_text("film")
    for name in ("CON", "a\x1b[31m", "x<b>y", "A", "a", "%2e%2e", "index"):
        (inputs / f"{name}.txt").write_text("film")
    rows = [{"id": payload, "text": f"film {payload}", "label": payload} for payload in PAYLOADS[:20]]
    rows += [
        {"id": name, "text": "film"}
        for name in ("../../x", "/etc/x", "a/../../../b", "..", ".", "", "C:\\x", "x" * 400)
    ]
    (inputs / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    before = {path for path in tmp_path.rglob("*") if site not in path.parents}
    assert run("build", inputs, "-o", site, "--model", tiny, "--methods", "gradient") == 1
    said = capfd.readouterr()
    assert "\x1b" not in said.out + said.err
    assert {path for path in tmp_path.rglob("*") if site not in path.parents} - {site} == before
    lines = [json.loads(line) for line in (site / "data" / "documents.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == len(rows) + 10
    assert not any("secret" in line["text"] for line in lines)
    assert {line["text"] for line in lines} >= {row["text"] for row in rows}
    assert not any(one.faults for one in check_site(site, Thresholds()))


# Models


def edit_json(path: Path, **facts: object) -> None:
    """Put other facts into a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **facts}))


def edit_weight(folder: Path, change) -> None:
    """Change the weights of a model."""
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def lose_head(folder: Path) -> None:
    edit_weight(folder, lambda weights: weights.pop("classifier.weight"))


def to_pickle(folder: Path) -> None:
    """Have the weights as a pickle only."""
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def bring_code(folder: Path) -> None:
    """A model with code of its own, which leaves a mark if it is run."""
    (folder / "own.py").write_text(
        f"open({str(folder / 'ran')!r}, 'w').close()\n"
        "from transformers import BertConfig, BertForSequenceClassification\n"
        "class OwnConfig(BertConfig):\n    model_type = 'own'\n"
        "class OwnForSequenceClassification(BertForSequenceClassification):\n    config_class = OwnConfig\n"
    )
    names = {"AutoConfig": "own.OwnConfig", TASK.head: "own.OwnForSequenceClassification"}
    edit_json(folder / "config.json", model_type="own", auto_map=names, architectures=["OwnForSequenceClassification"])


BROKEN = {
    "weights that are no numbers": (
        lambda folder: edit_weight(folder, lambda weights: weights["classifier.bias"].fill_(float("nan"))),
        "its weight classifier.bias holds values that are not finite",
    ),
    "infinite weights": (
        lambda folder: edit_weight(folder, lambda weights: weights["classifier.bias"].fill_(float("inf"))),
        "not finite",
    ),
    "no head": (lose_head, "it has no classifier.weight, and these would be made up"),
    "a pickle": (to_pickle, "pytorch_model.bin.*--allow-pickle"),
    "code": (bring_code, "brings code of its own; give --trust-remote-code"),
    "a kernel": (
        lambda folder: edit_json(folder / "config.json", _attn_implementation="someone/kernel"),
        "someone/kernel.*--trust-remote-code",
    ),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "There are no weights in"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "There is no model in"),
    "a config that is a list": (lambda folder: (folder / "config.json").write_text("[]"), "cannot be read"),
    "a config without a type": (lambda folder: (folder / "config.json").write_text("{}"), "cannot be read"),
    "an unknown type": (lambda folder: edit_json(folder / "config.json", model_type="never"), "cannot be read"),
    "heads that do not divide": (
        lambda folder: edit_json(folder / "config.json", num_attention_heads=5),
        "cannot be read",
    ),
    "another width": (lambda folder: edit_json(folder / "config.json", hidden_size=64), "does not fit its config"),
    "a quantisation": (
        lambda folder: edit_json(folder / "config.json", quantization_config={"quant_method": "gptq", "bits": 4}),
        "cannot be read",
    ),
    "labels that are a list": (lambda folder: edit_json(folder / "config.json", id2label=["a", "b"]), "model in"),
    "weights that are text": (lambda folder: (folder / "model.safetensors").write_text("weights"), "cannot be read"),
    "a tokenizer that is text": (lambda folder: (folder / "tokenizer.json").write_text("pieces"), "no tokenizer"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_model_that_is_more_or_less_than_data_is_refused(kind, tmp_path):
    folder = save_network(tmp_path / "model")
    spoil, sentence = BROKEN[kind]
    spoil(folder)
    with pytest.raises(UserError, match=sentence):
        load_network(str(folder), task=TASK, device="cpu")
    assert not (folder / "ran").exists()


def test_what_is_trusted_by_name_is_read(tmp_path):
    folder = save_network(tmp_path / "pickle")
    usual = load_network(str(folder), task=TASK, device="cpu")
    to_pickle(folder)
    found = load_network(str(folder), task=TASK, device="cpu", trust=TrustSettings(pickle=True))
    assert all(
        torch.equal(one, other) for one, other in zip(usual.model.parameters(), found.model.parameters(), strict=True)
    )
    assert found.facts.fingerprint != usual.facts.fingerprint
    lose_head(save_network(tmp_path / "headless"))
    made_up = [
        load_network(str(tmp_path / "headless"), task=TASK, device="cpu", trust=TrustSettings(untrained_head=True))
        for _ in "ab"
    ]
    assert torch.equal(made_up[0].model.classifier.weight, made_up[1].model.classifier.weight)


def test_a_pickle_that_runs_code_runs_none_even_where_pickles_are_trusted(tmp_path):
    folder = save_network(tmp_path / "evil")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch " + str(folder / "ran").encode() + b"'\ntR.")
    for trust in (TrustSettings(), TrustSettings(pickle=True)):
        with pytest.raises(UserError):
            load_network(str(folder), task=TASK, device="cpu", trust=trust)
    assert not (folder / "ran").exists()


def test_the_provenance_page_warns_of_what_was_trusted(tmp_path):
    folder = save_network(tmp_path / "model")
    to_pickle(folder)
    (tmp_path / "a.txt").write_text("film")
    command = ("build", tmp_path / "a.txt", "-o", tmp_path / "site", "--model", folder, "--methods", "gradient")
    assert run(*command, "--allow-pickle", "--trust-remote-code") == 0
    page = (tmp_path / "site" / "provenance.html").read_text("utf-8")
    warnings = [line for line in page.splitlines() if line.startswith('<p class="bad">')]
    assert len(warnings) == 2
    assert "Code that came with the model was run" in warnings[0]
    assert "--allow-pickle" in "".join(Seen(tmp_path / "site" / "provenance.html").texts)
    assert "--offline False" not in page


def test_code_is_run_where_it_is_trusted_and_the_page_says_so(tmp_path):
    folder = save_network(tmp_path / "model")
    bring_code(folder)
    (tmp_path / "a.txt").write_text("film")
    command = ["build", tmp_path / "a.txt", "-o", tmp_path / "site", "--model", folder, "--methods", "gradient"]
    code = "from reporter.cli.commands import main; main()"
    for more, expected in ((), 2), (("--trust-remote-code",), 0):
        done = subprocess.run(
            [sys.executable, "-c", code, *command, *more],
            capture_output=True,
            check=False,
            env={**os.environ, "HF_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert done.returncode == expected, done.stderr.decode()
        assert (folder / "ran").exists() == (expected == 0)
    assert '<p class="bad"><b>Code that came' in (tmp_path / "site" / "provenance.html").read_text("utf-8")


def test_nothing_is_fetched_where_offline_is_said(monkeypatch, tmp_path):
    import huggingface_hub

    def fetch(*_: object, **options: object) -> str:
        if options.get("local_files_only"):
            raise FileNotFoundError("not here")
        pytest.fail("fetched")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    with pytest.raises(UserError, match="--offline forbids"):
        origin.find_checkpoint("nobody/nothing", TrustSettings(offline=True))
    assert origin.find_checkpoint(str(tmp_path), TrustSettings()) == tmp_path


def test_only_what_is_trusted_is_ever_fetched():
    assert not {"*.py", "*.bin"} & set(origin.list_patterns(TrustSettings()))
    assert {"*.py", "*.bin"} <= set(origin.list_patterns(TrustSettings(pickle=True, remote_code=True)))


def test_a_file_that_was_not_touched_is_not_read_again(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text("{}")
    sums = origin.hash_checkpoint(tmp_path, TrustSettings())
    with monkeypatch.context() as patch:
        patch.setattr(origin, "hash_file", lambda _: pytest.fail("read again"))
        assert (
            origin.hash_checkpoint(
                tmp_path, TrustSettings(), origin.load_hashes(tmp_path, origin.dump_hashes(tmp_path, sums))
            )
            == sums
        )
    assert origin.load_hashes(tmp_path / "elsewhere", origin.dump_hashes(tmp_path, sums)) == {}
    (tmp_path / "config.json").write_text("[]")
    assert origin.fingerprint(origin.hash_checkpoint(tmp_path, TrustSettings(), sums)) != origin.fingerprint(sums)


# Whatever is broken, at random


def mutate(content: bytes, draws: random.Random) -> bytes:
    """Bytes with something lost, added, repeated, turned or made absurd."""
    at = draws.randrange(len(content) + 1)
    kind = draws.randrange(6)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + draws.randbytes(draws.randrange(1, 30)) + content[at:]
    if kind == 2:
        return content[:at] + content[at : at + 40] * 3 + content[at + 40 :]
    if kind == 3:
        return bytes(byte ^ (1 << draws.randrange(8)) if draws.random() < 0.01 else byte for byte in content)
    if kind == 4:
        numbers = [place for place, byte in enumerate(content[:4000]) if 48 <= byte <= 57]
        place = draws.choice(numbers) if numbers else 0
        return (
            content[:place]
            + draws.choice([b"-1", b"0", b"99999", b"1e999", b"null", b'"x"', b"[]"])
            + content[place + 1 :]
        )
    return content[at:] + content[:at]


def mutate_config(content: bytes, draws: random.Random) -> bytes:
    """A JSON object with one value replaced or lost."""
    facts = json.loads(content)
    name = draws.choice(sorted(facts))
    odd = [
        None,
        -1,
        0,
        1,
        3,
        2.5,
        10**6,
        "x",
        [],
        {},
        True,
        "../../x",
        "\x1b[31m",
        {"a": "b"},
        ["a"],
        "relu",
        float("1e30"),
    ]
    facts[name] = draws.choice(odd)
    if draws.random() < 0.2:
        del facts[name]
    return json.dumps(facts).encode()


def break_model(folder: Path, draws: random.Random) -> None:
    """Spoil one file of a model."""
    path = draws.choice(sorted(path for path in folder.iterdir() if path.is_file()))
    if path.name in ("config.json", "tokenizer_config.json") and draws.random() < 0.8:
        path.write_bytes(mutate_config(path.read_bytes(), draws))
    elif draws.random() < 0.05:
        path.unlink()
    else:
        path.write_bytes(mutate(path.read_bytes(), draws))


def assert_borne(command: tuple[object, ...], capfd: pytest.CaptureFixture[str], what: object) -> None:
    """The command ends by an exit code and says no traceback, whatever it was given."""
    assert run(*command) in (0, 1, 2), what
    said = capfd.readouterr()
    assert "Traceback" not in said.err, what
    assert "\x1b" not in said.err + said.out, what


MODELS = [*range(12), *(pytest.param(seed, marks=pytest.mark.sweep) for seed in range(12, 200))]


@pytest.mark.parametrize("seed", MODELS)
@pytest.mark.filterwarnings("ignore")
def test_a_mutated_model_is_borne(seed, tiny, tmp_path, capfd):
    draws = random.Random(seed)
    model = shutil.copytree(tiny, tmp_path / "model")
    break_model(model, draws)
    (tmp_path / "a.txt").write_text("The film is not great.")
    command = ("build", tmp_path / "a.txt", "-o", tmp_path / "site", "--model", model, "--max-evaluations", 9)
    assert_borne(command, capfd, seed)


INPUTS = [*range(3), *(pytest.param(seed, marks=pytest.mark.sweep) for seed in range(3, 100))]


@pytest.mark.parametrize("seed", INPUTS)
def test_mutated_inputs_are_borne(seed, tiny, tmp_path, capfd):
    draws, samples = random.Random(seed), Path(__file__).parents[2] / "sample_inputs"
    kinds = [path for path in sorted(samples.rglob("*")) if path.is_file()]
    tables = [
        b"id,text,label\na,film,x\nb,dull,y\n",
        b'{"text": "film", "id": "a"}\n{"text": "dull"}\n',
        b"path,label\n0.txt,x\n",
    ]
    for at in range(10):
        source = draws.choice(kinds)
        content = draws.choice([source.read_bytes()[:300], *tables])
        name = draws.choice([f"{at}.txt", f"{at}.csv", f"{at}.jsonl", f"{at}.tsv", f"{at}/labels.csv", f"{at}.md"])
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(mutate(content, draws))
    command = ("build", tmp_path / "in", "-o", tmp_path / "site", "--model", tiny, "--methods", "gradient")
    assert_borne(command, capfd, seed)
    if (tmp_path / "site" / "index.html").exists():
        assert not any(one.faults for one in check_site(tmp_path / "site", Thresholds())), seed


RUNS = [*range(10), *(pytest.param(seed, marks=pytest.mark.sweep) for seed in range(10, 100))]


@pytest.mark.parametrize("seed", RUNS)
def test_a_mutated_run_is_borne(seed, tmp_path, capfd):
    draws = random.Random(seed)
    path = runs.saved(tmp_path / "run.sqlite", runs.every_kind())
    if seed % 2:
        content = bytearray(path.read_bytes())
        for _ in range(20):
            content[draws.randrange(len(content))] = draws.randrange(256)
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as database:
            rows = database.execute("select key, line from explanations").fetchall()
            key, line = draws.choice(rows)
            broken = mutate(line.encode(), draws)
            database.execute("update explanations set line = ? where key = ?", (broken.decode("utf-8", "replace"), key))
        database.close()
    assert_borne(("render", path, "-o", tmp_path / "site"), capfd, seed)
    assert_borne(("verify", path, "--model", "embedded"), capfd, seed)


def test_a_run_that_remembers_files_outside_takes_none_away(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    path = runs.saved(tmp_path / "run.sqlite", runs.every_kind())
    with Store(path) as store:
        ledger = store.ledger()
        assert list(ledger.list_before()) == []
        for name in ("../outside.txt", str(outside), "documents/../../outside.txt", "data/run.sqlite", "old.html"):
            ledger.add(name, DrawnFile("", "", 4, 0))
        store.remember(ledger, digest="")
    (tmp_path / "site").mkdir()
    assert run("render", path, "-o", tmp_path / "site") == 0
    assert outside.read_text() == "mine"
    assert (tmp_path / "site" / "data" / "run.sqlite").is_file()
    assert not any(one.faults for one in check_site(tmp_path / "site", Thresholds()) if one.name == "files")
