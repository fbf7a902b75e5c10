"""The page that says what made the run, and the page of addresses that lead nowhere."""

import shlex
from dataclasses import dataclass

from reporter.records import HELP, Run, Setting, Settings
from reporter.site.pages.frame import Frame, frame
from reporter.site.theme import read_theme
from reporter.site.wording import date, list_names

_DEFAULTS = Settings().saved()
_ALIKE = {True: "yes, as measured", False: "no, as measured", None: "not measured"}
_WARNINGS = {
    "trust_remote_code": "Code that came with the model was run (--trust-remote-code). It could change any number.",
    "allow_pickle": "The weights may come from a pickle file (--allow-pickle), which can run its author’s code.",
    "allow_untrained_head": "The answer may come from weights that were never trained (--allow-untrained-head).",
}
_UNUSED = "weights in the model’s files that its architecture does not use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name, its value, what it means, and whether it was chosen against the default."""

    name: str
    value: str
    meaning: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenancePage:
    """The model, the settings, the versions, and the command that makes the run again."""

    frame: Frame
    model: tuple[Fact, ...]
    settings: tuple[Fact, ...]
    versions: tuple[Fact, ...]
    warnings: tuple[str, ...]
    command: str
    created: str
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFoundPage:
    """What is shown for an address that leads nowhere, from any depth."""

    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class UndrawnPage:
    """What is shown in the place of a page that could not be drawn, with the sentence that says why."""

    frame: Frame
    failure: str


def undrawn_page(run: Run, failure: str) -> UndrawnPage:
    """The page in the place of one that could not be drawn."""
    return UndrawnPage(frame=frame(run, "Not drawn"), failure=failure)


def provenance_page(run: Run) -> ProvenancePage:
    """The provenance page of a run."""
    return ProvenancePage(
        frame=frame(run, "Provenance"),
        model=tuple(_model(run)),
        settings=tuple(_setting(name, value) for name, value in run.settings.items()),
        versions=tuple(Fact(name=name, value=version) for name, version in run.versions.items()),
        warnings=tuple(said for name, said in _WARNINGS.items() if run.settings.get(name)),
        command=_command(run.settings) + (" \\\n  --theme FILE" if run.theme else ""),
        created=date(run.created),
        promise="" if run.machine is None else run.machine.promise,
    )


def not_found_page(run: Run) -> NotFoundPage:
    """The page for addresses that lead nowhere."""
    return NotFoundPage(frame=frame(run, "Not found"))


def _model(run: Run) -> list[Fact]:
    model, themed = run.model, read_theme(run.theme).names
    return [
        Fact(name="Model", value=model.id),
        Fact(name="Fingerprint", value=model.fingerprint, meaning="of weights, configuration and tokenizer"),
        Fact(name="Architecture", value=model.architecture),
        Fact(name="Labels", value=", ".join(model.labels)),
        Fact(name="Tokenizer", value=model.tokenizer),
        Fact(name="Vocabulary", value=f"{model.vocabulary:,} tokens"),
        Fact(name="Parameters", value=f"{model.parameters:,}"),
        Fact(name="Layers", value=f"{model.layers:,}"),
        *([Fact(name="Unused weights", value=list_names(model.unused, 20), meaning=_UNUSED)] if model.unused else []),
        Fact(name="Longest text", value=f"{model.limit:,} tokens"),
        Fact(name="Device", value=run.device),
        *_machine(run),
        Fact(name="Number format", value=run.dtype),
        Fact(name="Inputs last changed", value=run.created, meaning="or SOURCE_DATE_EPOCH; not the time of the build"),
        *([Fact(name="Input", value=run.input, meaning="the folder or file that was explained")] if run.input else []),
        *([Fact(name="Theme", value=", ".join(themed), meaning="set by --theme, not by us")] if themed else []),
    ]


def _machine(run: Run) -> list[Fact]:
    """What computed, as far as a run tells it."""
    machine = run.machine
    if machine is None:
        return []
    setting = f", MKL_CBWR={machine.mkl_cbwr}" if machine.mkl_cbwr else ""
    return [
        Fact(name="Processor", value=f"{machine.processor} ({machine.instructions})"),
        Fact(name="Matrix products", value=f"{machine.library}{setting}"),
        Fact(
            name="Batch invariance",
            value=_ALIKE[machine.batch_invariant],
            meaning="whether a text gets the same numbers, to the last bit, in any batch",
        ),
    ]


def _setting(name: str, value: Setting) -> Fact:
    changed = name in _DEFAULTS and value != _DEFAULTS[name]
    return Fact(name=_option(name), value=_value(value), meaning=HELP.get(name, ""), changed=changed)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _value(value: Setting) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == ():
        return "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _command(settings: dict[str, Setting]) -> str:
    lines = ["salience-report build INPUT -o SITE"]
    for name, value in settings.items():
        if name in HELP and value is True:
            lines.append(_option(name))
        elif name in HELP and value is not None and value is not False and value != ():
            words = ",".join(value) if isinstance(value, tuple) else str(value)
            lines.append(shlex.join([_option(name), words]))
    return " \\\n  ".join(lines)
