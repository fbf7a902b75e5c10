"""Settings: every option of a measurement with its default and one line of help; saved with the run."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from reporter.records.run import Setting

EMBEDDED = "embedded"
"""What stands for the model, and for the training examples, that are inside."""
METHODS = ("attention", "attention_rollout", "gradient", "input_x_gradient", "integrated_gradients")


def _option(default: Any, text: str) -> Any:  # noqa: ANN401, the type of a dataclass field is its annotation
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """What a model's files may do beyond being read as data; by default nothing."""

    pickle: bool = False
    remote_code: bool = False
    untrained_head: bool = False
    offline: bool = False


DATA = TrustSettings()
"""A model that is data and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to measure and how; the field names are the option names, with underscores for dashes."""

    model: str = _option("embedded", "Hugging Face id or local folder; 'embedded' is the sentiment model inside.")
    task: str = _option(
        "auto", "What the model's answer is: a task or a pipeline's name, e.g. ner; auto is what it was saved for."
    )
    mask_word: str | None = _option(
        None, "The word to mask where a text has no [MASK], for models that fill gaps; it is the label as well."
    )
    text_column: str | None = _option(
        None, "The column of a table that holds the text; by default text, sentence, review and the like."
    )
    pair_column: str | None = _option(
        None, "The column with the second text of a pair; by default hypothesis, sentence2 and the like."
    )
    label_column: str | None = _option(
        None, "The column with the label; by default label, sentiment, gold and the like. '' takes none."
    )
    labels: tuple[str, ...] = _option(
        (), "The model's names for labels given: neg=NEGATIVE,pos=POSITIVE, or a file of such lines or of JSON."
    )
    methods: tuple[str, ...] = _option(METHODS, "Methods to run, separated by commas: see 'salience-report methods'.")
    target: str = _option("predicted", "The label to explain: predicted, given (the document's own), all, or a label.")
    against: str | None = _option(None, "Explain the difference of the target from this label.")
    baseline: str = _option("pad", "What stands for an absent word: pad, mask, zero or mean (of all embeddings).")
    tolerance: float = _option(
        0.01, "How exact Integrated Gradients must be: in its sum and in its scores, as a share."
    )
    max_evaluations: int = _option(512, "Evaluations that one explanation may take to be as exact as that.")
    samples: int = _option(256, "Changed texts that shapley, lime and kernel_shap look at; four a word at least.")
    evidence: str = _option(
        "quick", "How much is checked: none, quick, standard or full; see 'salience-report methods'."
    )
    training_data: str | None = _option(
        None, "Training examples (a table: text, label) to trace each answer to; 'embedded': those inside."
    )
    checkpoints: tuple[str, ...] = _option(
        (), "By which states of the classifier, separated by commas: folders, or final layers (.safetensors)."
    )
    seed: int = _option(0, "What random numbers start from, together with the content of each text.")
    batch_tokens: int | None = _option(
        None, "Tokens in one pass; less needs less memory. By default as suits the device."
    )
    device: str = _option("auto", "Where to compute: auto, cpu, cuda or mps.")
    dtype: str = _option("float32", "Number format of the integration: float32; on a GPU also tf32 or bfloat16.")

    offline: bool = _option(False, "Fetch nothing, not even a model that is named by its id.")
    allow_pickle: bool = _option(False, "Take weights from a pickle, whose author you must trust.")
    trust_remote_code: bool = _option(False, "Run the code that comes with the model, whose author you must trust.")
    allow_untrained_head: bool = _option(False, "Explain a model whose answer was never trained: for tests only.")

    @property
    def trust(self) -> TrustSettings:
        """What these settings let a model do."""
        return TrustSettings(
            pickle=self.allow_pickle,
            remote_code=self.trust_remote_code,
            untrained_head=self.allow_untrained_head,
            offline=self.offline,
        )

    def saved(self) -> dict[str, Setting]:
        """The settings as they are written into the run, by option name."""
        return asdict(self)


HELP = {option.name: option.metadata["help"] for option in fields(Settings)}
INTAKE = ("text_column", "pair_column", "label_column", "labels")
"""The options that say how documents are read, whose effect is in the documents themselves."""
PASSING = ("batch_tokens", "offline", *INTAKE)
"""The options on which no number of a document's record depends."""
LIFTING = ("allow_pickle", "trust_remote_code", "allow_untrained_head")
"""The options that relax a safety check: no site, and no settings file that was merely found, may set them."""
TRAINING = ("training_data", "checkpoints")
"""The options on which only influence depends."""


def split_names(names: str) -> tuple[str, ...]:
    """Names that were separated by commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
