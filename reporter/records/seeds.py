"""What random numbers start from: a text's content, so that no number depends on where the text stands."""

import hashlib
import json

from reporter.records.explanation import Document, Explanation


def make_seed(what: Document | Explanation, seed: int, use: str = "") -> int:
    """What a document's random numbers start from: its content, the run's seed and their `use`, wherever it stands."""
    facts = json.dumps((seed, use, what.text, what.text_pair))
    return int.from_bytes(hashlib.sha256(facts.encode()).digest()[:8], "big")
