"""Seen and heard: axe finds nothing, every word can be read on its tint, nothing runs over the edge or moves."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.sites import PAGES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TYPES = ("index", "methods", "provenance", "404", "document", "failed", "traced", "training")
KINDS = tuple(name for name in PAGES if name not in TYPES)  # and of these one look is enough
WIDTHS = [(360, 820, 1920), pytest.param((390, 640, 1020, 1280, 2560), marks=pytest.mark.sweep)]
THEMES = ("light", "dark")
LOOKS = [
    *product(TYPES, [((390, "dark"), (1280, "light"))]),
    *product(KINDS, [((390, "light"),)]),
    *(pytest.param(name, ((390, "light"), (1280, "dark")), marks=pytest.mark.sweep) for name in TYPES),
]
OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"

# The least contrast of each kind of text (element and class) with what lies behind it. Colours of any syntax are
# painted on one pixel, to learn their sRGB values; backgrounds are laid over each other from the root inwards.
CONTRAST = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true}), known = new Map()
  const rgba = colour => {
    if (!known.has(colour)) {
      pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1)
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data
      known.set(colour, [r, g, b, a / 255])
    }
    return known.get(colour)
  }
  const over = (top, under) => under.map((value, at) => at == 3 ? 1 : top[at] * top[3] + value * (1 - top[3]))
  const behind = new Map([[null, [255, 255, 255, 1]]])
  const back = element => {
    if (!behind.has(element)) {
      behind.set(element, over(rgba(getComputedStyle(element).backgroundColor), back(element.parentElement)))
    }
    return behind.get(element)
  }
  const light = colour => {
    const [r, g, b] = colour.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    return .2126 * r + .7152 * g + .0722 * b
  }
  const least = {}
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim())
    if (!own || !element.checkVisibility({visibilityProperty: true})) continue
    const style = getComputedStyle(element), ground = back(element)
    const ink = rgba(element instanceof SVGElement ? style.fill : style.color)
    const pair = [light(over(ink, ground)), light(ground)].sort((a, b) => b - a)
    const ratio = (pair[0] + .05) / (pair[1] + .05)
    const name = `${element.localName}.${element.closest('[class]')?.getAttribute('class')}`
    least[name] = Math.min(least[name] ?? 99, ratio)
  }
  return least
}"""
# Words of every strength, in steps of a fortieth, in a line of their own at the end of the text.
EVERY_TINT = """() => {
  for (const text of document.querySelectorAll('.text:not(.unread)')) {
    for (let step = -40; step <= 40; step++) {
      const word = document.createElement('i')
      word.textContent = 'word '
      word.dataset.strength = step / 40
      for (let method = 0; method < 9; method++) word.style.setProperty(`--${method}`, step / 40)
      text.append(word)
    }
  }
}"""
BOXES = """() => [...document.querySelectorAll('.text > i')].filter(one => one.checkVisibility()).map(one => {
  const {x, y, width, height} = one.getBoundingClientRect()
  return [x, y, width, height].map(value => Math.round(value * 100)).join(' ')
})"""


# Headers of the rail as they are told to those who hear the page, and words in it that are cut though they have room.
HEARD = """() => [...document.querySelectorAll('.bars th')].map(one => one.scope)"""
CUT_SHORT = """() => [...document.querySelectorAll('.bars tr')].filter(row => row.checkVisibility()).filter(row => {
  const [word, left, right] = row.cells, used = left.textContent ? left.scrollWidth : 2
  return word.scrollWidth > word.clientWidth && row.clientWidth - right.offsetWidth - used - word.offsetWidth > 1
}).map(row => row.textContent)"""


@pytest.mark.parametrize("name", ["document", "two targets", "many scripts", "twelve methods"])
def test_the_rail_is_heard_by_its_rows_and_cuts_no_word_that_has_room(show, name):
    page = show(name)
    assert set(page.evaluate(HEARD)) == {"row"}
    for method in methods_on(page):
        page.evaluate("id => document.getElementById(id).checked = true", method)
        assert page.evaluate(CUT_SHORT) == []
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    told = {one["name"]["value"] for one in tree if one.get("role", {}).get("value") == "columnheader"}
    words = {one.text_content() for one in page.locator(".bars th").all()}
    assert words
    assert told & words == set()


def test_a_long_word_in_the_rail_is_whole(show):
    page = show("many scripts")
    whole = "Internationalization"
    page.evaluate("text => document.querySelector('.bars tbody:not(.against) th').textContent = text", whole)
    cell = page.locator(".bars tbody:not(.against) th").first
    assert cell.evaluate("one => one.scrollWidth <= one.clientWidth")


def methods_on(page):
    """The ids of the switches of the methods."""
    return page.eval_on_selector_all("input[name=method]", "all => all.map(one => one.id)")


@pytest.mark.parametrize(("name", "looks"), LOOKS)
def test_axe_finds_nothing(show, name, looks):
    page = show(name)
    page.evaluate(OPEN)
    found = []
    for width, theme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        only = {"type": "tag", "values": RULES}
        result = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response
        found += [
            (width, theme, one["id"], node["html"][:200]) for one in result["violations"] for node in one["nodes"]
        ]
        assert len(result["passes"]) > 15
    assert found == []


@pytest.mark.parametrize(
    ("name", "theme"),
    [*product(TYPES, THEMES), *product(KINDS, ["light"]),
     *(pytest.param(name, "dark", marks=pytest.mark.sweep) for name in KINDS)],
)  # fmt: skip
def test_all_text_can_be_read(show, name, theme):
    page = show(name, color_scheme=theme)
    page.evaluate(OPEN)
    page.evaluate(EVERY_TINT)
    least = {}
    for by in ("words", "subwords"):
        for method in methods_on(page) or [None]:
            if method:
                page.evaluate("ids => ids.forEach(id => document.getElementById(id).checked = true)", [by, method])
            for kind, ratio in page.evaluate(CONTRAST).items():
                least[kind] = min(ratio, least.get(kind, 99))
    assert len(least) > 5
    assert {kind: round(ratio, 2) for kind, ratio in least.items() if ratio < 4.5} == {}


def test_the_contrast_that_is_computed_is_right(show):
    page = show("404")
    page.evaluate("document.querySelector('h1').style.cssText = 'color: oklch(0 0 0); background: rgb(119 119 119)'")
    assert page.evaluate(CONTRAST)["h1.head"] == pytest.approx(4.69, abs=0.01)


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(show, name, widths):
    page = show(name)
    page.evaluate(OPEN)
    wide = []
    for numbers in (False, True) if page.query_selector("#numbers") else (False,):
        if numbers:
            page.evaluate("['numbers', 'subwords'].forEach(id => document.getElementById(id).checked = true)")
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wide += [(width, over)] if over else []
    assert wide == []


@pytest.mark.parametrize("name", ["document", "two targets", "many scripts"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_word_moves_when_the_method_is_switched(show, name, width):
    page = show(name, width=width)
    before = page.evaluate(BOXES)
    assert len(before) > 10
    for method in methods_on(page):
        page.evaluate("id => document.getElementById(id).click()", method)
        assert page.evaluate(BOXES) == before, method


@pytest.mark.parametrize("name", ["document", "two targets", "not met"])
def test_what_stands_above_the_text_is_of_the_method_that_is_chosen(show, name):
    page = show(name, width=1280)
    told = set()
    for method in methods_on(page):
        page.evaluate("id => document.getElementById(id).click()", method)
        for kind in (".why", ".trust"):
            seen = [one.get_attribute("class") for one in page.locator(f".stack {kind}").all() if one.is_visible()]
            assert [f"on {method}" in each for each in seen] == [True], kind
        told.add(page.locator(f".part.p0 .trust.on.{method} .ask p").text_content())
    assert len(told) == len(methods_on(page))


def test_a_phone_opens_a_section_by_its_heading_or_by_a_link_to_it(show):
    page = show("document", width=390)
    rows = page.locator(".row:has(.note input)")
    assert rows.count() > 4
    assert not any(row.locator(".wide").is_visible() for row in rows.all())
    for row in rows.all():
        row.locator("label").first.click()
        assert row.locator(".wide").is_visible()
        row.locator("label").first.click()
    page.locator(".trust.m0 a.check").first.click()
    assert page.locator(".row:target .wide").is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    assert all(row.locator(".wide").is_visible() for row in rows.all())


@pytest.mark.parametrize("name", ["document", "two targets", "not met", "one word", "failed", "measured"])
def test_a_phone_shows_a_document_in_six_screens(show, name):
    page = show(name, width=390)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollHeight / innerHeight") <= 6


def test_motion_is_left_out_for_those_who_ask(show):
    page = show("document", reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = (
        "[...document.querySelectorAll('*')].filter(one => getComputedStyle(one).transitionDuration != '0s').length"
    )
    assert page.evaluate(moving) == 0
    assert page.evaluate("document.getAnimations().length") == 0
