//! What becomes of open and new deals, drawn many times.

use rand::RngExt;
use rand_distr::{Distribution, Exp1, Gamma};

use super::{Deal, PipelineFit, hazard::Hazard};
use crate::{
    Error, Result,
    forecast::{
        Forecast,
        intervals::{Interval, Paths},
    },
    parallel, random,
    random::Generator,
};

/// Paths that one task draws; fixed, so that the number of threads does not matter.
const CHUNK: usize = 16;

/// New deals that are drawn one by one in a period; more are drawn as so many, each for several.
const MOST_NEW: f64 = 5_000.0;

/// A shock with less variance than this is none.
const LEAST_SHOCK: f64 = 1e-6;

/// Simulated sales of a pipeline, in the unit of its amounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    paths: Paths,
    from_open: Vec<f64>,
    from_new: Vec<f64>,
}

impl Outlook {
    /// What `paths`, of which there is at least one, say of `group`.
    fn of(paths: &[Path], group: usize) -> Result<Self> {
        let horizon = paths[0].open[group].len();
        let mean = |of: fn(&Path) -> &Vec<Vec<f64>>| -> Vec<f64> {
            let sum = |t: usize| paths.iter().map(|path| of(path)[group][t]).sum::<f64>();
            (0..horizon).map(|t| sum(t) / paths.len() as f64).collect()
        };
        let both = |path: &Path| {
            path.open[group].iter().zip(&path.new[group]).map(|(open, new)| open + new).collect()
        };
        Ok(Self {
            paths: Paths::from_paths(paths.iter().map(both).collect())?,
            from_open: mean(|path| &path.open),
            from_new: mean(|path| &path.new),
        })
    }

    /// The mean of each period.
    pub fn mean(&self) -> Vec<f64> {
        self.from_open.iter().zip(&self.from_new).map(|(open, new)| open + new).collect()
    }

    /// What deals bring that are open at the cutoff, on average.
    pub fn from_open(&self) -> &[f64] {
        &self.from_open
    }

    /// What deals bring that are created after the cutoff, on average.
    pub fn from_new(&self) -> &[f64] {
        &self.from_new
    }

    /// The paths: quantiles of periods and of sums, the odds of a target.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The central interval of each period.
    ///
    /// # Errors
    /// A parameter error for a level outside (0, 1).
    pub fn interval(&self, level: f64) -> Result<Interval> {
        self.paths.interval(level)
    }
}

/// What is expected of one open deal.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// The probability to be won in each period.
    pub won: Vec<f64>,
    /// The probability to be lost in each period.
    pub lost: Vec<f64>,
    /// What it brings if it is won, on average.
    pub amount: f64,
}

/// The hazard sums of a deal by period, winning first.
type Risks = Vec<[f64; 2]>;

/// What one path has brought by period.
struct Path {
    open: Vec<Vec<f64>>,
    new: Vec<Vec<f64>>,
}

/// What all paths have in common.
struct Future {
    open: Vec<Risks>,
    /// By period of creation and template.
    new: Vec<Vec<Risks>>,
    arrivals: Forecast,
    group_of_open: Vec<usize>,
    group_of_new: Vec<usize>,
    groups: usize,
}

impl PipelineFit {
    /// What is expected of every open deal over `horizon` periods, in the order of
    /// [`open`](PipelineFit::open), without shocks.
    ///
    /// # Errors
    /// A parameter error for a horizon of 0 or beyond the calendar.
    pub fn prospects(&self, horizon: usize) -> Result<Vec<Prospect>> {
        self.check(horizon, 1)?;
        let of = |deal: &Deal| {
            let mut open = 1.0;
            let (won, lost) = self
                .risks(deal, horizon)
                .into_iter()
                .map(|[win, loss]| {
                    let sum = win + loss;
                    let closes = open * -(-sum).exp_m1();
                    open -= closes;
                    let share = if sum > 0.0 { win / sum } else { 0.0 };
                    (closes * share, closes * (1.0 - share))
                })
                .unzip();
            Prospect { won, lost, amount: deal.amount.unwrap_or(self.amounts.expected(deal)) }
        };
        Ok(self.open.iter().map(of).collect())
    }

    /// Draws `count` paths of the next `horizon` periods; path `i` depends on `seed` and `i` alone.
    ///
    /// # Errors
    /// A parameter error for a horizon or count of 0, or a horizon beyond the calendar.
    pub fn simulate(&self, horizon: usize, count: usize, seed: u64) -> Result<Outlook> {
        let mut whole = self.draw(horizon, count, seed, None)?;
        Ok(whole.swap_remove(0))
    }

    /// The paths of [`simulate`](PipelineFit::simulate), each divided by the levels of a trait, counted from 0:
    /// with the same seed the levels add up to it, path by path. One outlook for each level that a deal has had,
    /// and for those below it.
    ///
    /// # Errors
    /// As [`simulate`](PipelineFit::simulate), and for a trait that deals do not have.
    pub fn simulate_by(
        &self,
        place: usize,
        horizon: usize,
        count: usize,
        seed: u64,
    ) -> Result<Vec<Outlook>> {
        if self.templates.first().is_none_or(|deal| place >= deal.traits.len()) {
            return Err(Error::parameter("place", place, "the place of a trait"));
        }
        self.draw(horizon, count, seed, Some(place))
    }

    fn draw(
        &self,
        horizon: usize,
        count: usize,
        seed: u64,
        place: Option<usize>,
    ) -> Result<Vec<Outlook>> {
        self.check(horizon, count)?;
        let group = |deal: &Deal| place.map_or(0, |place| deal.traits[place] as usize);
        let groups = self.open.iter().chain(&self.templates).map(|deal| group(deal) + 1).max();
        let future = Future {
            open: self.open.iter().map(|deal| self.risks(deal, horizon)).collect(),
            new: self.risks_of_new(horizon),
            arrivals: self.arrivals.forecast(horizon),
            group_of_open: self.open.iter().map(group).collect(),
            group_of_new: self.templates.iter().map(group).collect(),
            groups: groups.unwrap_or(1),
        };
        let paths: Vec<Path> = parallel::map_chunks(count, CHUNK, |range| {
            let path = |index| self.path(&future, &mut random::stream(seed, index as u64));
            range.map(path).collect::<Vec<Path>>()
        })
        .into_iter()
        .flatten()
        .collect();
        (0..future.groups).map(|group| Outlook::of(&paths, group)).collect()
    }

    fn check(&self, horizon: usize, count: usize) -> Result<()> {
        let most = self.cells.starts().len() - 1 - self.current;
        if !(1..=most).contains(&horizon) {
            return Err(Error::parameter("horizon", horizon, format!("within 1 to {most}")));
        }
        if count == 0 {
            return Err(Error::parameter("count", count, "at least 1"));
        }
        Ok(())
    }

    /// The hazard sums of `deal` in each period, from the cutoff or its creation on.
    fn risks(&self, deal: &Deal, horizon: usize) -> Risks {
        let first = self.current;
        let mut risks = vec![[0.0; 2]; horizon];
        self.cells.future(deal, self.cutoff, first + horizon, |period, days, levels| {
            let risk = &mut risks[period - first];
            risk[0] += days * self.win.of(levels);
            risk[1] += days * self.loss.of(levels);
        });
        risks
    }

    /// The hazard sums of every template created in each period, spread over its days.
    fn risks_of_new(&self, horizon: usize) -> Vec<Vec<Risks>> {
        let count = self.templates.len() as f64;
        let starts = &self.cells.starts()[self.current..];
        (0..horizon)
            .map(|period| {
                let (from, to) = (starts[period].max(self.cutoff), starts[period + 1]);
                let created = |place: usize| from + (to - from) * (place as f64 + 0.5) / count;
                let risks = |(place, template): (usize, &Deal)| {
                    let created = created(place);
                    let stages = template.stages.first().map(|(_, stage)| (created, *stage));
                    let deal = Deal {
                        created,
                        closed: None,
                        amount: template.amount,
                        traits: template.traits.clone(),
                        stages: stages.into_iter().collect(),
                    };
                    self.risks(&deal, horizon)
                };
                self.templates.iter().enumerate().map(risks).collect()
            })
            .collect()
    }

    fn path(&self, future: &Future, random: &mut Generator) -> Path {
        let horizon = future.new.len();
        let shocks: Vec<[f64; 2]> =
            (0..horizon).map(|_| [shock(&self.win, random), shock(&self.loss, random)]).collect();
        let nothing = || vec![vec![0.0; horizon]; future.groups];
        let mut path = Path { open: nothing(), new: nothing() };
        for ((deal, risks), group) in self.open.iter().zip(&future.open).zip(&future.group_of_open)
        {
            if let Some(period) = won(risks, 0, &shocks, random) {
                path.open[*group][period] += self.amount(deal, random);
            }
        }
        let counts = self.arrivals.simulate(&future.arrivals, random);
        let starts = &self.cells.starts()[self.current..];
        let left = (starts[1] - self.cutoff) / (starts[1] - starts[0]);
        for (period, count) in counts.into_iter().enumerate() {
            let count = (count * if period == 0 { left } else { 1.0 }).round().max(0.0);
            let drawn = count.min(MOST_NEW);
            for _ in 0..drawn as usize {
                let place = random.random_range(0..self.templates.len());
                if let Some(at) = won(&future.new[period][place], period, &shocks, random) {
                    let amount = self.amount(&self.templates[place], random);
                    path.new[future.group_of_new[place]][at] += amount * (count / drawn);
                }
            }
        }
        path
    }

    /// What a won deal brings: its amount, or that of a won deal like it.
    fn amount(&self, deal: &Deal, random: &mut Generator) -> f64 {
        let like = self.amounts.like(deal);
        match deal.amount.filter(|_| !self.hidden_amounts) {
            Some(amount) => amount,
            None if like.is_empty() => 0.0,
            None => like[random.random_range(0..like.len())],
        }
    }
}

/// The period from `first` on in which a deal of these risks is won; `None` where it is lost or stays open.
fn won(risks: &Risks, first: usize, shocks: &[[f64; 2]], random: &mut Generator) -> Option<usize> {
    let mut left: f64 = Exp1.sample(random);
    for period in first..risks.len() {
        let [win, loss] = [0, 1].map(|cause| risks[period][cause] * shocks[period][cause]);
        left -= win + loss;
        if left <= 0.0 {
            return (random.random::<f64>() * (win + loss) < win).then_some(period);
        }
    }
    None
}

/// A multiplier of a period: gamma with mean one.
fn shock(hazard: &Hazard, random: &mut Generator) -> f64 {
    let variance = hazard.shock_variance();
    if variance < LEAST_SHOCK {
        return 1.0;
    }
    // Shape and scale are above zero and finite here, so that the distribution exists.
    Gamma::new(1.0 / variance, variance).map_or(1.0, |gamma| gamma.sample(random))
}
