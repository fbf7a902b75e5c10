"""Sentences drawn from templates for what sentiment data shows too rarely: negation, contrast, hopes, irony, facts.

They stand in templates_of_contrast.txt: a heading per group, and a line `+ ...` or `- ...` per template, the sign its
label, with {slots} for words of a domain.
"""

import random
import re
from pathlib import Path

from reporter.embedded.templates_of_domains import ANYWHERE, DOMAINS, LET_DOWN, PHRASES, Domain
from reporter.embedded.texts import LabelledText

DOUBLE = 0.1
SHARES = {"fact": 22, "plain": 12, "negation": 22, "contrast": 22, "hope": 12, "irony": 6, "short": 4}
TEMPLATES = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
SLOT = re.compile(r"\{([a-z_]+?)\d?\}")


def draw_sentences(count: int, *, seed: int, avoid: frozenset[str] = frozenset()) -> list[LabelledText]:
    """Draw so many different sentences, half of each label, that hold no text or word sequence to avoid."""
    order = random.Random(seed)
    lines = {(group, sign): lines_of(group, sign) for group in SHARES for sign in "-+"}
    sentences: dict[str, LabelledText] = {}
    for number in range(count * 3):
        sign = "-+"[number % 2]
        group = order.choices(list(SHARES), weights=list(SHARES.values()))[0]
        text = sentence(order.choice(lines[group, sign]), order)
        if group != "short" and order.random() < DOUBLE:
            text = f"{text if text[-1] in '.!?' else text + '.'} {sentence(order.choice(lines[group, sign]), order)}"
        if text not in sentences and avoid.isdisjoint({plain_form(text)} | sequences(text)):
            sentences[text] = LabelledText(text, "-+".index(sign), "template")
        if len(sentences) == count:
            break
    return list(sentences.values())


def sentence(template: str, order: random.Random) -> str:
    """Make one finished sentence of a template, in a domain drawn from the order."""
    return finish(fill(template, order.choice(DOMAINS), order), order)


def lines_of(group: str, sign: str) -> list[str]:
    """List the templates of one group, the block below its heading, whose line opens with the sign."""
    block = TEMPLATES.split(f"# {group}\n")[1].split("\n#")[0]
    return [line[2:] for line in block.splitlines() if line[0] == sign]


def fill(template: str, domain: Domain, order: random.Random) -> str:
    """Replace each slot of a template by words of the domain; numbered slots get words of their own."""
    parts = order.sample(domain.parts, 2)
    used = {"part": parts[0], "part2": parts[1]}
    used |= {"is": agree(parts[0], "is", "are", order), "is2": agree(parts[1], "is", "are", order)}
    used |= {"do": agree(parts[0], "does", "do", None), "fails": agree(parts[0], "fails", "fail", None)}
    used |= {"worse": "worse", "disappointed": order.choice(LET_DOWN)}
    for kind in ("good", "bad"):
        drawn = order.sample(getattr(domain, kind) + ANYWHERE[kind], 3)
        used |= {kind: drawn[0], f"{kind}2": drawn[1], f"{kind}3": drawn[2]}
    for kind in ("praise", "blame"):
        used |= dict(zip((kind, f"{kind}2"), order.sample(getattr(domain, kind), 2), strict=True))
    used |= {"thing": order.choice(domain.things)} | {name: order.choice(words) for name, words in PHRASES.items()}
    used |= {f"{name}2": order.choice(PHRASES[name]) for name in ("nuisance", "comfort")}
    while SLOT.search(template):
        template = re.sub(r"\{(\w+)\}", lambda slot: used[slot[1]], template)
    return template


def agree(noun: str, singular_verb: str, plural_verb: str, order: random.Random | None) -> str:
    """Choose the verb that agrees with a noun, in the past tense every other time where an order is given."""
    plural = noun.endswith("s") and not noun.endswith("ss")
    if order is not None and order.random() < 0.5:
        return "were" if plural else "was"
    return plural_verb if plural else singular_verb


def finish(text: str, order: random.Random) -> str:
    """Mend articles and capitals, and end the sentence as people do: mostly with a full stop."""
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    if order.random() < 0.12:
        return text.lower()
    text = re.sub(r"(^|[.:!?] )([a-z])", lambda found: found[1] + found[2].upper(), text)
    if text[-1] in ".!?":
        return text
    return text + order.choices((".", "!", "", "...", "!!"), weights=(70, 14, 10, 3, 3))[0]


def plain_form(text: str) -> str:
    """Lower-case a text and keep its words alone, so that two texts can be compared."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def sequences(text: str, length: int = 5) -> set[str]:
    """List the sequences of so many words that a text holds, in plain form."""
    words = plain_form(text).split()
    return {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}
