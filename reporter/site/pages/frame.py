"""What every page has around it: its title, the way to the others, and what was explained with what."""

from dataclasses import dataclass

from reporter.records import Run
from reporter.site.wording import count, date


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to go, and what it is called."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The rim of a page: `root` leads from its folder to the site's, `home` is the name of the index."""

    title: str
    root: str
    home: str
    model: str
    architecture: str
    fingerprint: str
    made: str
    training: bool


def frame(run: Run, title: str, *, root: str = "") -> Frame:
    """The frame of a page of this run."""
    versions = [f"{name} {version}" for name, version in run.versions.items() if name != "salience-report"]
    print_ = run.model.fingerprint
    return Frame(
        title=title,
        root=root,
        home=f"Audit of {count(run.summary.documents, 'text')}",
        model=run.model.id,
        architecture=run.model.architecture,
        fingerprint=print_ if len(print_) <= 24 else f"{print_[:12]}…{print_[-4:]}",
        made=", ".join([f"{run.dtype} on {run.device}", *versions, f"dated {date(run.created)}"]),
        training=run.training is not None,
    )
