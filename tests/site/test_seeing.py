"""Blue and orange are told apart by those who see colours differently, and where there are no colours at all."""

import re
from itertools import product

import numpy as np
import pytest

from reporter.runs.versions import find_templates

# sRGB to what is seen with one kind of cones missing, in linear light: Machado, Oliveira and Fernandes,
# IEEE TVCG 15 (2009), severity 1.
KINDS = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# OKLab and back, B. Ottosson 2020.
CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip
TOKEN = re.compile(r"--([a-z-]+): light-dark\(oklch\(([^)]*)\), oklch\(([^)]*)\)\)")


def tokens() -> dict[tuple[str, str], np.ndarray]:
    """Every colour of the style sheet in OKLab, by name and scheme."""
    found = {}
    for name, *both in TOKEN.findall((find_templates() / "style" / "frame.css").read_text("utf-8")):
        for scheme, value in zip(("light", "dark"), both, strict=True):
            light, chroma, hue = map(float, value.split())
            found[name, scheme] = np.array([light, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))])
    return found


def seen(colour: np.ndarray, kind: str) -> np.ndarray:
    """A colour of OKLab as it is seen, in OKLab."""
    linear = np.linalg.solve(CONES, np.linalg.solve(LAB, colour) ** 3).clip(0, 1)
    return LAB @ np.cbrt(CONES @ (np.array(KINDS[kind]) @ linear).clip(0, 1))


def distance(one: np.ndarray, other: np.ndarray, kind: str) -> float:
    return float(np.linalg.norm(seen(one, kind) - seen(other, kind)))


@pytest.mark.parametrize(("kind", "scheme"), list(product(KINDS, ("light", "dark"))))
def test_support_and_opposition_are_told_apart_by_everyone(kind: str, scheme: str) -> None:
    found = tokens()
    paper, blue, orange = (found[name, scheme] for name in ("paper", "blue", "orange"))
    assert distance(blue, orange, kind) > 0.2
    half = [0.5 * paper + 0.5 * tint for tint in (blue, orange)]
    assert distance(half[0], half[1], kind) > 0.1
    assert distance(found["blue-line", scheme], found["orange-line", scheme], kind) > 0.15
    for tint in (blue, orange):
        assert distance(paper, tint, kind) > 0.2  # and a tint from no tint


def test_colours_that_are_mixed_up_would_be_found() -> None:
    red, green = np.array([0.63, 0.15, 0.08]), np.array([0.63, -0.1, 0.1])
    assert distance(red, green, "all cones") > 0.2
    assert distance(red, green, "deuteranopia") < 0.1
