"""Fit BG/NBD and Gamma-Gamma by maximum likelihood, with standard errors or a reason why not.

BG/NBD (Fader, Hardie and Lee, 2005): a customer buys at a Poisson rate that is gamma distributed
over customers (shape r, rate alpha), and after each repeat purchase stops for good with a
probability that is beta distributed (a, b). Gamma-Gamma (Fader and Hardie, 2013): amounts are
gamma distributed (shape p) at a scale that is itself gamma distributed (q, v).

Both are maximised over the logarithms of their parameters by Newton's method with the exact
gradient and Hessian, on rows that are grouped: the cost grows with distinct rows, not with
customers. Times are measured in units of their mean and so is money; nothing is random, and the
order of the rows is fixed by who delivers them, so equal rows give equal results.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

Array: TypeAlias = NDArray[np.float64]
Derivatives = tuple[float, Array, Array]
Objective = Callable[[Array], Derivatives]

BGNBD = ("r", "alpha", "a", "b")
GAMMA_GAMMA = ("p", "q", "v")

LIMIT = 12.0  # a log parameter beyond it, in units of the means, is as good as infinite or zero
LONGEST_STEP = 2.0
MAX_STEPS = 200
TOLERANCE = 1e-10  # what the next step could add to the log-likelihood
SMALLEST_EIGENVALUE = 1e-9  # of the information as a correlation; below it is singular


@dataclass(frozen=True)
class Fit:
    """The maximum, with standard errors of the log parameters; or a reason why there is none."""

    parameters: Mapping[str, float] = field(default_factory=dict)
    log_standard_errors: Mapping[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class _Maximum:
    point: Array
    value: float
    hessian: Array
    is_converged: bool
    is_at_limit: bool


def fit_bgnbd(x: Array, t_x: Array, age: Array, count: Array) -> Fit:
    """Purchases: x repeats, the last one t_x after the first purchase, seen for age, count times.

    alpha is in the unit of t_x and age.
    """
    repeats = float(np.sum(count * x))
    if not repeats > 0:
        return Fit(reason="no_repeats" if np.sum(count) > 0 else "no_customers")
    unit = float(np.sum(count * age) / np.sum(count))
    rate = repeats / float(np.sum(count))  # per mean age
    objective = _bgnbd(x, t_x / unit, age / unit, count)
    starts = [
        np.log([r, r / rate, a, b]) for r, a, b in ((0.5, 1.0, 3.0), (2.0, 0.3, 10.0), (0.2, 5, 5))
    ]
    scale = np.array([1.0, unit, 1.0, 1.0])
    return _fit(BGNBD, objective, starts, scale, -repeats * np.log(unit))


def fit_gamma_gamma(x: Array, mean_amount: Array, count: Array) -> Fit:
    """Value per purchase: x repeats of a mean amount above 0, count times."""
    customers = float(np.sum(count))
    if not customers > 0:
        return Fit(reason="no_repeats")
    unit = float(np.sum(count * mean_amount) / customers)
    objective = _gamma_gamma(x, mean_amount / unit, count)
    starts = [np.log([p, q, (q - 1) / p]) for p, q in ((4.0, 4.0), (1.0, 2.0), (20.0, 20.0))]
    scale = np.array([1.0, 1.0, unit])
    fit = _fit(GAMMA_GAMMA, objective, starts, scale, -customers * np.log(unit))
    if fit.reason is None and fit.parameters["q"] <= 1:
        return Fit(log_likelihood=fit.log_likelihood, reason="infinite_mean")
    return fit


def _bgnbd(x: Array, t_x: Array, age: Array, count: Array) -> Objective:
    """The log-likelihood with its derivatives in the log parameters.

    Ratios of gamma functions are products over the repeats, so what is left of them are sums over
    the number of customers with more than j repeats: exact however large a parameter becomes.
    """
    highest = int(np.max(x))
    by_repeats = np.bincount(x.astype(np.int64), weights=count, minlength=highest + 1)
    j = np.arange(highest, dtype=np.float64)
    more_than = np.cumsum(by_repeats[::-1])[::-1][1:]
    customers = float(np.sum(count))
    is_repeat = x > 0
    xr, tr, nr = x[is_repeat], t_x[is_repeat], count[is_repeat]
    age_r = age[is_repeat]
    age_0, n_0 = age[~is_repeat], count[~is_repeat]

    def objective(theta: Array) -> Derivatives:
        parameters = np.exp(theta)
        r, alpha, a, b = (float(value) for value in parameters)
        # what only depends on the number of repeats
        c, c_r, c_b, c_ab = more_than, 1 / (r + j), 1 / (b + j), 1 / (a + b + j)
        value = np.sum(c * np.log(r + j)) - np.sum(c * np.log1p(a / (b + j)))
        value += customers * r * np.log(alpha)
        d_r = np.sum(c * c_r) + customers * np.log(alpha)
        d_alpha = customers * r / alpha
        d_a = -np.sum(c * c_ab)
        d_b = np.sum(c * (c_b - c_ab))
        rr = -np.sum(c * c_r**2)
        r_alpha = customers / alpha
        alpha_alpha = -customers * r / alpha**2
        aa = np.sum(c * c_ab**2)
        bb = np.sum(c * (c_ab**2 - c_b**2))

        # customers without a repeat: alive, and not bought since
        seen = alpha + age_0
        log_seen = np.log(seen)
        value -= r * np.sum(n_0 * log_seen)
        d_r -= np.sum(n_0 * log_seen)
        inverse = n_0 / seen
        d_alpha -= r * np.sum(inverse)
        r_alpha -= np.sum(inverse)
        alpha_alpha += r * np.sum(inverse / seen)

        # the others are alive (weight 1 - w), or have stopped at their last purchase (w)
        seen, last, shape, place = alpha + age_r, alpha + tr, r + xr, b + xr - 1
        log_seen, log_last = np.log(seen), np.log(last)
        log_odds = np.log(a / place) + shape * (log_seen - log_last)
        w = 1 / (1 + np.exp(-log_odds))
        value += np.sum(nr * (np.logaddexp(0, log_odds) - shape * log_seen))
        nw, nv = nr * w, nr * (1 - w)
        between = nw * (1 - w)
        by_seen, by_last, by_place = 1 / seen, 1 / last, 1 / place
        gap_r = log_seen - log_last
        gap_alpha = shape * (by_seen - by_last)
        d_r -= np.sum(nv * log_seen) + np.sum(nw * log_last)
        d_alpha -= np.sum(nv * shape * by_seen) + np.sum(nw * shape * by_last)
        d_a += np.sum(nw) / a
        d_b -= np.sum(nw * by_place)
        rr += np.sum(between * gap_r**2)
        r_alpha += np.sum(between * gap_r * gap_alpha)
        r_alpha -= np.sum(nv * by_seen) + np.sum(nw * by_last)
        alpha_alpha += np.sum(between * gap_alpha**2)
        alpha_alpha += np.sum(nv * shape * by_seen**2) + np.sum(nw * shape * by_last**2)
        ra, rb = np.sum(between * gap_r) / a, -np.sum(between * gap_r * by_place)
        alpha_a = np.sum(between * gap_alpha) / a
        alpha_b = -np.sum(between * gap_alpha * by_place)
        ab = np.sum(c * c_ab**2) - np.sum(between * by_place) / a
        aa += (np.sum(between) - np.sum(nw)) / a**2
        bb += np.sum((between + nw) * by_place**2)

        gradient = np.array([d_r, d_alpha, d_a, d_b])
        hessian = np.array(
            [
                [rr, r_alpha, ra, rb],
                [r_alpha, alpha_alpha, alpha_a, alpha_b],
                [ra, alpha_a, aa, ab],
                [rb, alpha_b, ab, bb],
            ]
        )
        return _in_logs(parameters, float(value), gradient, hessian)

    return objective


def _gamma_gamma(x: Array, mean_amount: Array, count: Array) -> Objective:
    """The log-likelihood with its derivatives in the log parameters."""
    distinct, place = np.unique(x, return_inverse=True)
    customers = np.bincount(place, weights=count)
    total = x * mean_amount
    log_amount = float(np.sum(count * np.log(mean_amount)))
    log_total = np.bincount(place, weights=count * np.log(total))

    def objective(theta: Array) -> Derivatives:
        parameters = np.exp(theta)
        p, q, v = (float(value) for value in parameters)
        px = p * distinct
        n = float(np.sum(customers))
        whole = v + total
        log_whole = np.bincount(place, weights=count * np.log(whole))
        by_whole = np.bincount(place, weights=count / whole)
        by_square = np.bincount(place, weights=count / whole**2)
        trigamma_sum, trigamma_px = polygamma(1, px + q), polygamma(1, px)
        value = np.sum(customers * (gammaln(px + q) - gammaln(px) - gammaln(q)))
        value += n * q * np.log(v) + np.sum(px * log_total) - np.sum((px + q) * log_whole)
        value -= log_amount
        d_p = np.sum(distinct * (customers * (digamma(px + q) - digamma(px))))
        d_p += np.sum(distinct * (log_total - log_whole))
        d_q = np.sum(customers * (digamma(px + q) - digamma(q))) + n * np.log(v)
        d_q -= np.sum(log_whole)
        d_v = n * q / v - np.sum((px + q) * by_whole)
        pp = np.sum(customers * distinct**2 * (trigamma_sum - trigamma_px))
        pq = np.sum(customers * distinct * trigamma_sum)
        pv = -np.sum(distinct * by_whole)
        qq = np.sum(customers * (trigamma_sum - polygamma(1, q)))
        qv = n / v - np.sum(by_whole)
        vv = -n * q / v**2 + np.sum((px + q) * by_square)
        gradient = np.array([d_p, d_q, d_v])
        hessian = np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]])
        return _in_logs(parameters, float(value), gradient, hessian)

    return objective


def _in_logs(parameters: Array, value: float, gradient: Array, hessian: Array) -> Derivatives:
    """Derivatives by parameters turned into derivatives by their logarithms."""
    slope = parameters * gradient
    return value, slope, hessian * np.outer(parameters, parameters) + np.diag(slope)


def _fit(
    names: Sequence[str], objective: Objective, starts: Sequence[Array], scale: Array, shift: float
) -> Fit:
    """The best maximum found; the further starts are tried only where the first does not do."""
    best: _Maximum | None = None
    # an exponential that overflows means a customer who has surely stopped: w is 0 or 1
    with np.errstate(over="ignore", under="ignore"):
        for start in starts:
            found = _maximise(objective, np.clip(start, -LIMIT, LIMIT))
            if best is None or found.value > best.value + TOLERANCE:
                best = found
            if best.is_converged and not best.is_at_limit:
                break
    if best is None or not best.is_converged:
        return Fit(reason="not_converged")
    log_likelihood = float(best.value + shift)
    if best.is_at_limit:
        return Fit(log_likelihood=log_likelihood, reason="at_bound")
    errors = _standard_errors(best.hessian)
    if errors is None:
        return Fit(log_likelihood=log_likelihood, reason="singular_information")
    values = np.exp(best.point) * scale
    return Fit(
        parameters=dict(zip(names, map(float, values), strict=True)),
        log_standard_errors=dict(zip(names, map(float, errors), strict=True)),
        log_likelihood=log_likelihood,
    )


def _maximise(objective: Objective, start: Array) -> _Maximum:
    """Newton's method inside a box: uphill also where the Hessian is indefinite."""
    theta = start
    value, gradient, hessian = objective(theta)
    for _ in range(MAX_STEPS):
        if not (np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian))):
            break
        step, gain, is_hill = _newton_step(theta, gradient, hessian)
        if is_hill and gain < TOLERANCE:
            return _Maximum(theta, value, hessian, True, bool(np.any(_at_limit(theta))))
        # as far as the box: cut short and not clipped, for on a ridge a clipped step falls off it
        room = np.where(step > 0, LIMIT - theta, LIMIT + theta)[step != 0] / np.abs(step[step != 0])
        step *= min(1.0, LONGEST_STEP / float(np.max(np.abs(step))), float(np.min(room)))
        for _ in range(40):
            trial = theta + step
            found = objective(trial)
            # close to the top the value itself no longer tells better from worse
            if np.isfinite(found[0]) and found[0] >= value - 1e-12 * abs(value):
                break
            step /= 2
        else:
            break
        theta, (value, gradient, hessian) = trial, found
    return _Maximum(theta, value, hessian, False, False)


def _newton_step(theta: Array, gradient: Array, hessian: Array) -> tuple[Array, float, bool]:
    """The step, twice what it promises to gain, and whether the point is on a hill (not a saddle).

    What stands at the edge of the box and would go further is held there.
    """
    is_held = _at_limit(theta) & (np.sign(theta) == np.sign(gradient))
    while True:
        free = np.flatnonzero(~is_held)
        step = np.zeros_like(theta)
        if not len(free):
            return step, 0.0, True
        curvature, axes = np.linalg.eigh(-hessian[np.ix_(free, free)])
        floor = 1e-12 * max(float(np.max(np.abs(curvature))), 1e-300)
        slope = axes.T @ gradient[free]
        along = slope / np.maximum(np.abs(curvature), floor)
        step[free] = axes @ along
        is_leaving = _at_limit(theta) & (np.sign(theta) == np.sign(step))
        if not np.any(is_leaving & ~is_held):
            return step, float(slope @ along), bool(np.all(curvature > -floor))
        is_held |= is_leaving


def _at_limit(theta: Array) -> NDArray[np.bool_]:
    return np.abs(theta) >= LIMIT * (1 - 1e-12)


def _standard_errors(hessian: Array) -> Array | None:
    """Roots of the diagonal of the inverse observed information; None where it is singular."""
    information = -hessian
    diagonal = np.diag(information)
    if not np.all(diagonal > 0):
        return None
    scale = 1 / np.sqrt(diagonal)
    correlation = information * np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SMALLEST_EIGENVALUE:
        return None
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(correlation))) * scale)
