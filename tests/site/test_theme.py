"""A theme sets what it may, in words that are written anew; all else is refused, and so are colours none can read."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.audit.check import Thresholds, check_site
from reporter.records import twin
from reporter.records.errors import UserError
from reporter.runs.store import Store
from reporter.site.colours import COLOURS as PRINTED
from reporter.site.colours import WHITE, contrast, read_colour
from reporter.site.render import draw_site
from reporter.site.theme import NAMES, load_theme, read_theme
from tests import example_runs as runs
from tests.cli.test_cli import refusal, run
from tests.site.test_render import CONTENT, Page

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "theme.css"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def url(picture: bytes = PNG, kind: str = "png") -> str:
    """A data URL as it stands in a theme."""
    return f'url("data:image/{kind};base64,{base64.b64encode(picture).decode()}")'


def block(**values: str) -> str:
    """A theme that sets these properties, with dashes for underscores."""
    return ":root{" + ";".join(f"--{name.replace('_', '-')}:{value}" for name, value in values.items()) + "}"


def token(css: str) -> object:
    """A colour as tinycss2 reads it."""
    import tinycss2

    return tinycss2.parse_one_component_value(css)


def test_the_example_is_a_theme_and_says_the_same_when_it_is_read_again():
    text = load_theme(EXAMPLE)
    assert load_theme(EXAMPLE) == read_theme(text).text == text
    assert "Example Bank" in read_theme(text).organisation


def test_the_document_lists_every_property_and_no_other():
    told = re.findall(r"^\| (`--[^|]*`) \|", (ROOT / "docs" / "themes.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"--([\w-]+)", " ".join(told))) == sorted(NAMES)


@pytest.mark.parametrize("text", ["", "/* nothing */", ":root{}", " :root { ; } "])
def test_an_empty_theme_is_none(text):
    assert read_theme(text).text == read_theme(text).css == ""


def test_our_own_colours_can_be_read():
    read_theme(block(paper="light-dark(oklch(.985 .004 95), oklch(.19 .012 265))"))


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (block(rule="#ABC"), ":root{--rule:#AABBCC}"),
        (block(rule="RGB(1 2 3)"), ":root{--rule:#010203}"),
        (block(rule=" light-dark( #fff , #000 )"), ":root{--rule:light-dark(#FFFFFF,#000000)}"),
        (block(rule="oklch(90% 0.01 95deg)"), ":root{--rule:oklch(0.9 0.01 95)}"),
        (block(sans="  Inter ,'Brand  Sans',\n sans-serif"), ':root{--sans:Inter,"Brand  Sans",sans-serif}'),
        (block(supports_line="light-dark(#0050a0/* x */,#80b0ff)"), None),
        (block(organisation='"<b> & Söhne"'), None),
        (block(logo=url()), None),
        (block(logo=url(b"RIFF0000WEBPVP8 ", "webp")), None),
        (block(logo=url(b"<svg/>", "svg+xml").replace('"', "")), None),
    ],
)
def test_what_is_understood_is_written_anew(given, written):
    theme = read_theme(given)
    assert written in (theme.text, None)
    assert read_theme(theme.text) == theme
    assert not re.search(r"url|@|<|/\*", theme.css)


ORGANISATION = "The theme's --organisation is no name"
NO_COLOUR = "The theme's --ink is no colour"
NO_FONTS = "The theme's --sans is no list"
NO_PICTURE = "The theme's --logo is no picture in the file itself"
REFUSED = {
    "@import 'x.css';": "The theme has '@import'",
    "@import url(http://localhost/x);:root{--ink:#111}": "The theme has '@import'",
    "@font-face{src:url(x)}": "The theme has '@font-face'",
    "@media print{:root{--ink:#111}}": "The theme has '@media'",
    "body{--ink:#111}": "The theme has 'body'",
    ":root,body{--ink:#111}": "The theme has ':root,body'",
    ":root{--ink:#111}:root{--ink:#222}": "The theme has ':root'",
    ":root{--ink:#111}</style><script>": "The theme has",
    "hello": "The theme has",
    ":root{color:red}": "The theme sets 'color', which is not one of --accent, --card",
    ":root{--blue:#111}": "The theme sets '--blue'",
    ":root{--INK:#111}": "The theme sets '--INK'",
    ":root{--ink:#111;--ink:#222}": "The theme sets --ink twice",
    ":root{--ink:#111!important}": "The theme sets --ink twice or as important",
    ":root{&:hover{--ink:#111}}": "The theme has a part that is no property",
    ":root{@media print{--ink:#111}}": "The theme has a part that is no property",
    ":root{--ink}": "The theme has a part that is no property",
    block(ink="var(--paper)"): NO_COLOUR,
    block(ink="red"): NO_COLOUR,
    block(ink="#1118"): NO_COLOUR,
    block(ink="rgb(0 0 0 / 50%)"): NO_COLOUR,
    block(ink="oklch(none 0 0)"): NO_COLOUR,
    block(ink="url(x)"): NO_COLOUR,
    block(ink="#111 #222"): NO_COLOUR,
    block(ink="light-dark(#111)"): NO_COLOUR,
    block(ink="light-dark(#111,#222,#333)"): NO_COLOUR,
    block(ink="light-dark(#111,light-dark(#eee,#fff))"): NO_COLOUR,
    block(ink="color-mix(in oklab,#111,#222)"): NO_COLOUR,
    block(ink=""): NO_COLOUR,
    block(sans=""): NO_FONTS,
    block(sans="Inter,"): NO_FONTS,
    block(sans='"a;}</style>"'): NO_FONTS,
    block(sans='"a\\22 b"'): NO_FONTS,
    block(sans="url(x)"): NO_FONTS,
    block(sans='Inter "Bold"'): NO_FONTS,
    block(sans="inherit"): NO_FONTS,
    block(sans=",".join(["Inter"] * 13)): NO_FONTS,
    block(organisation="Bank"): ORGANISATION,
    block(organisation='""'): ORGANISATION,
    block(organisation=f'"{"x" * 81}"'): ORGANISATION,
    block(organisation='"a\\a b"'): ORGANISATION,
    block(organisation='"a\\22 b"'): ORGANISATION,
    block(organisation='"a\\202e b"'): ORGANISATION,
    block(logo="url(logo.png)"): NO_PICTURE,
    block(logo='url("https://localhost/logo.png")'): NO_PICTURE,
    block(logo="url(data:text/html;base64,AAAA)"): NO_PICTURE,
    block(logo='url("data:image/svg+xml,<svg/>")'): NO_PICTURE,
    block(logo='"data:image/png;base64,iVBORw0KGgo="'): NO_PICTURE,
    block(logo='src("data:image/png;base64,iVBORw0KGgo=")'): NO_PICTURE,
    block(logo='image-set("data:image/png;base64,iVBORw0KGgo=")'): NO_PICTURE,
    block(logo=f"{url()} {url()}"): NO_PICTURE,
    block(logo=url(b"GIF89a..", "png")): "The theme's --logo is no png",
    block(logo='url("data:image/png;base64,iVBORw0KGg")'): "The theme's --logo is no png",
    block(logo=url(PNG + bytes(12_000))): "and 16,000 are allowed",
    block(logo=url(PNG + bytes(50_000))): "and 50,000 are allowed",
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=range(len(REFUSED)))
def test_whatever_else_a_file_says_is_refused_in_a_sentence(text, told):
    with pytest.raises(UserError, match=re.escape(told)) as refused:
        read_theme(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


NEAR = {
    block(ink="light-dark(#999,#eee)"): "--ink on --paper in light is 2.",
    block(ink="#222"): "--ink on --paper in dark is 1.",
    block(ink2="light-dark(#555,#666)"): "--ink2 on --paper in dark is ",
    block(sunk="light-dark(#888,#222)"): "--ink2 on --sunk in light is ",
    block(card="light-dark(#888,#222)"): "--ink2 on --card in light is ",
    block(supports="light-dark(#024,#024)"): "--ink on --supports in light is ",
    block(opposes="light-dark(#fc8,#fc8)"): "--ink on --opposes in dark is ",
    block(strength="light-dark(#c8f,#ccc)"): "--ink on --strength in dark is ",
    block(supports_line="light-dark(#cde,#cde)"): "--supports-line on --paper in light is ",
    block(opposes_line="light-dark(#630,#300)"): "--opposes-line on --paper in dark is ",
    block(rule2="light-dark(#eee,#888)"): "--rule2 on --paper in light is ",
    block(accent="light-dark(#06c,#111)"): "--accent on --paper in dark is ",
    block(paper="light-dark(#ddd,#111)"): "the colour of ",
    block(paper="#111", card="#111", sunk="#111", ink="#eee", ink2="#ccc", supports="#024", opposes="#420"): " is ",
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), NEAR.items(), ids=range(len(NEAR)))
def test_colours_that_cannot_be_read_are_refused_with_the_pair_and_its_ratio(text, told):
    with pytest.raises(UserError, match=re.escape(told)) as refused:
        read_theme(text)
    assert re.search(r"is \d+\.\d\d:1, and at least (4\.5|3):1 is needed", str(refused.value))


def test_a_page_that_is_dark_by_day_would_be_white_on_white_in_print():
    """Light ink on dark paper can be read on a screen, and is refused as pages are printed on white."""
    dark = dict.fromkeys(("paper", "card", "sunk"), "#101010") | dict.fromkeys(("ink", "ink2"), "#f0f0f0")
    tints = dict.fromkeys(("supports", "opposes", "strength"), "#303030")
    lines = dict.fromkeys(("rule2", "accent", "supports_line", "opposes_line", "strength_line"), "#909090")
    with pytest.raises(UserError, match=r"passed checks on --paper in light|where a page is printed"):
        read_theme(block(**dark, **tints, **lines))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000", "#fff", 21.0),
        ("#777", "#fff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#f00", "#fff", 4.0),
        ("#00f", "#fff", 8.59),
    ],
)
def test_contrast_is_that_of_the_guidelines(one, other, ratio):
    """The ratios that every checker of contrast gives for these pairs."""
    first, second = read_colour(token(one)), read_colour(token(other))
    assert contrast(first, second) == contrast(second, first) == pytest.approx(ratio, abs=0.005)
    assert contrast(second, WHITE) == 1


@pytest.mark.parametrize("name", PRINTED)
def test_a_colour_in_oklch_is_read_as_pictures_have_it(name):
    from reporter.site.colours import OKLCH

    light, chroma, hue = OKLCH[name]
    assert read_colour(token(PRINTED[name])).srgb == pytest.approx(
        read_colour(token(f"oklch({light} {chroma} {hue})")).srgb, abs=0.5 / 255
    )


@given(
    st.lists(
        st.sampled_from([*":;{}()<>/*\\\"'#@!,.-", " ", "\n", "--ink", "--sans", "url", "</style>", "a", "#111"]),
        max_size=40,
    )
)
@settings(max_examples=150, deadline=None)
def test_no_text_gets_more_into_a_page_than_names_and_colours(parts):
    text = f":root{{--sans:{''.join(parts)}}}"
    try:
        css = read_theme(text).css
    except UserError:
        return
    assert re.fullmatch(r'(:root\{--(sans|ink):[\w "#,-]+(;--(sans|ink):[\w "#,-]+)*\})?', css)


@pytest.fixture(scope="module")
def themed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the theme of the documents."""
    site = tmp_path_factory.mktemp("themed")
    path = runs.saved(site / "data" / "run.sqlite", runs.every_kind(), runs.trained())
    with Store(path) as store:
        store.set_theme(load_theme(EXAMPLE))
        draw_site(store, site)
    return site


def test_every_page_wears_the_theme_and_asks_for_nothing_more(themed):
    theme = read_theme(load_theme(EXAMPLE))
    pages = [Page(path) for path in themed.rglob("*.html")]
    assert len(pages) > 15
    for page in pages:
        style = page.source.partition("</style>")[0]
        assert theme.css in style
        assert theme.css.count(":") > 8
        assert ("img", "src", theme.logo) in page.attributes
        assert page.path.name in ("404.html", "undrawn.html") or theme.organisation in page.text
        assert page.path.name in ("index.html", "documents-2.html") or ("meta", "content", CONTENT) in page.attributes
    provenance = Page(themed / "provenance.html").text
    assert ", ".join(theme.names) in provenance
    assert provenance.rstrip().count("--theme FILE") == 1
    assert twin.load_run((themed / "data" / "run.json").read_bytes()).theme == theme.text
    kinds = ("files", "schema", "links", "silence", "pages")
    assert [found.faults for found in check_site(themed, Thresholds()) if found.name in kinds and found.faults] == []


def test_a_name_is_text(tmp_path):
    path = runs.saved(tmp_path / "data" / "run.sqlite", [runs.explanation("a", "Great")])
    with Store(path) as store:
        store.set_theme(read_theme(block(organisation="\"</style><script>alert(1)</script>{{7*7}} 'x'\"")).text)
        draw_site(store, tmp_path)
    page = Page(tmp_path / "documents" / "a.html")
    assert "script" not in page.tags
    assert "</style><script>alert(1)</script>{{7*7}} 'x'" in page.text


@pytest.mark.parametrize("theme", [":root{--ink:url(x)}", ":root{--sans:a}</style><script>alert(1)</script>", "x"])
def test_a_theme_of_a_stranger_is_refused_before_anything_is_drawn(theme, tmp_path, capsys):
    path = runs.saved(tmp_path / "run.sqlite", [runs.explanation("a", "Great")])
    with Store(path) as store:
        store.set_theme(theme)
    assert "The theme" in refusal(capsys, "render", path, "-o", tmp_path / "site")
    assert not list((tmp_path / "site").rglob("*.html"))


def test_a_theme_is_kept_until_the_next_build(tmp_path, tiny, monkeypatch, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The film is great!")
    site, again, command = (
        tmp_path / "site",
        tmp_path / "again",
        ("build", tmp_path / "in", "-o", tmp_path / "site", "--model", tiny),
    )
    assert run(*command, "--theme", EXAMPLE) == 0
    monkeypatch.setattr("reporter.runs.explain.Attribute.__call__", lambda *_: pytest.fail("measured again"))
    worn = (site / "index.html").read_bytes()
    assert b"Example Bank" in worn
    assert run("render", site, "-o", again) == 0
    assert (again / "index.html").read_bytes() == worn
    assert run(*command) == 0
    plain = (site / "index.html").read_bytes()
    assert b"Example Bank" not in plain
    assert run("render", site, "-o", again, "--theme", EXAMPLE) == 0
    assert (again / "index.html").read_bytes() == worn
    (tmp_path / "salience.toml").write_text(f'theme = "{EXAMPLE}"')
    monkeypatch.chdir(tmp_path)
    assert run(*command) == 0
    assert (site / "index.html").read_bytes() == worn
    capsys.readouterr()


def test_a_theme_that_is_none_is_refused_before_anything_is_measured(tmp_path, tiny, capsys):
    (tmp_path / "a.txt").write_text("The film is great!")
    bad = tmp_path / "bad.css"
    for content, told in ((b"body{}", "The theme has 'body'"), (b"\xff\xfe", "is not UTF-8"), (None, "cannot be read")):
        bad.unlink(missing_ok=True)
        if content is not None:
            bad.write_bytes(content)
        for command in (("build", tmp_path / "a.txt", "--model", tiny), ("render", tmp_path / "none")):
            assert told in refusal(capsys, *command, "-o", tmp_path / "site", "--theme", bad)
    assert not (tmp_path / "site").exists()
