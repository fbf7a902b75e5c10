"""A method that fails on one text costs that method there, and a part of a summary that fails costs that part."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.audit.check import Thresholds, check_site
from reporter.audit.findings import Verified
from reporter.audit.recomputed.records import find_faults
from reporter.audit.verify import Sample, choose_settings, verify_run
from reporter.evidence.randomization import examine_methods
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.methods.occlusion import Occlusion
from reporter.models.memory import is_out_of_memory
from reporter.records import twin
from reporter.records.run import Run
from reporter.records.settings import Settings
from reporter.site.addresses import page_path
from tests import example_runs as runs
from tests.cli.test_cli import run
from tests.conftest import encoded, prepared
from tests.networks import TEXTS
from tests.site.test_render import Page, site_of

METHODS = ("attention", "gradient", "integrated_gradients", "occlusion")
ASKED = ",".join(METHODS)
HIT = 1  # the text on which a method fails
WORDS = "index 7 is out of <b>range</b>\x1b[31m \udc80" + "x" * 1_000
KINDS = {Occlusion: "occlusion", IntegratedGradients: "integrated_gradients"}


def spoil(monkeypatch: pytest.MonkeyPatch, kind: type, words: int, error: Exception) -> None:
    """Let a method raise wherever it is shown a text of so many words."""
    usual = kind.attribute

    def attribute(self, batches):
        if any(max(row) + 1 == words for cases in batches for row in cases.words.tolist()):
            raise error
        return usual(self, batches)

    monkeypatch.setattr(kind, "attribute", attribute)


def count_words(attribute, text: str) -> int:
    (one,) = encoded(attribute, text)
    return 1 + max(token.word for token in one.tokens if token.word is not None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("evidence", ["quick", "full"])
def test_the_others_stay_and_so_do_its_scores_of_other_texts(tiny, monkeypatch, kind, evidence):
    attribute = prepared(tiny, methods=METHODS, evidence=evidence, max_evaluations=40)
    documents = encoded(attribute, *TEXTS)
    usual = attribute(documents)
    spoil(monkeypatch, kind, count_words(attribute, TEXTS[HIT]), IndexError(WORDS))
    found = attribute(documents)
    name = KINDS[kind]
    for place, (one, before) in enumerate(zip(found, usual, strict=True)):
        (section,), (whole,) = one.sections, before.sections
        kept = [each for each in whole.attributions if place != HIT or each.method != name]
        assert [each.method for each in section.attributions] == [each.method for each in kept]
        for each, other in zip(section.attributions, kept, strict=True):
            assert each.scores == pytest.approx(other.scores, rel=1e-4, abs=1e-6)
        assert [each.method for each in section.omissions] == [name] * (place == HIT)
        assert all(name not in (pair.a, pair.b) for pair in section.agreement) == (place == HIT)
    reason = found[HIT].sections[0].omissions[0].reason
    assert reason.startswith("It failed on this text: “index 7 is out of <b>range</b>\\x1b[31m \\udc80xxx")
    assert len(reason) < 400
    assert reason.isprintable()


def test_a_text_that_no_method_explains_is_not_explained(tiny, monkeypatch):
    attribute = prepared(tiny, methods=("occlusion",), evidence="full")
    spoil(monkeypatch, Occlusion, count_words(attribute, TEXTS[HIT]), TypeError("no number"))
    found = attribute(encoded(attribute, *TEXTS))
    assert [one.status for one in found] == ["explained", "failed", "explained", "explained"]
    assert found[HIT].error == "Every method failed on this text; occlusion first. It failed on this text: “no number”."


@pytest.mark.parametrize("error", [MemoryError("none left"), RuntimeError("CUDA out of memory")])
def test_memory_that_runs_out_is_no_matter_of_one_method(tiny, monkeypatch, error):
    attribute = prepared(tiny, methods=METHODS, evidence="none")
    assert is_out_of_memory(error)
    spoil(monkeypatch, Occlusion, count_words(attribute, TEXTS[HIT]), error)
    found = attribute(encoded(attribute, *TEXTS))
    assert [one.status for one in found] == ["explained", "failed", "explained", "explained"]


def test_scores_that_are_no_numbers_are_no_scores(tiny, monkeypatch):
    usual = Occlusion.attribute
    monkeypatch.setattr(
        Occlusion,
        "attribute",
        lambda self, batches: [replace(one, values=one.values / 0) for one in usual(self, batches)],
    )
    made = prepared(tiny, methods=METHODS, evidence="none")
    (found,) = made(encoded(made, TEXTS[0]))
    assert "not one number for each token" in found.sections[0].omissions[0].reason


def test_sanity_checks_pass_over_what_fails(tiny, monkeypatch):
    attribute = prepared(tiny, methods=METHODS, evidence="standard")
    spoil(monkeypatch, Occlusion, count_words(attribute, TEXTS[HIT]), AttributeError("nothing there"))
    found = examine_methods(attribute.explainer, attribute.methods, encoded(attribute, *TEXTS))
    assert [one.repeat.mean for one in found.methods] == [1.0] * len(METHODS)


@pytest.fixture(scope="module")
def lapsed(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site over four texts of which occlusion failed on one, built by the command."""
    folder = tmp_path_factory.mktemp("lapsed")
    (folder / "in").mkdir()
    for at, text in enumerate(TEXTS):
        (folder / "in" / f"{at}.txt").write_text(text)
    attribute = prepared(tiny, methods=METHODS)
    with pytest.MonkeyPatch.context() as patch:
        spoil(patch, Occlusion, count_words(attribute, TEXTS[HIT]), IndexError("out of <b>range</b>"))
        made = ["build", str(folder / "in"), "-o", str(folder / "site"), "--model", str(tiny), "--methods", ASKED]
        assert run(*made) == 1
        assert run(*made) == 1  # and again where nothing is measured
    return folder


def test_the_pages_and_the_twin_say_so(lapsed):
    site = lapsed / "site"
    lines = [twin.load_explanation(line) for line in (site / "data" / "documents.jsonl").read_text().splitlines()]
    assert [len(one.sections[0].omissions) for one in lines] == [0, 1, 0, 0]
    told = twin.load_run((site / "data" / "run.json").read_bytes()).summary
    assert [(one.id, one.method) for one in told.lapses] == [(lines[HIT].id, "occlusion")]
    assert told.failed == 0
    text = Page(site / page_path(lines[HIT].id)).text
    assert "Occlusion has no scores here. It failed on this text: “out of <b>range</b>”." in " ".join(text.split())
    assert "has no scores here" not in Page(site / page_path(lines[0].id)).text
    assert "Occlusion: It failed on this text" in Page(site / "index.html").text
    assert "It failed on 1 text." in Page(site / "methods.html").text


def test_check_passes_and_a_lapse_without_reason_does_not(lapsed):
    site = lapsed / "site"
    assert [fault for found in check_site(site, Thresholds()) for fault in found.faults] == []
    lines = (site / "data" / "documents.jsonl").read_text().splitlines()
    one, made = twin.load_explanation(lines[HIT]), twin.load_run((site / "data" / "run.json").read_bytes())
    assert list(find_faults(one, made)) == []
    (section,) = one.sections
    for gone in ((), (*section.omissions, *section.omissions), (replace(section.omissions[0], reason=""),)):
        forged = replace(one, sections=(replace(section, omissions=gone),))
        assert list(find_faults(forged, made))


def test_verify_finds_that_the_method_does_not_fail(lapsed, tiny):
    path = lapsed / "site" / "data" / "run.sqlite"
    settings = choose_settings(path, Settings(model=str(tiny)))
    found = [one for one in verify_run(path, settings, Sample(4)) if isinstance(one, Verified)]
    differ = [one for one in found if one.differences]
    assert len(differ) == 1, [one.differences for one in found]


def read(site: Path) -> Run:
    return twin.load_run((site / "data" / "run.json").read_bytes())


PARTS = {
    "certificates": ("reporter.summary.corpus.Certified.record", "Do the scores add up?"),
    "agreement": ("reporter.summary.corpus.Pair.add", "Do methods agree?"),
    "diagnostics": ("reporter.summary.corpus.Diagnosed.record", "Deletion and human annotation"),
    "answers": ("reporter.summary.grading.GradeCount.accuracy", "Is the model right?"),
    "checks": ("reporter.summary.slices.check_text", "Results by group"),
    "words": ("reporter.summary.parts.list_pushes", "Words with the largest average effect"),
}
KEPT = {
    "certificates": "verdicts",
    "agreement": "agreement",
    "diagnostics": "diagnostics",
    "answers": "accuracy",
    "checks": "slices",
    "words": "pushes",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_summary_that_fails_costs_that_part(part, tmp_path, monkeypatch):
    place, title = PARTS[part]

    def break_off(*_given, **_named):
        raise ZeroDivisionError("float division by zero")

    texts = (*runs.every_kind(), *(runs.explanation(f"again/{at}") for at in range(5)))
    whole = read(site_of(tmp_path / "whole", texts)).summary
    assert all(getattr(whole, name) for name in KEPT.values())
    monkeypatch.setattr(place, break_off)
    site = site_of(tmp_path / "site", texts)
    told = read(site)
    assert [gap.part for gap in told.summary.gaps] == [part]
    assert not told.is_whole
    for other, name in KEPT.items():
        if other == part:
            assert not getattr(told.summary, name)
        else:
            assert getattr(told.summary, name) == getattr(whole, name)
    sentence = "This could not be summed up over all texts: “float division by zero”."
    assert f"{title}{sentence}" in Page(site / "index.html").text.replace("\n", "")
    faults = [fault for found in check_site(site, Thresholds()) for fault in found.faults if found.name == "pages"]
    assert faults == []


def test_methods_stand_in_the_order_of_the_run_also_where_the_first_text_has_not_all():
    kinds = [one for one in runs.every_kind() if one.sections]
    first = kinds[0]
    less = runs.changed(first, sections=(replace(first.sections[0], attributions=first.sections[0].attributions[1:]),))
    from reporter.summary.run_summary import summarise

    names = [one.method for one in first.sections[0].attributions]
    summary, _ = summarise([less, *kinds[1:]], names)
    assert [one.method for one in summary.verdicts] == names


def test_explanations_are_of_this_version(lapsed: Path) -> None:
    """A copy of the site, drawn again, is the same."""
    copy = lapsed / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    assert run("render", str(lapsed / "site"), "-o", str(copy)) == 0
    for path in ("index.html", "methods.html", "data/run.json"):
        assert (copy / path).read_bytes() == (lapsed / "site" / path).read_bytes()
