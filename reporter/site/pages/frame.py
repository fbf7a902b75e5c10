"""What every page has around it: its title, the way to the others, and what was explained with what."""

from dataclasses import dataclass
from pathlib import PurePath

from reporter.records import Run
from reporter.site.theme import read_theme
from reporter.site.wording import count, date


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to go, and what it is called."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The rim of a page: `title` and `run` tell it from others in a browser, `root` leads from its folder to the top.

    `subject` is what was audited, `edition` the model and the day; together they are the name of the run. Of a theme
    there are its `style`, the `organisation` and the `logo`, each empty where there is none.
    """

    title: str
    run: str
    root: str
    subject: str
    edition: str
    model: str
    architecture: str
    fingerprint: str
    made: str
    training: bool
    style: str
    organisation: str
    logo: str


def frame(run: Run, title: str, *, root: str = "") -> Frame:
    """The frame of a page of this run."""
    versions = [f"{name} {version}" for name, version in run.versions.items() if name != "salience-report"]
    print_, model, day, theme = run.model.fingerprint, _name_model(run), date(run.created), read_theme(run.theme)
    return Frame(
        title=title,
        run=", ".join(part for part in (run.input, model, day) if part),
        root=root,
        subject=run.input or count(run.summary.documents, "text"),
        edition=f"{model}, {day}",
        model=model,
        architecture=run.model.architecture,
        fingerprint=print_ if len(print_) <= 24 else f"{print_[:12]}…{print_[-4:]}",
        made=", ".join([f"{run.dtype} on {run.device}", *versions, f"dated {day}"]),
        training=run.training is not None,
        style=theme.css,
        organisation=theme.organisation,
        logo=theme.logo,
    )


def _name_model(run: Run) -> str:
    """What the model is called, without the folders or the owner that its id begins with."""
    return PurePath(run.model.id.replace("\\", "/")).name or run.model.architecture
