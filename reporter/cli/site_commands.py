"""The commands for a finished run or site: draw it again, is it right, what is in it for others, how does it look."""

from pathlib import Path
from typing import Annotated

import typer

from reporter.audit import Verified
from reporter.cli.terminal import conclude_export, say, show_findings, show_verified
from reporter.records import HELP, Settings, UserError, split_names
from reporter.runs import SavedRun, Store, copy_run
from reporter.site import find_run, hold_folder, load_theme

THEME = "Colours, fonts, name and logo of the pages: a CSS file with a few properties, see docs/themes.md."

_DEFAULT = Settings()


def render(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run.sqlite, or a site that 'build' has written.")],
    site: Annotated[Path, typer.Option("--output", "-o", metavar="SITE", help="The folder to write the site to.")],
    theme: Annotated[Path | None, typer.Option(metavar="FILE", help=f"{THEME} By default as it was drawn.")] = None,
) -> None:
    """Draw a saved run again, without measuring."""
    from reporter.site import draw_site

    told = load_theme(theme) if theme else None
    with hold_folder(site) as path:
        copy_run(find_run(run), path)
        with Store(path) as store:
            if told is not None:
                store.set_theme(told)
            draw_site(store, site)
    say(f"The site is drawn: {site / 'index.html'}")


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
    from reporter.audit import UNSEEN, Thresholds, check_site, write_junit

    findings = list(check_site(site, Thresholds(complete=min_complete, agreement=min_agreement, failures=max_failures)))
    if junit is not None:
        write_junit(junit, findings)
    holds = show_findings(findings)
    say(UNSEEN)
    raise typer.Exit(0 if holds else 1)


def verify(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="A site that 'build' has written, or its run.sqlite.")],
    sample: Annotated[int, typer.Option(min=1, help="How many documents to explain again.")] = 5,
    seed: Annotated[int, typer.Option(help="Which documents: the same seed takes the same ones.")] = 0,
    model: Annotated[
        str, typer.Option(help="The model of the run, a folder or an id; needed unless it is the one inside.")
    ] = "",
    inputs: Annotated[
        Path | None,
        typer.Option("--input", metavar="FOLDER", help="What was explained: find what was left out, added or changed."),
    ] = None,
    training_data: Annotated[str | None, typer.Option(help=HELP["training_data"])] = None,
    checkpoints: Annotated[str, typer.Option(help=HELP["checkpoints"])] = "",
    device: Annotated[str, typer.Option(help=HELP["device"])] = _DEFAULT.device,
    offline: Annotated[bool, typer.Option("--offline", help=HELP["offline"])] = False,
    allow_pickle: Annotated[bool, typer.Option("--allow-pickle", help=HELP["allow_pickle"])] = False,
    trust_remote_code: Annotated[bool, typer.Option("--trust-remote-code", help=HELP["trust_remote_code"])] = False,
    allow_untrained_head: Annotated[
        bool, typer.Option("--allow-untrained-head", help=HELP["allow_untrained_head"])
    ] = False,
) -> None:
    """Explain some documents of a site again, and compare answers, scores and errors with what was saved.

    The site is trusted in nothing: what is loaded, and what it may do, is said here. Exit code 0 if they come out the
    same, 1 if not, 2 if it cannot be told.
    """
    path = find_run(site)
    from reporter.audit import TOLERANCE, Sample, choose_settings, verify_run

    requested = Settings(
        model=model,
        training_data=training_data,
        checkpoints=split_names(checkpoints),
        device=device,
        offline=offline,
        allow_pickle=allow_pickle,
        trust_remote_code=trust_remote_code,
        allow_untrained_head=allow_untrained_head,
    )
    results, remarks = list[Verified](), list[str]()
    for result in verify_run(path, choose_settings(path, requested), Sample(sample, seed), inputs):
        if isinstance(result, str):
            remarks.append(result)
        else:
            show_verified(result)
            results.append(result)
    documents = [result for result in results if not result.whole]
    right, exact = sum(not result.differences for result in documents), sum(result.exact for result in documents)
    say(
        f"{right} of {len(documents)} documents come out as they were saved, {exact} of them to the last bit, and "
        f"the others within {TOLERANCE:g} of the largest number of its kind."
    )
    for remark in remarks:
        say(remark)
    raise typer.Exit(1 if any(result.differences for result in results) else 0)


def export(
    run: Annotated[Path, typer.Argument(metavar="SITE", help="A site that 'build' has written, or its run.sqlite.")],
    format: Annotated[str, typer.Option("--format", "-f", metavar="latex|svg|csv|jsonl", help="What to write.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="PATH", help="A folder for latex and svg, a file for csv and jsonl."),
    ] = Path("-"),
    method: Annotated[str | None, typer.Option(help="Only this method; pictures take the certified one.")] = None,
    target: Annotated[str | None, typer.Option(help="Only this label; pictures take the model's own answer.")] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this document; may be given again.")
    ] = None,
) -> None:
    """Write coloured texts as LaTeX or SVG, or the numbers as CSV or JSON lines.

    Without -o, one file goes to standard output.
    """
    from reporter.exports import choose_format, write_out

    with SavedRun(find_run(run)) as store:
        sink = choose_format(format, store.provenance(), method=method, target=target)
        done = write_out(store, sink, ids=tuple(document or ()), to=output)
    conclude_export(done.written, done.left_out, to=output)


def serve(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="A site that 'build' has written.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen on this machine; 0 takes a free one.")
    ] = 8000,
) -> None:
    """Show a site in the browser of this machine; an open page reloads when the site is built again.

    No other machine can reach it. Ctrl-C ends it.
    """
    try:
        from reporter.site import open_port, serve_site
    except ModuleNotFoundError as error:
        raise UserError(f"The preview needs {error.name}; get it with: pip install starlette uvicorn") from error
    with open_port(site, port) as door:
        say(f"{site} is at http://127.0.0.1:{door.getsockname()[1]}/ until you press Ctrl-C.")
        serve_site(site, door)
