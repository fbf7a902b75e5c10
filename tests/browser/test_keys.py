"""Every switch by the keyboard alone, with and without scripts allowed; focus is always seen."""

import pytest

from tests.browser.sites import PAGES

STOP = """() => {
  const one = document.activeElement, ring = getComputedStyle(one.closest('label') ?? one)
  const {left, right, width, height} = (one.closest('label') ?? one).getBoundingClientRect()
  return one == document.body ? null : {
    id: one.id, name: one.outerHTML.slice(0, 90),
    ring: ring.outlineStyle == 'solid' && parseFloat(ring.outlineWidth) >= 2,
    there: width > 0 && height > 0 && left >= 0 && right <= innerWidth + 1,
  }
}"""
# What Tab should reach: of a group of radio buttons the chosen one alone.
REACHABLE = """() => [...document.querySelectorAll('a[href], summary, [tabindex="0"], input')].filter(
  one => one.checkVisibility({visibilityProperty: true}) && (one.type != 'radio' || one.checked)).length"""
TINTS = """() => [...document.querySelectorAll('.text i:not(:has(i))')].filter(one => one.checkVisibility()).map(
  one => getComputedStyle(one).backgroundColor + getComputedStyle(one.parentElement).backgroundColor)"""
ROWS = """() => [...document.querySelectorAll('.list tbody tr')].filter(one => one.checkVisibility()).map(one => ({
  source: one.querySelector('.src').textContent, text: one.textContent.toLowerCase(), ...one.dataset}))"""
CHECKED = "id => document.getElementById(id).checked"
DRAWN = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
SCROLLED = "new Promise(done => requestAnimationFrame(() => done(document.activeElement.parentElement.scrollLeft)))"
BOXES = """() => [...document.querySelectorAll('.scroll')].filter(one => one.checkVisibility()).map(one => ({
  name: one.getAttribute('aria-label'), scrolls: one.scrollWidth > one.clientWidth,
  stops: [...one.querySelectorAll(':scope > [tabindex]')].some(edge => edge.checkVisibility())}))"""


def tab_to(page, id):
    """Press Tab until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == id:
            return
    pytest.fail(f"Tab does not reach #{id}.")


@pytest.mark.parametrize("scripts", [True, False])
def test_every_switch_turns_by_keys_alone(show, scripts):
    page = show("two targets", java_script_enabled=scripts)
    seen = [page.evaluate(TINTS)]

    def changed(id):
        assert page.evaluate(CHECKED, id)
        seen.append(page.evaluate(TINTS))
        assert seen[-1] not in seen[:-1], id

    tab_to(page, "m0")
    for name in ("m1", "m2", "m3", "m4", "mc"):
        page.keyboard.press("ArrowRight")
        changed(name)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHECKED, "m0")
    tab_to(page, "p0")
    page.keyboard.press("ArrowRight")
    changed("p1")
    tab_to(page, "words")
    page.keyboard.press("ArrowRight")
    changed("subwords")
    tab_to(page, "numbers")
    after = "getComputedStyle(document.querySelector('.p1 .text i i'), '::after').content"
    assert page.evaluate(after) == "none"
    page.keyboard.press("Space")
    assert page.evaluate(CHECKED, "numbers")
    assert "counter" in page.evaluate(after)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_theme_turns_by_keys_alone(show, scripts):
    page = show("index", java_script_enabled=scripts, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    tab_to(page, "auto")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHECKED, "light")
    light = page.evaluate(paper)
    assert light != dark
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHECKED, "dark")
    assert page.evaluate(paper) == dark
    page.keyboard.press("ArrowLeft")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == light


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["index", "methods", "provenance", "404", "two targets", "failed"])
def test_focus_reaches_everything_and_is_seen(show, name, width):
    page = show(name, width=width)
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or stop in stops[:1]:
            break
        stops.append(stop)
    assert page.evaluate(REACHABLE) <= len(stops) < 200
    assert [stop for stop in stops if not (stop["ring"] and stop["there"])] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["index", "methods", "provenance", "measured", "tokens", "twelve methods"])
def test_only_boxes_that_scroll_take_the_focus_and_keys_scroll_them(show, name, width):
    page = show(name, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate("document.querySelectorAll('.note input').forEach(one => one.checked = true)")
    page.evaluate(DRAWN)
    boxes = page.evaluate(BOXES)
    assert [one["name"] for one in boxes if one["stops"] != one["scrolls"]] == []
    if name in ("measured", "twelve methods") and width == 390:
        assert any(one["scrolls"] for one in boxes)
    wanted, reached = {one["name"] for one in boxes if one["scrolls"]}, set()
    for _ in range(250):
        page.keyboard.press("Tab")
        box = page.evaluate("document.activeElement.parentElement?.closest('.scroll')?.getAttribute('aria-label')")
        if page.evaluate("document.activeElement.matches('.scroll > [tabindex]')"):
            reached.add(box)
            page.keyboard.press("ArrowRight")
            assert any(page.evaluate(SCROLLED) > 0 for _ in range(300)), box
        if page.evaluate("document.activeElement == document.body"):
            break
    assert reached == wanted


@pytest.mark.parametrize("name", [name for name in PAGES if name != "404"])  # after whose content no key leads anywhere
def test_the_first_key_skips_to_the_content(show, name):
    page = show(name, java_script_enabled=False)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.keyboard.press("Tab")
    inside = "document.activeElement.closest('header') == null && document.activeElement.className != 'skip'"
    assert page.evaluate(inside)


@pytest.fixture(params=["index", "index of every kind"])
def index(request, show):
    """A list of documents, what it held before a key was pressed, and a check of what it shows now."""
    page = show(request.param)
    every = page.evaluate(ROWS)
    assert len(every) >= 14
    assert page.get_attribute("#told", "role") == "status"

    def shows(expected):
        found, stop = page.evaluate(ROWS), page.evaluate(STOP)
        assert found == list(expected)
        assert page.text_content("#told") == f"{len(found)} of {len(every)} texts"
        assert stop["ring"]
        assert stop["there"]

    return page, every, shows


def test_the_list_is_searched_by_keys_alone(index):
    page, every, shows = index
    first, last = every[0]["text"].split()[0], every[0]["text"].split()[-1]
    tab_to(page, "seek")
    page.keyboard.type(f"  {last.upper()} {first} ")
    kept = [one for one in every if first in one["text"] and last in one["text"]]
    assert 0 < len(kept) < len(every)
    shows(kept)
    page.keyboard.press("Control+a")
    page.keyboard.type("no text has this")
    shows([])
    page.keyboard.press("Escape")
    shows(every)


def test_the_search_finds_whole_texts_ids_and_labels(show):
    page = show("index of every kind")
    rows = {one["source"]: one["text"] for one in page.evaluate(ROWS)}
    tab_to(page, "seek")
    for sought, source in (
        ("thing I have seen this year", "films/midnight-harbour.txt"),  # the end of a long text
        ("midnight-harbour", "films/midnight-harbour.txt"),
        ("<b>bold</b>", "a/b/c d&e/<i>'\"#?é.txt"),  # a label that is no answer of the model
        ("  UNBROKEN   take, ", "films/midnight-harbour.txt"),
        ("table-of-reviews.csv#4", "reviews/case-4711"),  # the file of a row that is called by its own id
    ):
        page.keyboard.press("Control+a")
        page.keyboard.type(sought)
        found = page.evaluate(ROWS)
        assert source in [one["source"] for one in found], sought
        assert len(found) < len(rows)
    page.keyboard.press("Control+a")
    page.keyboard.type("unbroken masterpieces")
    assert page.evaluate(ROWS) == []


def test_the_list_is_narrowed_to_a_slice_by_keys_alone(index):
    page, every, shows = index
    slices = {name: sorted({one[name] for one in every} - {""}) for name in ("folder", "answer")}
    assert len(slices["folder"]) > 1
    for name in [name for name, values in slices.items() if len(values) > 1]:
        tab_to(page, name)
        for value in slices[name]:
            page.keyboard.press("ArrowDown")
            shows([one for one in every if one[name] == value])
        page.keyboard.press("Home")
        shows(every)


def test_the_list_is_narrowed_to_a_flag_by_keys_alone(index):
    page, every, shows = index
    chips = page.eval_on_selector_all("[name=mark]", "all => all.map(one => one.value)")
    assert {"any", "agree", "wrong"} <= set(chips)
    tab_to(page, "sort")
    page.keyboard.press("Tab")
    for mark in chips[1:]:
        page.keyboard.press("ArrowRight")
        kept = [one for one in every if mark in one["marks"].split()]
        assert kept
        shows(kept)
    page.keyboard.press("ArrowRight")
    shows(every)


def test_the_list_is_sorted_by_keys_alone(index):
    page, every, shows = index
    tab_to(page, "sort")
    for key in (
        lambda one: one["source"],
        lambda one: one["answer"],
        lambda one: float(one["confidence"] or "inf"),
        lambda one: float(one["agreement"] or "inf"),
        lambda one: -len({"complete", "order", "agree", "deletion"} & set(one["marks"].split())),
    ):
        page.keyboard.press("ArrowDown")
        shows(sorted(every, key=key))
    page.keyboard.press("Home")
    shows(every)
