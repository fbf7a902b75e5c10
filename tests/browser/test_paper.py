"""On paper and in forced colours the sign can still be told: a line under what supports, dashes under what opposes."""

from io import BytesIO

import pytest
from PIL import Image

from tests.browser.sites import PAGES
from tests.browser.test_layout import lines_on, overlaps

# How far each table that is printed goes beyond its place.
BEYOND = (
    """() => [...document.querySelectorAll('.scroll:not(details *)')].map(one => one.scrollWidth - one.clientWidth)"""
)
SHEET, MARGIN = 688, 1  # px of a line on A4, between the margins, where all is cut off; what rounding may take of these
MARKED = """strength => {
  const text = document.querySelector('.text'), word = document.createElement('i')
  word.textContent = 'mmmmmmmmmmmm'
  word.style.cssText = `--0: ${100 * strength}; --1: ${100 * strength}; font-size: 24px; line-height: 60px`
  text.append(document.createElement('br'), word)
  const {x, y, width, height} = word.getBoundingClientRect()
  return {x: x + scrollX, y: y + scrollY, width, height}
}"""


def alike(one, other):
    """Whether two pixels show the same colour, but for dithering."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 12


def underline(page, strength):
    """The colours of a row of pixels in the underline of a word of this strength, as runs of equal ones."""
    box = page.evaluate(MARKED, strength)
    picture = Image.open(BytesIO(page.screenshot(full_page=True, animations="disabled"))).convert("RGB")
    y = int(box["y"] + box["height"]) - 2
    row = [picture.getpixel((x, y)) for x in range(int(box["x"]) + 4, int(box["x"] + box["width"]) - 4)]
    runs = row[:1]
    for colour in row:
        runs += [] if alike(colour, runs[-1]) else [colour]
    ground = picture.getpixel((int(box["x"] + box["width"]) + 12, y))
    return runs, ground


@pytest.mark.parametrize("medium", [{"media": "print"}, {"forced_colors": "active"}, {"media": "screen"}])
def test_the_sign_is_in_the_line(show, medium):
    page = show("document")
    page.emulate_media(**medium)
    solid, ground = underline(page, 1)
    assert len(solid) == 1
    assert not alike(solid[0], ground)
    dashes, _ = underline(page, -1)
    assert len(dashes) > 12
    none, ground = underline(page, 0)
    assert len(none) == 1
    assert alike(none[0], ground)


def test_a_strength_is_no_support_in_forced_colours(show):
    page = show("document", forced_colors="active")
    solid, _ = underline(page, 1)
    page.evaluate("document.getElementById('m1').click()")
    greyed, ground = underline(page, 1)
    assert len(solid) == len(greyed) == 1
    assert not alike(greyed[0], ground)
    assert not alike(greyed[0], solid[0])


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_or_lies_on_another_on_paper(show, name):
    page = show(name, width=SHEET)
    page.emulate_media(media="print")
    lines = lines_on(page)
    assert overlaps(lines) == []
    assert [one for one in lines if one["left"] < -MARGIN or one["right"] > SHEET + MARGIN] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    assert [over for over in page.evaluate(BEYOND) if over > 1] == []


@pytest.mark.parametrize("name", ["document", "two targets", "not met", "unresolvable", "one word"])
def test_paper_keeps_the_verdict(show, name):
    page = show(name, width=SHEET)
    told = page.locator(".ask p").first.text_content()
    assert told
    page.emulate_media(media="print")
    assert page.locator(".ask p").first.is_visible()
    assert page.locator(".ask h2").first.is_visible()
    checks = page.locator(".part.p0 .trust.m0 .check").all()
    assert len(checks) == 4
    assert all(one.is_visible() for one in checks)


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("404", "provenance", "training")])
def test_paper_says_what_it_leaves_out(show, name):
    page = show(name, width=SHEET)
    page.emulate_media(media="print")
    summaries = page.locator("details:not([open]) > summary")
    visible = [one.is_visible() for one in summaries.all()]
    shown = "one => one.parentElement.checkVisibility({visibilityProperty: true})"
    assert visible == [one.evaluate(shown) for one in summaries.all()]


def test_paper_shows_no_controls_and_light_colours(show):
    page = show("two targets", color_scheme="dark")
    page.evaluate("document.getElementById('dark').click()")
    assert page.locator(".switches").is_visible()
    page.emulate_media(media="print")
    for gone in (".switches", ".theme", ".tools", ".skip"):
        assert not page.locator(gone).first.is_visible(), gone
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.pdf(format="A4", print_background=True).startswith(b"%PDF")
