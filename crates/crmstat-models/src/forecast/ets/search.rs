//! Maximum likelihood of one form: several starts, exact gradients, parameters within their bounds.

use super::{
    form::Form,
    recursion::{Gradient, Recursion, Smoothing, States, Step},
    start::{flat_states, initial_states},
};
use crate::optimise::projected::{Coordinate, Limits, Minimum, minimise};

/// The scaled series and what is reused between the fits of its forms.
pub(super) struct Search<'a> {
    /// Values over their mean size.
    values: &'a [f64],
    season: usize,
    region: Region,
    steps: Vec<Step>,
    gradient: Gradient,
    states: States,
}

/// A point of one form's search; see `Layout` for its coordinates.
#[derive(Clone, Debug)]
pub(super) struct Optimum {
    pub(super) form: Form,
    pub(super) minimum: Minimum,
}

/// The values of a search are rounded to this share of their mean size, so that the rounding that a
/// change of unit leaves in them cannot steer it.
const GRAIN: f64 = 1.0 / (1_u64 << 40) as f64;

/// Which smoothing parameters are searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Region {
    /// The greatest β.
    pub(super) beta_limit: f64,
    /// Whether β stays below α, and γ below 1 − α (Hyndman et al. 2008, 2.5.1).
    pub(super) usual: bool,
}

impl Region {
    /// The most that β may be beside this α, and how that changes with α.
    fn most_beta(self, alpha: f64) -> (f64, f64) {
        if self.usual && alpha < self.beta_limit { (alpha, 1.0) } else { (self.beta_limit, 0.0) }
    }

    /// The most that γ may be beside this α, and how that changes with α.
    fn most_gamma(self, alpha: f64) -> (f64, f64) {
        if self.usual { (1.0 - alpha, -1.0) } else { (1.0, 0.0) }
    }
}

/// Bounds of α and of the shares of β and γ; the margins are those of R's `ets`.
const SHARE: (f64, f64) = (1e-4, 0.9999);

/// Bounds of the damping: outside, a damped trend is either none or a line.
const DAMPING: (f64, f64) = (0.8, 0.98);

/// Accuracy of the log-likelihood's maximum, and a cap far above what a search needs.
const LIMITS: Limits = Limits { decrement: 1e-6, evaluations: 400 };

/// Where each parameter of a form stands in the vector of the search. β and γ are counted as shares of the
/// most that the region allows beside α, which makes the region a box. All seasonal states are free: level
/// and season may shift against each other without a change of the likelihood, a direction along which the
/// gradient is zero and the search never moves.
#[derive(Clone, Copy)]
struct Layout {
    beta: Option<usize>,
    gamma: Option<usize>,
    phi: Option<usize>,
    level: usize,
    trend: Option<usize>,
    season: usize,
    len: usize,
    region: Region,
}

impl Layout {
    fn of(form: Form, cycle: usize, region: Region) -> Self {
        let mut len = 1;
        let mut next = |present: bool| {
            present.then(|| {
                len += 1;
                len - 1
            })
        };
        let beta = next(form.has_trend());
        let gamma = next(form.is_seasonal());
        let phi = next(form.is_damped());
        let level = len;
        let trend = form.has_trend().then_some(level + 1);
        let season = level + 1 + usize::from(form.has_trend());
        Self {
            beta,
            gamma,
            phi,
            level,
            trend,
            season,
            len: season + if form.is_seasonal() { cycle } else { 0 },
            region,
        }
    }

    fn smoothing(&self, point: &[f64]) -> Smoothing {
        let get = |at: Option<usize>, absent: f64| at.map_or(absent, |at| point[at]);
        let alpha = point[0];
        Smoothing {
            alpha,
            beta: get(self.beta, 0.0) * self.region.most_beta(alpha).0,
            gamma: get(self.gamma, 0.0) * self.region.most_gamma(alpha).0,
            phi: get(self.phi, 1.0),
        }
    }

    /// The gradient by the parameters as one by the coordinates.
    fn read_gradient(&self, point: &[f64], by: &Gradient, gradient: &mut [f64]) {
        let alpha = point[0];
        gradient[0] = by.alpha;
        if let Some(at) = self.beta {
            let (most, slope) = self.region.most_beta(alpha);
            gradient[at] = by.beta * most;
            gradient[0] += by.beta * point[at] * slope;
        }
        if let Some(at) = self.gamma {
            let (most, slope) = self.region.most_gamma(alpha);
            gradient[at] = by.gamma * most;
            gradient[0] += by.gamma * point[at] * slope;
        }
        gradient[self.level] = by.states.level;
        for (at, derivative) in [(self.phi, by.phi), (self.trend, by.states.trend)] {
            if let Some(at) = at {
                gradient[at] = derivative;
            }
        }
        gradient[self.season..].copy_from_slice(&by.states.season);
    }

    fn read_states(&self, point: &[f64], states: &mut States) {
        states.level = point[self.level];
        states.trend = self.trend.map_or(0.0, |at| point[at]);
        states.season.clear();
        states.season.extend_from_slice(&point[self.season..]);
    }

    fn point(&self, start: Smoothing, states: &States) -> Vec<f64> {
        let share = |value: f64, (most, _): (f64, f64)| (value / most).clamp(SHARE.0, SHARE.1);
        let mut point = vec![0.0; self.len];
        point[0] = start.alpha;
        for (at, value) in [
            (self.beta, share(start.beta, self.region.most_beta(start.alpha))),
            (self.gamma, share(start.gamma, self.region.most_gamma(start.alpha))),
            (self.phi, start.phi),
            (Some(self.level), states.level),
            (self.trend, states.trend),
        ] {
            if let Some(at) = at {
                point[at] = value;
            }
        }
        point[self.season..].copy_from_slice(&states.season);
        point
    }
}

/// Starts that are compared by their likelihood before the best of them are followed: slow, middling and
/// fast levels, with still and with quick seasons, and a still level under a quick trend.
const STARTS: [Smoothing; 11] = [
    Smoothing { alpha: 0.001, beta: 0.02, gamma: 0.05, phi: 0.98 },
    Smoothing { alpha: 0.02, beta: 0.001, gamma: 0.5, phi: 0.97 },
    Smoothing { alpha: 0.05, beta: 0.005, gamma: 0.02, phi: 0.97 },
    Smoothing { alpha: 0.1, beta: 0.002, gamma: 0.8, phi: 0.97 },
    Smoothing { alpha: 0.2, beta: 0.01, gamma: 0.25, phi: 0.9 },
    Smoothing { alpha: 0.3, beta: 0.06, gamma: 0.04, phi: 0.97 },
    Smoothing { alpha: 0.4, beta: 0.004, gamma: 0.6, phi: 0.9 },
    Smoothing { alpha: 0.5, beta: 0.01, gamma: 0.05, phi: 0.95 },
    Smoothing { alpha: 0.65, beta: 0.01, gamma: 0.3, phi: 0.95 },
    Smoothing { alpha: 0.8, beta: 0.016, gamma: 0.04, phi: 0.95 },
    Smoothing { alpha: 0.9, beta: 0.2, gamma: 0.02, phi: 0.85 },
];

/// A start for [`flat_states`] that keeps every mean near the values' own, hence above zero where they
/// are.
const CALM: Smoothing = Smoothing { alpha: 0.3, beta: SHARE.0, gamma: SHARE.0, phi: 0.9 };

/// How many of the starts are followed to their optimum.
const FOLLOWED: usize = 5;

/// The scaled and rounded values, and the scale.
pub(super) fn scaled(values: &[f64], scale: f64) -> Vec<f64> {
    values.iter().map(|value| (value / scale / GRAIN).round_ties_even() * GRAIN).collect()
}

impl<'a> Search<'a> {
    pub(super) fn new(values: &'a [f64], season: usize, region: Region) -> Self {
        Self {
            values,
            season,
            region,
            steps: vec![Step::default(); values.len()],
            gradient: Gradient::default(),
            states: States::default(),
        }
    }

    fn layout(&self, form: Form) -> Layout {
        Layout::of(form, self.season, self.region)
    }

    /// The best optimum of `form` from its own starts and from the `neighbours`' optima.
    pub(super) fn best(&mut self, form: Form, neighbours: &[Optimum]) -> Option<Optimum> {
        let layout = self.layout(form);
        let states = initial_states(self.values, self.season, form);
        let mut own: Vec<_> = STARTS.iter().map(|start| layout.point(*start, &states)).collect();
        own.push(layout.point(CALM, &flat_states(self.values, self.season, form)));
        let inherited = neighbours
            .iter()
            .filter(|neighbour| neighbour.form.season() == form.season())
            .map(|neighbour| self.inherit(neighbour, layout, &states))
            .collect();
        let mut starts = self.most_likely(form, layout, own, FOLLOWED);
        starts.extend(self.most_likely(form, layout, inherited, 1));
        starts
            .into_iter()
            .map(|start| self.descend(form, layout, &start))
            .filter(|minimum| minimum.value.is_finite())
            .min_by(|a, b| a.value.total_cmp(&b.value))
            .map(|minimum| Optimum { form, minimum })
    }

    /// The neighbour's optimum as a start of another form; what the neighbour lacks comes from `states`
    /// and the middle start.
    fn inherit(&self, neighbour: &Optimum, layout: Layout, states: &States) -> Vec<f64> {
        let from = self.layout(neighbour.form);
        let point = &neighbour.minimum.point;
        let middle = STARTS[STARTS.len() / 2];
        let mut start = layout.point(middle, states);
        start[0] = point[0];
        for (target, source) in
            [(layout.beta, from.beta), (layout.gamma, from.gamma), (layout.phi, from.phi)]
        {
            if let (Some(target), Some(source)) = (target, source) {
                start[target] = point[source];
            }
        }
        start[layout.level] = point[from.level];
        if let Some(target) = layout.trend {
            start[target] = from.trend.map_or(0.0, |source| point[source]);
        }
        start[layout.season..].copy_from_slice(&point[from.season..]);
        start
    }

    /// The `count` starts with the greatest likelihood.
    fn most_likely(
        &mut self,
        form: Form,
        layout: Layout,
        starts: Vec<Vec<f64>>,
        count: usize,
    ) -> Vec<Vec<f64>> {
        let mut ranked: Vec<(f64, Vec<f64>)> = starts
            .into_iter()
            .map(|start| (self.objective(form, layout, &start, None), start))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked.into_iter().take(count).map(|(_, start)| start).collect()
    }

    fn descend(&mut self, form: Form, layout: Layout, start: &[f64]) -> Minimum {
        let coordinates = self.coordinates(form, layout, start);
        minimise(
            |point, gradient| self.objective(form, layout, point, Some(gradient)),
            start,
            &coordinates,
            LIMITS,
        )
    }

    /// −2 log-likelihood up to a constant, infinite outside the domain, and its gradient.
    fn objective(
        &mut self,
        form: Form,
        layout: Layout,
        point: &[f64],
        gradient: Option<&mut [f64]>,
    ) -> f64 {
        let recursion = Recursion::of(form);
        let smoothing = layout.smoothing(point);
        layout.read_states(point, &mut self.states);
        let sums = (recursion.forward)(self.values, smoothing, &mut self.states, &mut self.steps);
        if sums.least_mean <= 0.0 {
            return f64::INFINITY;
        }
        let n = self.values.len() as f64;
        let squares = sums.squares + n * GRAIN * GRAIN;
        let value = n * libm::log(squares) + 2.0 * sums.logs;
        if let Some(gradient) = gradient {
            self.gradient.states.season.resize(layout.len - layout.season, 0.0);
            (recursion.backward)(smoothing, &self.steps, n / squares, &mut self.gradient);
            layout.read_gradient(point, &self.gradient, gradient);
        }
        if value.is_nan() { f64::INFINITY } else { value }
    }

    /// The box, and the sampling variances that the coordinates would have near `start`: a state is known
    /// as well as the observations allow that still remember it.
    fn coordinates(&mut self, form: Form, layout: Layout, start: &[f64]) -> Vec<Coordinate> {
        let n = self.values.len() as f64;
        let value = self.objective(form, layout, start, None);
        // Multiplicative errors are relative to means around one, so that both kinds read alike here.
        let noise = if value.is_finite() { libm::exp(value / n) / n } else { 1.0 };
        let Smoothing { alpha, beta, gamma, .. } = layout.smoothing(start);
        let remembered = |rate: f64, count: f64| rate.max(1.0 / count);
        let free = |variance: f64| Coordinate {
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
            variance: 0.5 * noise * variance,
        };
        let share = Coordinate { lower: SHARE.0, upper: SHARE.1, variance: 1.0 / n };
        let mut coordinates = vec![share; layout.len];
        if let Some(at) = layout.beta {
            coordinates[at].variance = 1.0 / 16.0;
        }
        if let Some(at) = layout.phi {
            coordinates[at] = Coordinate { lower: DAMPING.0, upper: DAMPING.1, variance: 0.1 / n };
        }
        coordinates[layout.level] = free(remembered(alpha, n));
        if let Some(at) = layout.trend {
            coordinates[at] = free(remembered(2.0 * alpha * beta, n * n * n));
        }
        let cycles = n / self.season as f64;
        coordinates[layout.season..].fill(free(remembered(gamma, cycles)));
        coordinates
    }

    /// The optimum in the search's units, the season shifted so that its indices cancel.
    pub(super) fn states_of(&self, optimum: &Optimum) -> (Smoothing, States) {
        let layout = self.layout(optimum.form);
        let point = &optimum.minimum.point;
        let mut states = States::default();
        layout.read_states(point, &mut states);
        states.normalise(optimum.form);
        (layout.smoothing(point), states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_of_all_forms_match_central_differences() {
        let values: Vec<f64> = (0..37)
            .map(|t| {
                let t = f64::from(t);
                1.0 + 0.01 * t + 0.2 * (t * 1.3).sin() + 0.05 * (t * t).cos()
            })
            .collect();
        // α below and above the limit of β.
        let cases = Form::all().flat_map(|form| {
            [(1, true), (6, true), (6, false)].map(|(start, usual)| (form, STARTS[start], usual))
        });
        for (form, start, usual) in cases {
            let mut search = Search::new(&values, 5, Region { beta_limit: 0.2, usual });
            let layout = search.layout(form);
            let states = initial_states(&values, 5, form);
            let point = layout.point(start, &states);
            let mut gradient = vec![0.0; layout.len];
            search.objective(form, layout, &point, Some(&mut gradient));
            for axis in 0..layout.len {
                let mut at = |shift: f64| {
                    let mut moved = point.clone();
                    moved[axis] += shift;
                    search.objective(form, layout, &moved, None)
                };
                let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                let error = (gradient[axis] - difference).abs();
                assert!(error < 1e-4 * (1.0 + difference.abs()), "{form} {axis}: {error}");
            }
        }
    }
}
