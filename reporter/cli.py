"""The command line: parses, calls and prints; torch is imported only inside the commands that measure."""

import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TimeRemainingColumn,
)
from rich.text import Text

from reporter import __version__, twin
from reporter.errors import UserError
from reporter.settings import HELP, Settings
from reporter.store import Store, copy

_DEFAULT = Settings()
_SHOWN = 20
_OUT = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
_ERR = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

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
    except UserError as error:
        _ERR.print(f"salience-report: {_tame(str(error))}")
        sys.exit(2)


def _option(name: str, **more: Any) -> Any:  # noqa: ANN401, what Typer takes
    return typer.Option(help=HELP[name], **more)


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
        _OUT.print(f"salience-report {__version__}")
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
    steps: Annotated[int, _option("steps", min=1, max=10_000)] = _DEFAULT.steps,
    tolerance: Annotated[float, _option("tolerance", min=1e-9, max=1.0)] = _DEFAULT.tolerance,
    batch_tokens: Annotated[int, _option("batch_tokens", min=1)] = _DEFAULT.batch_tokens,
    device: Annotated[str, _option("device")] = _DEFAULT.device,
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
        steps=steps,
        tolerance=tolerance,
        batch_tokens=batch_tokens,
        device=device,
    )
    raise typer.Exit(_build(folder, site, settings))


@app.command()
def render(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run.sqlite, or a site that 'build' has written.")],
    site: Annotated[Path, typer.Option("--output", "-o", metavar="SITE", help="The folder to write the site to.")],
) -> None:
    """Draw a saved run again, without measuring."""
    from reporter.render import draw

    source = run / "data" / "run.sqlite" if run.is_dir() else run
    path = _open_site(site)
    copy(source, path)
    with Store(path) as store:
        draw(store, site)
    _OUT.print(f"The site is drawn: {site / 'index.html'}")


@app.command()
def methods() -> None:
    """Say what each method computes, what it claims and what it costs."""
    from reporter import parts

    for name in parts.names("methods"):
        what = parts.load("methods", name).description
        claim = "claims completeness" if what.claim == "complete" else "claims no completeness"
        _OUT.print(f"{what.name}: {what.title} ({'signed' if what.signed else 'strength only'}, {claim})", style="bold")
        for line in (what.idea, what.formula, f"Cost: {what.cost}", f"Limits: {what.limits}", f"Source: {what.source}"):
            _OUT.print(f"    {line}")


def _build(folder: Path, site: Path, settings: Settings) -> int:
    from reporter.render import draw

    documents = _count(folder)
    path = _open_site(site, apart_from=folder)
    from reporter.measure import measure

    with Store(path, create=True) as store:
        with _progress(documents) as notice:
            measure(folder, settings, store, notice=notice)
        draw(store, site)
        return _conclude(store, site)


def _count(folder: Path) -> int:
    """How many documents there are; raises `UserError` if none of them can be read."""
    from reporter.documents import read

    problems = [document.problem for document in read(folder)]
    if all(problems):
        raise UserError(f"Nothing in {folder} could be read ({len(problems)} tried). The first: {problems[0]}")
    return len(problems)


def _open_site(site: Path, apart_from: Path | None = None) -> Path:
    """The path of the run in a folder that may be written to; raises `UserError` if this is no place for a site."""
    path = site / "data" / "run.sqlite"
    if apart_from is not None and site.resolve().is_relative_to(apart_from.resolve()):
        raise UserError(f"The site {site} would lie inside the input {apart_from}; choose an output folder outside it.")
    try:
        if site.exists() and not path.is_file() and any(site.iterdir()):
            raise UserError(
                f"{site} is neither empty nor a site that salience-report wrote; choose another output folder."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(".writable")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(f"The output folder {site} cannot be written to: {error.strerror}.") from error
    return path


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on a terminal; a plain line every tenth of the way elsewhere."""
    if not _ERR.is_terminal:
        yield _Lines(total)
        return
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=_ERR, transient=True) as progress:
        bar = progress.add_task("", total=total)
        yield lambda done: progress.advance(bar, done)


class _Rate(ProgressColumn):
    """Documents per second, or nothing while there is no telling."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} documents/s" if task.speed else "")


class _Lines:
    """Progress where there is no terminal: one line for each tenth of the documents."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._start = total, 0, time.perf_counter()

    def __call__(self, done: int) -> None:
        before, self._done = self._done, self._done + done
        if done and before * 10 // self._total < self._done * 10 // self._total:
            seconds = time.perf_counter() - self._start
            left = seconds / self._done * (self._total - self._done)
            _ERR.print(f"{self._done} of {self._total} documents, {self._done / seconds:.1f}/s, {left:.0f} s left")


def _conclude(store: Store, site: Path) -> int:
    """Print what was found, and return the exit code: 1 if a document was not explained."""
    run = twin.load_run((site / "data" / "run.json").read_bytes())
    what = run.summary
    _OUT.print(
        f"{what.explained} of {what.documents} documents explained, {what.failed} failed, {what.truncated} cut short."
    )
    for found in (verdicts for verdicts in what.verdicts if verdicts.claim == "complete"):
        total = found.met + found.not_met + found.unresolvable
        rest = f"{found.not_met} not met, {found.unresolvable} unresolvable"
        _OUT.print(f"Certificates of {found.method}: {found.met} of {total} met, {rest}.")
    if slowest := store.slowest():
        _OUT.print(f"Slowest: {_tame(slowest[0])}, {slowest[1]:.1f} s.")
    for failure in run.failures[:_SHOWN]:
        _ERR.print(f"{_tame(failure.source)}: {_tame(failure.error)}")
    if len(run.failures) > _SHOWN:
        _ERR.print(f"... and {len(run.failures) - _SHOWN} more, all on the index page.")
    _OUT.print(f"The site is ready: {site / 'index.html'}")
    return 1 if run.failures else 0


def _tame(text: str) -> str:
    """Text from outside with every character that a terminal would act on written out."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
