"""Where things stand: nothing lies on anything else, runs over an edge, is too small to read or to hit, or moves.

What is measured is geometry: pictures cannot be compared between machines with other fonts, but with no font may a
label run into the next.
"""

import pytest

from tests.browser.sites import PAGES
from tests.browser.test_access import OPEN

WIDTHS = [(360, 1280), pytest.param((768, 2560), marks=pytest.mark.sweep)]
SMALLEST = 12  # px of any text, in drawings too
STILL = 0.02  # a fifth of the shift that counts as good; a line may be broken anew while a page is still being read

# Every line of every text, as it is painted: its box without the room above and below the letters, and what holds it.
# Words of the text under examination and of its miniatures are one text, whose lines the browser has set.
LINES = """() => {
  let number = 0
  const found = [], range = document.createRange()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement
    if (!node.data.trim() || element.closest('.unseen, .skip, script, .text, .mini')) continue
    if (!element.checkVisibility({visibilityProperty: true})) continue
    const closed = element.closest('details:not([open])')
    if (closed && !element.closest('summary')) continue
    const style = getComputedStyle(element), size = parseFloat(style.fontSize)
    if (!size) continue
    const scale = element instanceof SVGElement ? element.getScreenCTM().a : 1
    range.selectNodeContents(node)
    number += 1
    const strip = element.closest('.scroll, .chips, .command, .seg > div')
    const edge = Math.min(...[strip, style.textOverflow == 'ellipsis' ? element : null].filter(Boolean).map(
      one => one.getBoundingClientRect().right))
    for (const box of range.getClientRects()) {
      const {left, top, bottom} = box, right = Math.min(box.right, edge)
      const middle = (top + bottom) / 2, half = size * scale * .36
      if (right - left < 1) continue
      const tall = style.writingMode != 'horizontal-tb'
      found.push({left, right, top: tall ? top : middle - half, bottom: tall ? bottom : middle + half,
        size: size * scale, number, text: node.data.trim().slice(0, 40), cut: style.textOverflow == 'ellipsis',
        strip: Boolean(strip) && strip.scrollWidth > strip.clientWidth})
    }
  }
  return found
}"""
CUT = """() => [...document.body.querySelectorAll('*')].filter(one => {
  const style = getComputedStyle(one)
  return one.checkVisibility() && !one.closest('.unseen, svg') && !(one instanceof HTMLInputElement)
    && ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow != 'ellipsis'
    && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
}).map(one => one.outerHTML.slice(0, 80))"""
# What can be hit: links that are not part of a sentence or a cell, and every control.
TARGETS = """() => [...document.querySelectorAll(
  'summary, label, select, input[type=search], .check, .tools a, .pages a'
)].filter(one => one.checkVisibility()).map(one => {
  const {width, height} = one.getBoundingClientRect()
  return [one.outerHTML.slice(0, 70), Math.round(width), Math.round(height)]
}).filter(([, width, height]) => width < 24 || height < 24)"""
# What a phone shows whole: the strongest words, who agrees, where it holds.
SCROLLS = """() => [...document.querySelectorAll('.scroll')].filter(
  one => one.querySelector('.strongest, .matrix, .slices, .pushes, .orders') && one.scrollWidth > one.clientWidth + 1
).map(one => one.getAttribute('aria-label'))"""
SHIFTS = """() => new Promise(done => {
  const seen = []
  new PerformanceObserver(list => seen.push(...list.getEntries().map(one => one.value)))
    .observe({type: 'layout-shift', buffered: true})
  requestAnimationFrame(() => setTimeout(() => done(seen), 50))
})"""


def lines_on(page):
    """Every line of text that is painted."""
    return page.evaluate(LINES)


def overlaps(lines):
    """Pairs of lines that lie on each other by more than a hair."""
    order, open_, found = sorted(lines, key=lambda one: one["top"]), [], []
    for one in order:
        open_ = [other for other in open_ if other["bottom"] > one["top"] + 1]
        found += [
            (other["text"], one["text"])
            for other in open_
            if one["number"] != other["number"]
            and min(one["right"], other["right"]) - max(one["left"], other["left"]) > 1.5
        ]
        open_.append(one)
    return found


def faults_of(page, width):
    """What is wrong with where things stand, as sentences."""
    page.set_viewport_size({"width": width, "height": 900})
    lines = lines_on(page)
    inside = [one for one in lines if not (one["strip"] or one["cut"])]
    yield from (f"{one!r} lies on {other!r}" for one, other in overlaps(lines))
    yield from (f"{one['text']!r} runs over the edge" for one in inside if one["left"] < -1 or one["right"] > width + 1)
    yield from (f"{one['text']!r} has {one['size']:.1f} px" for one in lines if one["size"] < SMALLEST - 0.05)
    yield from (f"{one} is cut off" for one in page.evaluate(CUT))
    yield from (f"{one} scrolls on a phone" for one in page.evaluate(SCROLLS) if width < 640)
    yield from (f"{one} is hard to hit" for one in page.evaluate(TARGETS))
    if len(lines) < 5:
        yield "nothing is there"


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_all_is_where_it_can_be_read_and_hit_and_nothing_moves(show, name, widths):
    page = show(name)
    assert sum(page.evaluate(SHIFTS)) < STILL
    page.evaluate(OPEN)
    assert [(width, fault) for width in widths for fault in faults_of(page, width)] == []


def test_what_lies_on_another_is_found(show):
    page = show("404")
    page.evaluate("document.querySelector('.why').style.cssText = 'margin-top: -24px; font-size: 9px'")
    lines = lines_on(page)
    assert overlaps(lines)
    assert min(one["size"] for one in lines) == 9
