"""Style sheets, cut to what a page can use: what is needed stays, and what no page state could need goes."""

import re

import pytest

from reporter.site.styles import Styles, _compact, list_names, make_styles, parse
from tests import example_runs as runs
from tests.site.test_render import site_of

PAGE = "<html><head><style>{}</style></head><body>{}</body></html>"


def cut(css: str, body: str, own: str = "") -> str:
    """What is left of a style sheet in a page with this body, and with a style of its own after it."""
    styles = Styles({"one": css})
    page = styles.cut(PAGE.format(styles.texts["one"] + own, body))
    assert page.endswith(f"{own}</style></head><body>{body}</body></html>")
    return page.partition("<style>")[2].partition(f"{own}</style>")[0]


def test_styles_survive_being_made_compact() -> None:
    assert _compact("/* x */ a :is(b, c) > d { width: calc(1px + 2px); color: red; }\n") == (
        "a :is(b,c)>d{width:calc(1px + 2px);color:red}"
    )


KEPT = {
    "a{color:red}": "<a>",
    ".x{color:red}": '<p class="w x">',
    ".x,p{color:red}": "<p class=x>",
    "#x:checked+b{color:red}": "<input id=x><b>",
    "p:not(.x){color:red}": "<p>",
    "p:not(.x,table *){color:red}": "<p>",
    "p:hover::after{color:red}": "<p>",
    "p[hidden]{color:red}": "<p\nhidden>",
    "p[type=a]{color:red}": '<p type="b">',
    "i[hidden]{color:red}": "<i><script>row.hidden = true</script>",
    "p:is(.x,.y){color:red}": '<p class="y">',
    "body:has(#x:checked) .y>p{color:red}": "<i id='x'></i><i id=x><p class='y'><p class=y>",
    "p:nth-child(n+2 of .x){color:red}": "<p>",
    ":root:has(p){color:red}": "<p>",
    "html,*,:root{color:red}": "",
    "@media print{.x{color:red}}": "<p class=x>",
    "@media (width>1px){@container not scroll-state(scrollable:inline){.x{color:red}}}": "<p class=x>",
    "@page{margin:1mm;@bottom-left{content:counter(page)}}": "",
    "p{&.x{color:red}}": "<p>",
    "p.x{color:red}": "<p><script>row.classList.add('x')</script>",
    "lineargradient{color:red}": "<svg><linearGradient>",
}  # fmt: skip


@pytest.mark.parametrize(("css", "body"), KEPT.items())
def test_what_could_match_is_kept_as_it_is(css: str, body: str) -> None:
    assert cut(css, body) == css


GONE = {
    "a{color:red}": "<p>a</p>",
    ".x{color:red}": '<p id="x" title="class=y">x .x</p>',
    "p.x .y{color:red}": "<p class=x>",
    "p:is(.x,.y>i){color:red}": '<p class="y">',
    "p:has(.x){color:red}": "<p>",
    "p[hidden]{color:red}": "<p class=hidden>hidden</p>",
    ":where(#x,#y) p{color:red}": "<p class=x>",
    "@media print{.x{color:red}@media (width>1px){.y{color:red}}}": "<p>",
    "@container (width>1px){.x{color:red}}": "<p>",
}


@pytest.mark.parametrize(("css", "body"), GONE.items())
def test_what_nothing_in_the_page_could_match_goes(css: str, body: str) -> None:
    assert cut(css, body) == ""


@pytest.mark.parametrize(
    ("css", "body", "left"),
    [
        ("p,.x,p .y{color:red}", "<p>", "p{color:red}"),
        (".x{color:red}@media print{.x{width:0}p{width:0}}", "<p>", "@media print{p{width:0}}"),
        (
            ":root{--a:1;--b:var(--a);--c:2;--aa:3}p{width:var(--b)}",
            "<p>",
            ":root{--a:1;--b:var(--a)}p{width:var(--b)}",
        ),
        (":root{--a:1;--b:2}.x{width:var(--b)}", '<p style="width:var(--a)">', ":root{--a:1}"),
        (":root{--a:1}", "<p>", ""),
        ("p{--a:1;width:0}", "<p>", "p{width:0}"),
        (
            "@counter-style one{system:extends two}@counter-style two{symbols:x}p::after{content:counter(n,one)}",
            "<p>",
            "@counter-style one{system:extends two}@counter-style two{symbols:x}p::after{content:counter(n,one)}",
        ),
        ("@counter-style one{symbols:x}.x::after{content:counter(n,one)}", "<p>", ""),
    ],
)
def test_only_what_is_used_is_left(css: str, body: str, left: str) -> None:
    assert cut(css, body) == left


def test_what_a_page_brings_itself_is_kept_and_counts() -> None:
    assert cut(":root{--a:1;--b:2}", "<p>", own="body:has(#x:checked){p{width:var(--a)}}") == ":root{--a:1}"


def test_a_sheet_that_does_not_parse_is_refused() -> None:
    with pytest.raises(ValueError, match="does not parse"):
        parse("p{color:red} .x")


def test_names_are_found_wherever_a_page_may_have_them() -> None:
    markup = '<P><svg class="a b"\nid=c><path class=d hidden></svg><script>const e = "f-g"</script>'
    asked = {
        "svg",
        ".a",
        ".b",
        "#c",
        "path",
        ".d",
        "script",
        ".e",
        "#f-g",
        "f-g",
        "html",
        ".c",
        "#a",
        "[hidden]",
        "[e]",
    }
    names = list_names(markup, asked | {"[a]", "[open]", "q"})
    assert names == asked - {".c", "#a"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages of a site by their paths."""
    site = site_of(tmp_path_factory.mktemp("site"), runs.every_kind(), training=runs.trained())
    return {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html")}


def test_no_page_holds_the_style_of_a_class_that_it_has_not(pages: dict[str, str]) -> None:
    """By plain words: whatever a rule asks for by a class, outside of a choice or a denial, is in the page."""
    whole = "".join(make_styles().texts.values())
    classes = set(re.findall(r"\.([a-z][\w-]*)", whole))
    assert len(pages) > 15
    for name, page in pages.items():
        style, _, body = page.partition("</style>")
        there = {one for value in re.findall(r'class=("[^"]*"|[\w-]+)', body) for one in value.strip('"').split()}
        there |= set(re.findall(r"[\w-]+", "".join(re.findall("<script>(.*?)</script>", body, re.DOTALL))))
        bare = re.sub(r":(?:not|nth-child)\([^()]*(?:\([^()]*\)[^()]*)*\)|:(?:is|where)\([^()]*\)", "", style)
        styled = set(re.findall(r"\.([a-z][\w-]*)(?=[^;{}]*\{)", bare)) & classes
        assert styled <= there, name
        assert len(styled) > 3
