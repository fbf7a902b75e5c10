"""The command line: parses, calls and prints; torch is imported only inside the commands that measure."""

import sqlite3
import sys
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from reporter import __version__, threads, twin
from reporter.errors import UserError
from reporter.interrupt import deferred
from reporter.place import find_run, hold
from reporter.plan import renew
from reporter.settings import HELP, Settings
from reporter.store import Store, copy
from reporter.terminal import ERR, OUT, conclude, show_findings, show_progress, show_verified, tame

_DEFAULT = Settings()

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
        app()
    except (UserError, sqlite3.DatabaseError) as error:
        what = "" if isinstance(error, UserError) else "The saved run is broken; remove its site and build it anew: "
        ERR.print(f"salience-report: {what}{tame(str(error))}")
        sys.exit(2)


def _option(name: str, **more: Any) -> Any:  # noqa: ANN401, what Typer takes
    switch = [f"--{name.replace('_', '-')}"] if isinstance(getattr(_DEFAULT, name), bool) else []
    return typer.Option(*switch, help=HELP[name], **more)


def _read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Take defaults from a TOML file: the one that is named, or `salience.toml` in the working folder."""
    found = path or Path("salience.toml")
    if path is None and not found.is_file():
        return None
    try:
        values = tomllib.loads(found.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"The settings in {found} cannot be read: {error}") from error
    known = {option.name: name for option in fields(Settings) for name in (option.name, option.name.replace("_", "-"))}
    named = {name.replace("-", "_"): value for name, value in values.items()}
    if unknown := sorted(set(named) - set(known)):
        raise UserError(f"{found} sets '{unknown[0]}', which is no option; there are: {', '.join(sorted(known))}.")
    joined = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in named.items()}
    context.default_map = {**(context.default_map or {}), **joined}
    return found


def _print_version(*, wanted: bool) -> None:
    if wanted:
        OUT.print(f"salience-report {__version__}")
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
    folder: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A folder of .txt, .md, .jsonl, .csv and .tsv files.")
    ],
    site: Annotated[Path, typer.Option("--output", "-o", metavar="SITE", help="The folder to write the site to.")],
    model: Annotated[str, _option("model")] = _DEFAULT.model,
    task: Annotated[str, _option("task")] = _DEFAULT.task,
    methods: Annotated[str, _option("methods")] = ",".join(_DEFAULT.methods),
    target: Annotated[str, _option("target")] = _DEFAULT.target,
    against: Annotated[str | None, _option("against")] = _DEFAULT.against,
    baseline: Annotated[str, _option("baseline")] = _DEFAULT.baseline,
    tolerance: Annotated[float, _option("tolerance", min=1e-9, max=1.0)] = _DEFAULT.tolerance,
    max_evaluations: Annotated[int, _option("max_evaluations", min=3, max=100_000)] = _DEFAULT.max_evaluations,
    batch_tokens: Annotated[int | None, _option("batch_tokens", min=1)] = _DEFAULT.batch_tokens,
    device: Annotated[str, _option("device")] = _DEFAULT.device,
    dtype: Annotated[str, _option("dtype")] = _DEFAULT.dtype,
    offline: Annotated[bool, _option("offline")] = _DEFAULT.offline,
    allow_pickle: Annotated[bool, _option("allow_pickle")] = _DEFAULT.allow_pickle,
    trust_remote_code: Annotated[bool, _option("trust_remote_code")] = _DEFAULT.trust_remote_code,
    allow_untrained_head: Annotated[bool, _option("allow_untrained_head")] = _DEFAULT.allow_untrained_head,
    config: Annotated[  # noqa: ARG001, its callback does the work
        Path | None,
        typer.Option(
            help="A TOML file with these options; salience.toml is found by itself.",
            callback=_read_config,
            is_eager=True,
        ),
    ] = None,
) -> None:
    """Explain every text in INPUT and write a site that opens from disk.

    Exit code 0 if every document was explained, 1 if some were not (their pages say why), 2 if nothing could be done.
    """
    settings = Settings(
        model=model,
        task=task,
        methods=tuple(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip())),
        target=target,
        against=against,
        baseline=baseline,
        tolerance=tolerance,
        max_evaluations=max_evaluations,
        batch_tokens=batch_tokens,
        device=device,
        dtype=dtype,
        offline=offline,
        allow_pickle=allow_pickle,
        trust_remote_code=trust_remote_code,
        allow_untrained_head=allow_untrained_head,
    )
    raise typer.Exit(_build(folder, site, settings))


@app.command()
def render(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run.sqlite, or a site that 'build' has written.")],
    site: Annotated[Path, typer.Option("--output", "-o", metavar="SITE", help="The folder to write the site to.")],
) -> None:
    """Draw a saved run again, without measuring."""
    from reporter.render import draw

    with hold(site) as path:
        copy(find_run(run), path)
        with Store(path) as store:
            draw(store, site)
    OUT.print(tame(f"The site is drawn: {site / 'index.html'}"))


@app.command()
def check(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="A site that 'build' has written.")],
    min_complete: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="The share of completeness claims that must be met.")
    ] = None,
    min_agreement: Annotated[
        float | None, typer.Option(min=-1.0, max=1.0, help="What Kendall's tau of the median pair of methods must be.")
    ] = None,
    max_failures: Annotated[
        int | None, typer.Option(min=0, help="How many documents may be without an explanation.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the verdicts for a CI system, too.")] = None,
) -> None:
    """Check that a site is whole, unchanged, closed and proven, and as good as is asked.

    Exit code 0 if all of it holds, 1 if not, 2 if there is no site.
    """
    from reporter.check import Thresholds, check_site
    from reporter.junit import write

    findings = list(check_site(site, Thresholds(complete=min_complete, agreement=min_agreement, failures=max_failures)))
    if junit is not None:
        write(junit, findings)
    raise typer.Exit(0 if show_findings(findings) else 1)


@app.command()
def verify(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="A site that 'build' has written, or its run.sqlite.")],
    sample: Annotated[int, typer.Option(min=1, help="How many documents to explain again.")] = 5,
    seed: Annotated[int, typer.Option(help="Which documents: the same seed takes the same ones.")] = 0,
    model: Annotated[str | None, typer.Option(help="Where the model of the run is, if not where it was.")] = None,
) -> None:
    """Explain some documents of a site again, and compare answers, scores and errors with what was saved.

    Exit code 0 if they come out the same, 1 if not, 2 if it cannot be told.
    """
    path = find_run(site)
    threads.settle()
    from reporter.verify import TOLERANCE, read_settings, verify_run

    settings = read_settings(path)
    settings = settings if model is None else replace(settings, model=model)
    found = [show_verified(one) for one in verify_run(path, settings, sample=sample, seed=seed)]
    OUT.print(
        f"{sum(found)} of {len(found)} documents come out as they were saved, within {TOLERANCE:g} of the largest."
    )
    raise typer.Exit(0 if all(found) else 1)


@app.command()
def methods() -> None:
    """Say what each method computes, what it claims and what it costs."""
    from reporter import parts

    for name in parts.names("methods"):
        what = parts.load("methods", name).description
        claim = "claims completeness" if what.claim == "complete" else "claims no completeness"
        OUT.print(f"{what.name}: {what.title} ({'signed' if what.signed else 'strength only'}, {claim})", style="bold")
        for line in (what.idea, what.formula, f"Cost: {what.cost}", f"Limits: {what.limits}", f"Source: {what.source}"):
            OUT.print(f"    {line}")


def _build(folder: Path, site: Path, settings: Settings) -> int:
    from reporter.render import draw

    documents = _count(folder)
    with hold(site, apart_from=folder) as path, Store(path, create=True) as store:
        try:
            _measure(folder, settings, store, documents=documents)
            draw(store, site)
        except KeyboardInterrupt:
            ERR.print(tame(f"Stopped. What was measured is saved in {path}; the same command goes on from there."))
            return 130
        run = twin.load_run((site / "data" / "run.json").read_bytes())
        conclude(run, store.slowest(), site)
        return 1 if run.failures else 0


def _measure(folder: Path, settings: Settings, store: Store, *, documents: int) -> None:
    """Measure what the run does not hold yet; torch is loaded only if there is any of that."""
    if renew(folder, settings, store):
        return
    threads.settle()
    with show_progress(documents) as show, deferred(show, ERR.print) as notice:
        from reporter.measure import measure

        measure(folder, settings, store, notice=notice)


def _count(folder: Path) -> int:
    """How many documents there are; raises `UserError` if none of them can be read."""
    from reporter.documents import read

    problems = [document.problem for document in read(folder)]
    if all(problems):
        raise UserError(f"Nothing in {folder} could be read ({len(problems)} tried). The first: {problems[0]}")
    return len(problems)
