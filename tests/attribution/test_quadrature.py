"""The arithmetic of the integration: what is exact is exact, what is estimated is bounded, and everything ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.interpolate import CubicSpline

from reporter.attribution.quadrature.estimates import find_jumps
from reporter.attribution.quadrature.integration import integrate_paths
from reporter.attribution.quadrature.refinement import START, Goal, Samples, integrate_samples, refine
from reporter.attribution.quadrature.rules import find_rules, weigh_polynomials, weigh_spline

TOLERANCES = (0.01, 0.001)


@pytest.mark.parametrize(("order", "before"), [(2, 0), (4, 1), (5, 1), (5, 2), (6, 2)])
@given(steps=some.lists(some.floats(0.02, 1.0), min_size=1, max_size=12), seed=some.integers(0, 1000))
def test_weights_are_exact_for_polynomials(order, before, steps, seed):
    nodes = np.concatenate([[0.0], np.cumsum(steps)]) / sum(steps)
    degree = min(order, len(nodes)) - 1
    polynomial = np.polynomial.Polynomial(np.random.default_rng(seed).normal(size=degree + 1))
    exact = np.diff(polynomial.integ()(nodes))
    np.testing.assert_allclose(weigh_polynomials(nodes, order, before=before) @ polynomial(nodes), exact, atol=1e-7)


def test_the_start_is_a_path_from_baseline_to_text():
    assert (START[0], START[-1]) == (0.0, 1.0)
    assert (np.diff(START) > 0).all()


class Cliff:
    """Features that rise along the path as sums of steps, some shared and some their own; integrals known exactly."""

    def __init__(self, seed: int, features: int = 20) -> None:
        draw = np.random.default_rng(seed)
        steps = 5 + features
        self.places, self.widths = draw.uniform(0.1, 0.8, steps), 10 ** draw.uniform(-1.2, -0.5, steps)
        shared = draw.normal(size=(5, features)) * draw.uniform(0.2, 1.0, (5, 1))
        self.sizes = np.concatenate([shared, np.diag(draw.normal(size=features))])
        self.asked: list[float] = []

    def total(self, node: float) -> np.ndarray:
        return np.tanh((node - self.places) / self.widths) @ self.sizes

    def gradient(self, node: float) -> np.ndarray:
        return (1 / np.cosh((node - self.places) / self.widths) ** 2 / self.widths) @ self.sizes

    @property
    def exact(self) -> np.ndarray:
        return self.total(1.0) - self.total(0.0)


def sample_of(*cliffs: Cliff):
    def sample(rows, nodes):
        for row, node in zip(rows, nodes, strict=True):
            cliffs[row].asked.append(node)
        pairs = list(zip(rows, nodes, strict=True))
        return np.array([cliffs[r].total(n).sum() for r, n in pairs]), [cliffs[r].gradient(n) for r, n in pairs]

    return sample


@pytest.fixture(scope="module", params=TOLERANCES)
def journeys(request):
    """Two hundred integrands and how far each was followed."""
    cliffs, goal = [Cliff(seed) for seed in range(200)], Goal(request.param, unit_roundoff=2.0**-52)
    return cliffs, integrate_paths(sample_of(*cliffs), [None] * len(cliffs), goal), goal


def test_every_integral_is_as_exact_as_it_was_to_be(journeys):
    cliffs, found, goal = journeys
    kept = []
    for cliff, journey in zip(cliffs, found, strict=True):
        off = np.abs(journey.integral.values - cliff.exact)
        kept.append(off.sum() <= goal.tolerance * np.abs(cliff.exact).sum())
        assert abs(journey.integral.residual) <= goal.tolerance * abs(journey.samples.change)
        assert journey.integral.whole <= goal.tolerance * journey.integral.size
    assert np.mean(kept) >= 0.99


def test_errors_bound_ninety_nine_in_a_hundred_and_are_not_vacuous(journeys):
    cliffs, found, _ = journeys
    off = np.concatenate([np.abs(j.integral.values - c.exact) for c, j in zip(cliffs, found, strict=True)])
    errors = np.concatenate([journey.integral.errors for journey in found])
    assert (off <= errors).mean() >= 0.99
    assert np.median(errors) <= 40 * np.median(off)
    wholes = [j.integral.whole / np.abs(j.integral.values - c.exact).sum() for c, j in zip(cliffs, found, strict=True)]
    assert np.mean(np.array(wholes) >= 1) >= 0.99


def test_no_node_is_paid_for_twice(journeys):
    cliffs, found, _ = journeys
    for cliff, journey in zip(cliffs, found, strict=True):
        assert len(set(cliff.asked)) == len(cliff.asked) == journey.evaluations


def test_what_is_known_already_is_not_asked_for():
    cliff = Cliff(3)
    ends = [
        Samples(np.array([0.0, 1.0]), np.array([cliff.total(n).sum() for n in (0, 1)]), cliff.gradient(0)[None] * 0)
    ]
    ends[0] = Samples(ends[0].nodes, ends[0].totals, np.stack([cliff.gradient(0.0), cliff.gradient(1.0)]))
    (journey,) = integrate_paths(sample_of(cliff), ends, Goal())
    assert not {0.0, 1.0} & set(cliff.asked)
    assert journey.evaluations == len(cliff.asked) + 2


def test_rows_do_not_touch_each_other():
    together = integrate_paths(sample_of(*map(Cliff, range(6))), [None] * 6, Goal())
    for seed, journey in enumerate(together):
        (alone,) = integrate_paths(sample_of(Cliff(seed)), [None], Goal())
        np.testing.assert_array_equal(alone.samples.nodes, journey.samples.nodes)
        np.testing.assert_allclose(alone.integral.values, journey.integral.values, rtol=1e-12)


def test_in_haste_it_takes_few_rounds_and_is_as_exact():
    cliffs = [Cliff(seed) for seed in range(30)]
    found = {}
    for few_rounds in (False, True):
        rounds = []
        ask = sample_of(*cliffs)

        def sample(rows, nodes, ask=ask, rounds=rounds):
            rounds.append(len(rows))
            return ask(rows, nodes)

        found[few_rounds] = integrate_paths(sample, [None] * 30, Goal(0.01, few_rounds=few_rounds)), len(rounds)
    assert found[True][1] < found[False][1] / 2
    for one, other in zip(found[True][0], found[False][0], strict=True):
        assert np.abs(one.integral.values - other.integral.values).sum() <= 0.02 * one.integral.size


def test_a_finer_tolerance_costs_more_and_errs_less():
    coarse, fine = (integrate_paths(sample_of(*map(Cliff, range(20))), [None] * 20, Goal(t)) for t in (0.05, 0.0005))
    assert sum(j.evaluations for j in coarse) < sum(j.evaluations for j in fine)
    assert sum(j.integral.whole for j in coarse) > 10 * sum(j.integral.whole for j in fine)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 12, 90])
def test_rules_are_those_of_their_nodes_however_many(count):
    nodes = np.linspace(0.0, 1.0, count) ** 1.5
    rules, again = find_rules([nodes, nodes.copy()])
    for one, other in zip(vars(rules).values(), vars(again).values(), strict=True):
        np.testing.assert_array_equal(one, other)
    lines = np.stack([np.ones(count), nodes], 1)
    areas = np.stack([np.diff(nodes), np.diff(nodes**2) / 2], 1)
    np.testing.assert_allclose(rules.values @ lines, areas, atol=1e-12)
    for nothing in (*rules.apart, rules.whole):
        np.testing.assert_allclose(nothing @ lines, 0.0, atol=1e-12)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 9, 30])
def test_the_spline_is_the_one_that_everybody_knows(count):
    nodes = np.sort(np.random.default_rng(count).random((3, count)))
    for own, weights in zip(nodes, weigh_spline(nodes), strict=True):
        usual = CubicSpline(own, np.eye(count)).antiderivative()(own)
        np.testing.assert_allclose(weights, np.diff(usual, axis=0), atol=1e-12)


def test_rules_do_not_depend_on_those_that_are_found_with_them():
    sets = [np.linspace(0.0, 1.0, 17) ** power for power in (0.5, 1.0, 1.5, 2.0)]
    for one, together in zip(sets, find_rules([*sets, sets[0]]), strict=False):
        (alone,) = find_rules([one])
        for part, same in zip(vars(alone).values(), vars(together).values(), strict=True):
            np.testing.assert_array_equal(part, same)


def test_a_panel_left_wide_between_halved_ones_is_doubted_by_the_square_of_how_much_wider_it_is():
    nodes = np.array([0.0, 0.1, 0.15, 0.2, 0.3, 0.35, 0.4, 0.5, 0.75, 1.0])
    expected = np.array([1, 1, 1, 4, 1, 1, 1, 1, 1])[:, None]
    plain = (weigh_polynomials(nodes, 6, before=2) - weigh_polynomials(nodes, 4, before=1)) / 4
    np.testing.assert_allclose(find_rules([nodes])[0].apart[1], expected * plain, atol=1e-15)


def test_a_kink_that_half_of_the_nodes_would_miss_costs_certainty():
    """Slopes of which every second is off a little: what F is at the nodes does not show it."""
    nodes = np.linspace(0.0, 1.0, 17)
    calm = np.stack([np.sin(nodes), np.cos(nodes)], 1)
    restless = calm + 1e-3 * (np.arange(17) % 2)[:, None]
    totals = 1 - np.cos(nodes) + np.sin(nodes)
    found = [
        one.errors
        for one in integrate_samples([Samples(nodes, totals, gradients) for gradients in (calm, restless)], Goal())
    ]
    assert (found[1] > 10 * found[0]).all()


@pytest.mark.parametrize("most", [3, 8, 11, 40])
def test_spent_evaluations_end_it(most):
    def noise(rows, nodes):
        draw = np.random.default_rng(len(nodes))
        return draw.normal(size=len(rows)), list(draw.normal(size=(len(rows), 4)))

    (journey,) = integrate_paths(noise, [None], Goal(1e-6, most))
    assert journey.evaluations <= most
    residual, whole = abs(journey.integral.residual), journey.integral.whole
    assert residual > 1e-6 * abs(journey.samples.change) or whole > 1e-6 * journey.integral.size


def test_a_structure_between_the_nodes_is_seen_by_its_defect():
    """A bump that no node has met: the slopes are flat everywhere, and F has moved."""
    smooth = Samples(START, np.zeros(len(START)), np.zeros((len(START), 3)) + 1e-3)
    moved = Samples(START, np.where(START > 0.4, 1.0, 0.0), smooth.gradients)
    (found,) = integrate_samples([moved], Goal())
    assert (found.errors >= 0.01).all()
    assert len(refine(moved, found, Goal())) >= 1


@pytest.mark.parametrize(("total", "gradient"), [(0.0, 0.0), (5.0, 0.0), (1e4, 1e-9)])
def test_nothing_to_share_out_ends_at_once(total, gradient):
    def flat(rows, nodes):
        return np.full(len(rows), total), [np.full(4, gradient)] * len(nodes)

    (journey,) = integrate_paths(flat, [None], Goal(0.001))
    assert journey.evaluations == len(START)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_named_with_its_place(bad):
    def broken(rows, nodes):
        return np.zeros(len(rows)), [np.array([0.0, bad if node == START[3] else 1.0]) for node in nodes]

    with pytest.raises(ValueError, match=r"gradient of the score is not a finite number .* of the way"):
        integrate_paths(broken, [None], Goal())


class Kinked:
    """Slopes that are smooth but for jumps, each of all features at once; integrals known exactly.

    `hidden` is the share of what jumps that the sum over the features, which F shows, does not know of.
    """

    def __init__(self, seed: int, jumps: int, hidden: float, features: int = 12) -> None:
        draw = np.random.default_rng(seed)
        self.smooth = Cliff(seed, features)
        self.smooth.widths = np.maximum(self.smooth.widths, 0.2)
        self.places = draw.uniform(0.02, 0.98, jumps)
        sizes = draw.normal(size=(jumps, features)) / np.sqrt(jumps)
        self.sizes = 3 * (sizes - hidden * sizes.mean(1, keepdims=True))

    def total(self, node: float) -> np.ndarray:
        return self.smooth.total(node) + np.maximum(node - self.places, 0.0) @ self.sizes

    def gradient(self, node: float) -> np.ndarray:
        return self.smooth.gradient(node) + (node > self.places) @ self.sizes

    @property
    def asked(self) -> list[float]:
        return self.smooth.asked

    @property
    def exact(self) -> np.ndarray:
        return self.total(1.0) - self.total(0.0)


JUMPS = [(1, 0.0), (1, 0.5), (1, 1.0), (6, 0.0), (6, 0.5), (60, 0.0)]  # how many, and which share of each is hidden


@pytest.mark.parametrize(
    ("jumps", "hidden", "tolerance"),
    [
        pytest.param(*each, tolerance, marks=pytest.mark.sweep if each[0] > 1 and tolerance < 0.01 else ())
        for tolerance in TOLERANCES
        for each in JUMPS
    ],
)
def test_what_jumps_is_known_no_better_than_it_is(jumps, hidden, tolerance):
    """Rules of one family agree where slopes jump in the middle of a panel, by symmetry, and are all off."""
    kinked, goal = [Kinked(seed, jumps, hidden) for seed in range(40)], Goal(tolerance, unit_roundoff=2.0**-52)
    found = integrate_paths(sample_of(*kinked), [None] * len(kinked), goal)
    pairs = [(np.abs(j.integral.values - k.exact), j, k) for j, k in zip(found, kinked, strict=True)]
    worst = [off.sum() / goal.tolerance / np.abs(k.exact).sum() for off, j, k in pairs if not j.misses(goal)]
    assert len(worst) >= 0.9 * len(kinked)
    assert max(worst) <= 1.2
    assert np.mean(np.array(worst) > 1) <= 1 / 40
    assert np.concatenate([off <= journey.integral.errors for off, journey, _ in pairs]).mean() >= 0.99


def test_a_jump_in_the_middle_of_a_panel_is_seen_where_rules_agree_by_symmetry():
    nodes = np.linspace(0.0, 1.0, 10)
    gradients = np.stack([np.where(nodes > 0.5, 1.0, 0.0), nodes**3], 1)
    (rules,) = find_rules([nodes])
    jumps = find_jumps((rules.jumps @ gradients)[None])[0]
    assert np.abs(rules.apart[1] @ gradients)[4, 0] < 1e-12
    assert jumps[4, 0] == pytest.approx(1.0)
    assert jumps[3:6, 1].max() < 0.01
    assert np.delete(jumps[:, 0], 4).max() < 1e-12


def test_what_moves_along_a_path_with_a_jump_is_known_no_better_than_its_share_of_it():
    """A straight line is known exactly, by its own rules; but nothing says that the jump is not its own as well."""
    nodes = np.linspace(0.0, 1.0, 10)
    gradients = np.stack([np.where(nodes > 0.5, 1.0, 0.0), nodes, np.ones(10)], 1)
    totals = np.maximum(nodes - 0.5, 0.0) + nodes**2 / 2 + nodes
    (found,) = integrate_samples([Samples(nodes, totals, gradients)], Goal(unit_roundoff=2.0**-52))
    assert found.whole / 2 <= found.errors[1] <= 2 * found.whole
    assert found.errors[2] < found.errors[1] / 10


def test_what_is_too_narrow_to_be_followed_ends_it_and_is_named():
    """A step of F that no two numbers of float32 lie on both sides of: more evaluations would not tell its shares."""

    def step(rows, nodes):
        return np.array([3.0 * (node > 0.3) + node for node in nodes]), [np.full(4, 0.25) for _ in rows]

    (journey,) = integrate_paths(step, [None], goal := Goal())
    start, end = journey.sliver(goal)
    assert journey.misses(goal)
    assert start <= 0.3 <= end
    assert end - start < 1e-5
    assert journey.evaluations < 100


def test_a_path_that_can_be_followed_has_nothing_too_narrow(journeys):
    _, found, goal = journeys
    assert {journey.sliver(goal) for journey in found} == {None}
