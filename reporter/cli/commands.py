"""The command line: parses, calls and prints; torch is imported only inside the commands that measure."""

import sqlite3
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.rich_utils import rich_format_error

from reporter import __version__
from reporter.cli.configuration import check_trusted, read_config
from reporter.cli.interrupt import deferred
from reporter.cli.site_commands import THEME, check, export, render, serve, verify
from reporter.cli.terminal import say, show_lines, show_outcome, show_progress, show_times, warn
from reporter.documents import Corpus, read_corpus, read_intake
from reporter.influence import ABOUT
from reporter.records import EMBEDDED, HELP, Settings, UserError, escape_line, read_names, split_names, twin
from reporter.runs import (
    AUTO,
    Stopwatch,
    Store,
    choose_task,
    count_vectors,
    renew_run,
    tell_task,
    trace_run,
)
from reporter.site import hold_folder, load_theme

_DEFAULT = Settings()
_MISTAKE: Any = typer.BadParameter.__bases__[0]  # any mistake in the words of a command line

app = typer.Typer(
    name="salience-report",
    help="A folder of texts becomes a static site that shows why a transformer text model said what it said.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; what the user can put right is one sentence on standard error and exit code 2."""
    try:
        sys.exit(app(standalone_mode=False))
    except _MISTAKE as error:
        sentence = escape_line(error.format_message())
        error.format_message = lambda: sentence
        rich_format_error(error)
        sys.exit(error.exit_code)
    except (UserError, sqlite3.DatabaseError) as error:
        prefix = "" if isinstance(error, UserError) else "The saved run is broken; remove its site and build it anew: "
        warn(f"salience-report: {prefix}{error}")
        sys.exit(2)


def _option(name: str, **more: Any) -> Any:  # noqa: ANN401, what Typer takes
    switch = [f"--{name.replace('_', '-')}"] if isinstance(getattr(_DEFAULT, name), bool) else []
    return typer.Option(*switch, help=HELP[name], **more)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        say(f"salience-report {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=lambda on: _print_version(wanted=on)),
    ] = False,
) -> None:
    pass


@app.command()
def build(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A folder of texts and tables, or one file: .txt, .md, .csv, .tsv, .jsonl, .ndjson, .json.",
        ),
    ],
    site: Annotated[Path, typer.Option("--output", "-o", metavar="SITE", help="The folder to write the site to.")],
    model: Annotated[str, _option("model")] = _DEFAULT.model,
    task: Annotated[str, _option("task")] = _DEFAULT.task,
    mask_word: Annotated[str | None, _option("mask_word")] = _DEFAULT.mask_word,
    text_column: Annotated[str | None, _option("text_column")] = _DEFAULT.text_column,
    pair_column: Annotated[str | None, _option("pair_column")] = _DEFAULT.pair_column,
    label_column: Annotated[str | None, _option("label_column")] = _DEFAULT.label_column,
    labels: Annotated[str, _option("labels")] = "",
    methods: Annotated[str, _option("methods")] = ",".join(_DEFAULT.methods),
    target: Annotated[str, _option("target")] = _DEFAULT.target,
    against: Annotated[str | None, _option("against")] = _DEFAULT.against,
    baseline: Annotated[str, _option("baseline")] = _DEFAULT.baseline,
    tolerance: Annotated[float, _option("tolerance", min=1e-9, max=1.0)] = _DEFAULT.tolerance,
    max_evaluations: Annotated[int, _option("max_evaluations", min=3, max=100_000)] = _DEFAULT.max_evaluations,
    samples: Annotated[int, _option("samples", min=8, max=1_000_000)] = _DEFAULT.samples,
    evidence: Annotated[str, _option("evidence")] = _DEFAULT.evidence,
    training_data: Annotated[str | None, _option("training_data")] = _DEFAULT.training_data,
    checkpoints: Annotated[str, _option("checkpoints")] = "",
    seed: Annotated[int, _option("seed", min=0)] = _DEFAULT.seed,
    batch_tokens: Annotated[int | None, _option("batch_tokens", min=1)] = _DEFAULT.batch_tokens,
    device: Annotated[str, _option("device")] = _DEFAULT.device,
    dtype: Annotated[str, _option("dtype")] = _DEFAULT.dtype,
    offline: Annotated[bool, _option("offline")] = _DEFAULT.offline,
    allow_pickle: Annotated[bool, _option("allow_pickle")] = _DEFAULT.allow_pickle,
    trust_remote_code: Annotated[bool, _option("trust_remote_code")] = _DEFAULT.trust_remote_code,
    allow_untrained_head: Annotated[bool, _option("allow_untrained_head")] = _DEFAULT.allow_untrained_head,
    theme: Annotated[Path | None, typer.Option(metavar="FILE", help=THEME)] = None,
    config: Annotated[  # noqa: ARG001, its callback does the work
        Path | None,
        typer.Option(
            help="A TOML file with these options; salience.toml is found by itself, but sets no trust.",
            callback=read_config,
            is_eager=True,
        ),
    ] = None,
) -> None:
    """Explain every text in INPUT and write a site that opens from disk.

    Exit code 0 if all was explained, 1 if a text, or a method on one, was not (its page says why), 2 if nothing was.
    """
    settings = Settings(
        model=model,
        task=task,
        mask_word=mask_word,
        text_column=text_column,
        pair_column=pair_column,
        label_column=label_column,
        labels=read_names(labels),
        methods=split_names(methods),
        target=target,
        against=against,
        baseline=baseline,
        tolerance=tolerance,
        max_evaluations=max_evaluations,
        samples=samples,
        evidence=evidence,
        training_data=training_data,
        checkpoints=split_names(checkpoints),
        seed=seed,
        batch_tokens=batch_tokens,
        device=device,
        dtype=dtype,
        offline=offline,
        allow_pickle=allow_pickle,
        trust_remote_code=trust_remote_code,
        allow_untrained_head=allow_untrained_head,
    )
    check_trusted(context, settings)
    raise typer.Exit(_build(folder, site, settings, theme=load_theme(theme) if theme else ""))


for _command in (render, check, verify, export, serve):
    app.command()(_command)


@app.command()
def methods() -> None:
    """Say what each method and diagnostic computes, what it claims and what it costs."""
    from reporter import registry

    for name in registry.names("methods"):
        method = registry.load("methods", name).description
        claim = "claims completeness" if method.claim == "complete" else "claims no completeness"
        say(f"{method.name}: {method.title} ({'signed' if method.signed else 'strength only'}, {claim})", style="bold")
        facts = (f"Cost: {method.cost}", f"Limits: {method.limits}", f"Source: {method.source}")
        for line in (method.idea, method.formula, *facts):
            say(f"    {line}")
    _explain_evidence()


def _explain_evidence() -> None:
    from reporter import registry
    from reporter.evidence import LEVELS

    for name in registry.names("metrics"):
        about = registry.load("metrics", name).about
        say(f"{about.name}: {about.title} (a diagnostic; {about.better} is better)", style="bold")
        for line in (about.idea, about.formula, f"Source: {about.source}"):
            say(f"    {line}")
    for name, level in LEVELS.items():
        say(f"--evidence {name}", style="bold")
        for line in (level.idea, f"Cost: {level.cost}"):
            say(f"    {line}")
    say("--training-data FILE", style="bold")
    for line in ABOUT:
        say(f"    {line}")


def _build(folder: Path, site: Path, asked: Settings, *, theme: str) -> int:
    settings = choose_task(asked)
    with read_corpus(folder, read_intake(settings)) as corpus:
        _check_readable(corpus)
        code = _build_site(corpus, site, settings, theme=theme)
    if asked.task == AUTO and asked.model != EMBEDDED and code in (0, 1):
        say(tell_task(settings))
    return code


def _build_site(corpus: Corpus, site: Path, settings: Settings, *, theme: str) -> int:
    from reporter.site import draw_site

    watch = Stopwatch()
    with hold_folder(site, apart_from=corpus.folder) as path, Store(path, create=True) as store:
        try:
            _measure(corpus, settings, store, watch=watch)
            store.set_theme(theme)
            draw_site(store, site)
        except KeyboardInterrupt:
            warn(f"Stopped. What was measured is saved in {path}; the same command goes on from there.")
            show_times(watch)
            return 130
        run = twin.load_run((site / "data" / "run.json").read_bytes())
        show_times(watch)
        show_outcome(run, store.slowest(), site)
        return 0 if run.is_whole else 1


def _measure(corpus: Corpus, settings: Settings, store: Store, *, watch: Stopwatch) -> None:
    """Measure what the run does not hold yet; torch is loaded only if there is any of that."""
    if renew_run(corpus, settings, store):
        return
    with show_progress(corpus.size) as show, deferred(show, warn) as notice:
        from reporter.runs import measure_corpus

        tracing = measure_corpus(corpus, settings, store, notice=notice, watch=watch)
    if tracing is not None:
        total = count_vectors(tracing, store)
        with show_progress(total, "texts traced") as show, deferred(show, warn) as notice:
            trace_run(tracing, store, notice=notice)


def _check_readable(corpus: Corpus) -> None:
    """Raise `UserError` if no document of a folder could be read."""
    if corpus.problems < corpus.size:
        return
    problems = [f"{document.source}: {document.problem}" for document in corpus]
    if corpus.size == 1:
        raise UserError(f"Nothing in {corpus.folder} could be read: {problems[0]}")
    show_lines(problems)
    raise UserError(f"Nothing in {corpus.folder} could be read ({corpus.size:,} tried); the reasons stand above.")
