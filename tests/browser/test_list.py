"""The list of documents as it is used: heads stay in sight, a whole row is a link, and a phone reads a sentence."""

import pytest

from tests.browser.sites import PAGES
from tests.browser.test_keys import DRAWN, tab_to

ROW = ".list tbody tr:not([hidden])"
# Where the controls end, where the heads of the columns are, and what is painted in the middle of each of them.
HEADS = """() => {
  const box = one => one.getBoundingClientRect(), heads = [...document.querySelectorAll('.list thead th')]
  return {
    controls: box(document.getElementById('controls')).bottom,
    tops: heads.map(one => Math.round(box(one).top)), bottom: box(heads[0]).bottom,
    seen: heads.every(one => one.contains(document.elementFromPoint(
      box(one).left + box(one).width / 2, box(one).top + box(one).height / 2))),
  }
}"""
TALL = """() => [...document.querySelectorAll('.mini')].filter(one => one.checkVisibility()).map(
  one => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)).filter(lines => lines > 2.1)"""
INSIDE = """() => [...document.querySelectorAll('.list tbody tr')].filter(one => one.checkVisibility()).map(row => {
  const {left, right, top, bottom} = row.getBoundingClientRect()
  const end = getComputedStyle(row.querySelector('.src'), '::after')
  return [Math.round(right - left - parseFloat(end.width)), Math.round(bottom - top - parseFloat(end.height))]
})"""


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [1020, 1280, 1920])
def test_the_heads_of_columns_stay_in_sight_below_the_controls(show, width, scripts):
    page = show("index of every kind", width=width, java_script_enabled=scripts)
    page.evaluate(
        "() => document.querySelectorAll('.list tbody tr')[7].scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    if scripts:  # without them no frame ever comes to a promise
        page.evaluate(DRAWN)
    found = page.evaluate(HEADS)
    assert page.evaluate("document.querySelector('.list').getBoundingClientRect().top") < 0
    assert len(set(found["tops"])) == 1
    assert abs(found["tops"][0] - (found["controls"] if scripts else 0)) <= 1
    assert found["seen"]


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("name", ["index", "index of every kind", "list"])
def test_a_whole_row_leads_to_its_page_without_a_script(show, name, width):
    page = show(name, width=width, java_script_enabled=False)
    assert {abs(gap) <= 2 for pair in page.evaluate(INSIDE) for gap in pair} == {True}
    row = page.locator(ROW).nth(3)
    href = row.locator(".src").evaluate("one => one.href")
    address = page.url
    for share in (0.05, 0.5, 0.95):
        row.scroll_into_view_if_needed()
        box = row.bounding_box()
        page.mouse.click(min(box["x"] + box["width"] * share, width - 40), box["y"] + box["height"] * share)
        page.wait_for_url(href)
        page.goto(address)


def test_the_row_that_has_the_focus_is_not_under_the_heads(show):
    page = show("index of every kind")
    tab_to(page, "sort")
    for _ in range(3):
        page.keyboard.press("Tab")
    for _ in range(12):
        page.keyboard.press("Tab")
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        top = page.evaluate("document.activeElement.getBoundingClientRect().top")
        assert page.evaluate("document.activeElement.className") == "src"
        assert top >= page.evaluate(HEADS)["bottom"] - 1


@pytest.mark.parametrize("width", [360, 820, 1280])
@pytest.mark.parametrize("name", ["index", "index of every kind"])
def test_a_text_takes_two_lines_at_most(show, name, width):
    page = show(name, width=width)
    assert page.locator(".mini").count() > 10
    assert page.evaluate(TALL) == []


def test_a_phone_reads_the_checks_in_a_sentence(show):
    page = show("index", width=390)
    told = page.locator(".passed").all()
    assert len(told) == page.locator(ROW).count() > 10
    for one in told:
        assert one.is_visible()
        assert " of 4 checks passed" in one.text_content()
    assert not any(one.is_visible() for one in page.locator(".list .c").all())
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not any(one.is_visible() for one in told)
    assert all(one.is_visible() for one in page.locator(".list tbody .c").all())


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("index")])
def test_the_colours_are_explained_before_the_first_of_them(show, name):
    page = show(name)
    legend, first = page.locator(".legend").first, page.locator(".mini").first
    assert "Blue, solid underline" in legend.text_content()
    assert legend.bounding_box()["y"] < first.bounding_box()["y"]
    assert page.locator(".legend .chip").count() == 2
