"""The style sheets of the pages, made compact, and cut for each page to the rules that it can use.

A rule goes where a page has none of the classes, ids, elements and attributes that its selectors ask for. Whatever
else they ask (states, values, places among siblings, `:not()`) is taken for granted, so that a page looks as with the
whole sheets in every state, size, theme and medium. A custom property and a counter style go where nothing names them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import tinycss2

from reporter.runs import find_templates

Needs = tuple[Any, ...]
"""What a page must have for a selector to match: `.class`, `#id`, `[attribute]`, `element`, or tuples of choices."""

_ALTERNATIVES = ("is", "where", "has")
_GROUPS = ("media", "container", "supports", "layer")
_KEPT = 256  # kinds of pages whose cut styles are kept: pages of one kind have the same names
_WORD = re.compile(r"[\w-]+")
_ELEMENT = re.compile(r"<([a-zA-Z][\w-]*)")
_NAMED = {".": re.compile(r"""\sclass=("[^"]*"|[^\s>]*)"""), "#": re.compile(r"""\sid=("[^"]*"|[^\s>]*)""")}
_PROPERTY = re.compile(r"--[\w-]+")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector of a rule, and what a page must have for it to match anything there."""

    text: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class Rule:
    """A style rule: its selectors, and its declarations as names and texts."""

    selectors: tuple[Selector, ...]
    declarations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AtRule:
    """A rule such as `@media` with those in it, or one such as `@page` that is kept whole as the text of its `head`.

    A `defined` name is that of a counter style.
    """

    head: str
    rules: tuple["Rule | AtRule", ...] = ()
    defined: str = ""


Sheet = tuple[Rule | AtRule, ...]


class Styles:
    """The sheets of the templates by their names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Read style sheets; raises `ValueError` for one that does not parse."""
        self.texts = {name: _compact(text) for name, text in texts.items()}
        self._sheets = {text: parse(text) for text in self.texts.values()}
        self._asked = frozenset(name for sheet in self._sheets.values() for name in _list_asked(sheet))
        self._cut = lru_cache(_KEPT)(self._cut_sheets)

    def cut(self, page: str) -> str:
        """A page with the sheets in it cut to what it can use."""
        found = _STYLE.search(page)
        if found is None:
            return page
        own, body = found[1], page[found.end() :]
        there = tuple(text for text in self._sheets if text in own)
        for text in there:
            own = own.replace(text, "", 1)
        words = frozenset([*_WORD.findall(own), *_PROPERTY.findall(body)])
        style = found[1]
        names = list_names(body, self._asked)
        for text, less in zip(there, self._cut(there, names, words), strict=True):
            style = style.replace(text, less, 1)
        return f"{page[: found.start(1)]}{style}{page[found.end(1) :]}"

    def _cut_sheets(self, texts: tuple[str, ...], names: frozenset[str], words: frozenset[str]) -> tuple[str, ...]:
        """Sheets with only the rules that can match where these names are, and what those or these words call for."""
        possible = [tuple(_list_possible(self._sheets[text], names)) for text in texts]
        wanted = _find_wanted([rule for sheet in possible for rule in sheet], words)
        return tuple("".join(_write(rule, wanted) for rule in sheet) for sheet in possible)


@cache
def make_styles() -> Styles:
    """The style sheets of the templates, read once."""
    return Styles({path.stem: path.read_text("utf-8") for path in sorted((find_templates() / "style").glob("*.css"))})


def parse(css: str) -> Sheet:
    """The rules of a style sheet; raises `ValueError` for one that does not parse."""
    return tuple(map(_read_rule, tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)))


def list_names(markup: str, asked: Set[str]) -> frozenset[str]:
    """The elements, classes, ids and attributes in the body of a page, of those that are asked for.

    Words of its script count as all four, as it may make any of them.
    """
    names = {"html", "head", "body", *map(str.lower, set(_ELEMENT.findall(markup)))}
    for mark, pattern in _NAMED.items():
        names |= {f"{mark}{one}" for value in set(pattern.findall(markup)) for one in value.strip('"').split()}
    attributes = (name for name in asked if name[0] == "[")
    names |= {name for name in attributes if any(f"{space}{name[1:-1]}" in markup for space in " \n")}
    made = {word for script in _SCRIPT.findall(markup) for word in _WORD.findall(script)}
    return frozenset(asked & (names | {form.format(word) for word in made for form in ("{}", ".{}", "#{}", "[{}]")}))


def _read_rule(node: Any) -> Rule | AtRule:  # noqa: ANN401, a node of tinycss2
    if node.type == "qualified-rule":
        selectors = tuple(Selector(_text(part), tuple(_list_needs(part))) for part in _split(node.prelude))
        return Rule(selectors, tuple(_read_declarations(node.content)))
    if node.type != "at-rule":
        raise ValueError(f"A style sheet does not parse: {node.message}")
    head = f"@{node.at_keyword}{_text(node.prelude)}".rstrip()
    if node.lower_at_keyword in _GROUPS and node.content is not None:
        inside = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
        return AtRule(head, tuple(map(_read_rule, inside)))
    defined = _text(node.prelude).strip() if node.lower_at_keyword == "counter-style" else ""
    return AtRule(f"{head}{{{_text(node.content)}}}" if node.content is not None else f"{head};", defined=defined)


def _read_declarations(content: list[Any]) -> Iterator[tuple[str, str]]:
    """The declarations of a rule; all of it as one of no name where there are other things among them."""
    parts = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    if any(part.type != "declaration" for part in parts):
        yield "", _text(content)
    else:
        yield from ((part.name, part.serialize()) for part in parts)


def _list_needs(tokens: list[Any]) -> Iterator[Any]:
    """What a page must have for a selector to match."""
    before = ""
    for token in tokens:
        if token.type == "hash":
            yield f"#{token.value}"
        elif token.type == "ident" and before != ":":
            yield f".{token.value}" if before == "." else token.lower_value
        elif token.type == "[] block":
            yield f"[{next(part.value for part in token.content if part.type == 'ident')}]"
        elif token.type == "function" and before == ":" and token.lower_name in _ALTERNATIVES:
            yield tuple(tuple(_list_needs(part)) for part in _split(token.arguments))
        before = token.value if token.type == "literal" else ""


def _split(tokens: list[Any]) -> Iterator[list[Any]]:
    """The parts of a list that commas part, none of them empty."""
    part: list[Any] = []
    for token in tokens:
        if token == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _text(tokens: list[Any]) -> str:
    return str(tinycss2.serialize(tokens)).replace("n/**/+", "n+")


def _list_asked(sheet: Iterable[Rule | AtRule]) -> Iterator[str]:
    """Every name that a selector asks for."""
    for rule in sheet:
        if isinstance(rule, AtRule):
            yield from _list_asked(rule.rules)
        else:
            yield from _flatten(tuple(selector.needs for selector in rule.selectors))


def _flatten(needs: Needs) -> Iterator[str]:
    for need in needs:
        yield from [need] if isinstance(need, str) else _flatten(need)


def _list_possible(sheet: Iterable[Rule | AtRule], names: frozenset[str]) -> Iterator[Rule | AtRule]:
    """The rules, and of each the selectors, that can match where these names are."""
    for rule in sheet:
        if isinstance(rule, Rule):
            selectors = tuple(selector for selector in rule.selectors if _is_met(selector.needs, names))
            if selectors:
                yield replace(rule, selectors=selectors)
        elif not rule.rules:
            yield rule
        elif rules := tuple(_list_possible(rule.rules, names)):
            yield replace(rule, rules=rules)


def _is_met(needs: Needs, names: frozenset[str]) -> bool:
    return all(need in names if isinstance(need, str) else any(_is_met(one, names) for one in need) for need in needs)


def _find_wanted(rules: Iterable[Rule | AtRule], words: frozenset[str]) -> frozenset[str]:
    """Of everything that is defined by a name, what these words or the rules call for, be it by way of others."""
    defined, called = dict[str, set[str]](), set(words)
    for name, text in _list_texts(rules):
        (defined.setdefault(name, set()) if name else called).update(_WORD.findall(text))
    wanted, waiting = set[str](), [name for name in called if name in defined]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [other for other in defined[name] if other in defined]
    return frozenset(wanted)


def _list_texts(rules: Iterable[Rule | AtRule]) -> Iterator[tuple[str, str]]:
    """Every value of the rules, with the name of the custom property or counter style that it defines, if it does."""
    for rule in rules:
        if isinstance(rule, AtRule):
            yield rule.defined, "" if rule.rules else rule.head.partition("{")[2]
            yield from _list_texts(rule.rules)
        else:
            for name, text in rule.declarations:
                yield name if name.startswith("--") else "", text.partition(":")[2]


def _write(rule: Rule | AtRule, wanted: frozenset[str]) -> str:
    """A rule as it stands in a page, without what nothing calls for; nothing where nothing of it is left."""
    if isinstance(rule, Rule):
        left = ";".join(text for name, text in rule.declarations if not name.startswith("--") or name in wanted)
        return f"{','.join(selector.text for selector in rule.selectors)}{{{left}}}" if left else ""
    if not rule.rules:
        return rule.head if not rule.defined or rule.defined in wanted else ""
    inside = "".join(_write(one, wanted) for one in rule.rules)
    return f"{rule.head}{{{inside}}}" if inside else ""


def _compact(css: str) -> str:
    """A style sheet without its comments and the white space that means nothing."""
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return re.sub(r"\s*([{};,>])\s*|(:) | ([*/]) ", r"\1\2\3", bare).replace(";}", "}").strip()
