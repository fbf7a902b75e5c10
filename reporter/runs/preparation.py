"""Preparation of a run: the network is loaded, the methods that can explain it are chosen, and both are described."""

from dataclasses import fields

from reporter import registry
from reporter.attribution import Explainer, check_baseline
from reporter.evidence import find_level
from reporter.methods import Method
from reporter.models import BATCH_TOKENS, EXACT, FORMATS, Budget, Network, load_network
from reporter.records import SCHEMA, Omission, Provenance, Settings, UserError
from reporter.runs.acceptance import check_network
from reporter.runs.explain import Attribute
from reporter.runs.task_choice import choose_task
from reporter.runs.versions import list_versions


def prepare(settings: Settings, *, created: str = "") -> tuple[Attribute, Provenance]:
    """Load the model and the parts that the settings ask for; raises `UserError` if one of them cannot be had."""
    if not settings.methods:
        raise UserError(f"--methods names no method; there are: {', '.join(registry.names('methods'))}.")
    find_level(settings.evidence)
    settings = choose_task(settings)
    task = registry.load("tasks", settings.task)()
    methods = [_make_method(name, settings) for name in settings.methods]
    network = load_network(settings.model, task=task, device=settings.device, trust=settings.trust)
    task = task.settle(network.model.config, network.tokenizer).ask(settings)
    check_baseline(settings.baseline, network)
    check_network(network, task)
    willing = tuple(method for method in methods if method.objection(network) is None)
    _check_dtype(settings.dtype, network)
    explainer = Explainer(network, task, settings, Budget(settings.batch_tokens or BATCH_TOKENS[network.device.type]))
    return Attribute(explainer, willing), _describe(settings, network, methods, created)


def _check_dtype(name: str, network: Network) -> None:
    if name not in FORMATS:
        raise UserError(f"There is no dtype '{name}'; choose from: {', '.join(FORMATS)}.")
    if name != EXACT and network.device.type != "cuda":
        raise UserError(
            f"--dtype {name} pays on a CUDA device only, and this run is on {network.device}; leave it out."
        )


def _make_method(name: str, settings: Settings) -> Method:
    """The method with those of its options that the settings hold."""
    kind = registry.load("methods", name)
    names = {option.name for option in fields(kind)} & {setting.name for setting in fields(settings)}
    made: Method = kind(**{name: getattr(settings, name) for name in names})
    return made


def _describe(settings: Settings, network: Network, methods: list[Method], created: str) -> Provenance:
    objections = [(method.description, method.objection(network)) for method in methods]
    return Provenance(
        schema=SCHEMA,
        settings=settings.saved(),
        model=network.facts,
        versions=list_versions(),
        device=str(network.device),
        dtype=settings.dtype,
        created=created,
        methods=tuple(description for description, objection in objections if objection is None),
        omissions=tuple(
            Omission(method=description.name, reason=reason) for description, reason in objections if reason
        ),
    )
