//! What to generate, and the checks on it.

use std::str::FromStr;

use crate::{Date, Error, Result, generate::Dialect};

/// How customers buy and when they stop.
///
/// Rates are per week of the clock described in [`Spec::seasonality`]; with a flat clock, per week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Process {
    /// BG/NBD (Fader, Hardie and Lee 2005): rate λ ~ Gamma(r, α); after every repeat purchase the
    /// customer leaves with probability p ~ Beta(a, b).
    BgNbd {
        /// Shape of the rates.
        r: f64,
        /// Inverse scale of the rates, in weeks.
        alpha: f64,
        /// First shape of the dropout probabilities.
        a: f64,
        /// Second shape of the dropout probabilities.
        b: f64,
    },
    /// Pareto/NBD (Schmittlein, Morrison and Colombo 1987): rate λ ~ Gamma(r, α); the lifetime is
    /// exponential with rate μ ~ Gamma(s, β).
    ParetoNbd {
        /// Shape of the rates.
        r: f64,
        /// Inverse scale of the rates, in weeks.
        alpha: f64,
        /// Shape of the dropout rates.
        s: f64,
        /// Inverse scale of the dropout rates, in weeks.
        beta: f64,
    },
}

impl Process {
    /// BG/NBD with a customer base that keeps most of its buyers.
    pub const BG_NBD: Self = Self::BgNbd { r: 0.9, alpha: 7.0, a: 0.8, b: 5.0 };
    /// Pareto/NBD with a customer base that keeps most of its buyers.
    pub const PARETO_NBD: Self = Self::ParetoNbd { r: 0.9, alpha: 7.0, s: 0.8, beta: 50.0 };
}

/// Reads `bg-nbd` or `pareto-nbd`, alone for the defaults or with the four parameters in the order of the
/// fields: `bg-nbd:0.243,4.414,0.793,2.426`.
impl FromStr for Process {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, parameters) = match text.split_once(':') {
            Some((name, parameters)) => (name, Some(numbers::<4>(parameters)?)),
            None => (text, None),
        };
        match (name, parameters) {
            ("bg-nbd", None) => Ok(Self::BG_NBD),
            ("bg-nbd", Some([r, alpha, a, b])) => Ok(Self::BgNbd { r, alpha, a, b }),
            ("pareto-nbd", None) => Ok(Self::PARETO_NBD),
            ("pareto-nbd", Some([r, alpha, s, beta])) => Ok(Self::ParetoNbd { r, alpha, s, beta }),
            _ => Err(Error::usage(format!("`{name}` is not a purchase process"))
                .with_hint("it is one of bg-nbd, pareto-nbd")),
        }
    }
}

/// `N` numbers with commas between them.
fn numbers<const N: usize>(text: &str) -> Result<[f64; N]> {
    let numbers: Option<Vec<f64>> =
        text.split(',').map(|number| number.trim().parse().ok()).collect();
    numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| {
        Error::usage(format!("`{text}` is not {N} numbers"))
            .with_hint("write them with commas between them, such as 4,4,60")
    })
}

/// What customers spend per order: Gamma-Gamma (Fader, Hardie and Lee 2005; Fader and Hardie 2013).
///
/// An amount is Gamma(p, ν) with the customer's ν ~ Gamma(q, γ), so the mean amount is pγ / (q − 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spend {
    /// Shape of a customer's amounts.
    pub p: f64,
    /// Shape of the customers' inverse scales.
    pub q: f64,
    /// Inverse scale of the customers' inverse scales, in the currency.
    pub gamma: f64,
}

/// Reads `p,q,gamma`, such as `4,4,60`.
impl FromStr for Spend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let [p, q, gamma] = numbers(text)?;
        Ok(Self { p, q, gamma })
    }
}

/// A synthetic CRM: who its customers are, how they buy, how its export looks.
///
/// ```
/// use crmstat::{generate::{Part, Spec}, write::Format};
/// let world = Spec::new().customers(100).seed(7).check()?;
/// let mut orders = Vec::new();
/// let report = world.write(Part::Main, Format::Csv, &mut orders)?;
/// assert_eq!(orders.iter().filter(|&&byte| byte == b'\n').count() as u64, report.rows + 1);
/// # Ok::<(), crmstat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub(super) seed: u64,
    pub(super) customers: u32,
    pub(super) orders: Option<u64>,
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) process: Process,
    pub(super) spend: Spend,
    pub(super) seasonality: f64,
    pub(super) growth: f64,
    pub(super) win_rate: f64,
    pub(super) horizon_days: u16,
    pub(super) dialect: Dialect,
    pub(super) dirt: u64,
}

impl Default for Spec {
    fn default() -> Self {
        Self::new()
    }
}

/// Days that a spec may span with its horizon: a century.
const MOST_DAYS: i32 = 36_525;

impl Spec {
    /// 1,000 customers from mid-2023 to the end of 2025, as a plain table of orders, seed 42.
    pub fn new() -> Self {
        Self {
            seed: 42,
            customers: 1000,
            orders: None,
            from: Date::from_days(19_539), // 2023-07-01
            to: Date::from_days(20_454),   // 2026-01-01
            process: Process::BG_NBD,
            spend: Spend { p: 4.0, q: 4.0, gamma: 60.0 },
            seasonality: 0.25,
            growth: 0.1,
            win_rate: 0.6,
            horizon_days: 90,
            dialect: Dialect::Orders,
            dirt: 0,
        }
    }

    /// The seed of everything; another one is another CRM of the same kind.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The number of customers, every one with at least one order; at least 1.
    #[must_use]
    pub fn customers(mut self, customers: u32) -> Self {
        self.customers = customers;
        self
    }

    /// The expected number of orders. The purchase rates of all customers are scaled alike to reach it;
    /// the actual number differs by chance.
    #[must_use]
    pub fn orders(mut self, orders: u64) -> Self {
        self.orders = Some(orders);
        self
    }

    /// The first day on which anything is bought; the first deals were created before it.
    #[must_use]
    pub fn from(mut self, from: Date) -> Self {
        self.from = from;
        self
    }

    /// The day after the last one: nothing at or after it is in the export.
    #[must_use]
    pub fn to(mut self, to: Date) -> Self {
        self.to = to;
        self
    }

    /// How customers buy and stop.
    #[must_use]
    pub fn process(mut self, process: Process) -> Self {
        self.process = process;
        self
    }

    /// What customers spend.
    #[must_use]
    pub fn spend(mut self, spend: Spend) -> Self {
        self.spend = spend;
        self
    }

    /// How strongly sales follow the season (a peak in December) and the day of the week, from 0 for not
    /// at all to 0.9.
    ///
    /// Season and trend bend the clock by which customers live: a busy day is long, a quiet one short.
    /// Purchases then follow an inhomogeneous Poisson process of exactly that intensity, as thinning
    /// would give, and the purchase process holds exactly on the bent clock.
    #[must_use]
    pub fn seasonality(mut self, seasonality: f64) -> Self {
        self.seasonality = seasonality;
        self
    }

    /// Growth of sales per year, from −0.9 to 9: 0.1 is a tenth more.
    #[must_use]
    pub fn growth(mut self, growth: f64) -> Self {
        self.growth = growth;
        self
    }

    /// The share of deals that are won, from 0.05 to 1; a plain table of orders holds only those.
    #[must_use]
    pub fn win_rate(mut self, win_rate: f64) -> Self {
        self.win_rate = win_rate;
        self
    }

    /// Days after the end for which the truth says how many orders follow; 1 to 3650.
    #[must_use]
    pub fn horizon_days(mut self, days: u16) -> Self {
        self.horizon_days = days;
        self
    }

    /// The export that the orders or deals are written as.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Faulty rows to put between the good ones, an equal number of each [`Fault`](super::Fault).
    #[must_use]
    pub fn dirt(mut self, rows: u64) -> Self {
        self.dirt = rows;
        self
    }

    /// Checks the ranges and finds the rates.
    ///
    /// # Errors
    /// [`Error::is_usage`] names the value that is out of its range, or the number of orders that the
    /// customers cannot reach.
    pub fn check(self) -> Result<super::World> {
        let days = self.to.days().saturating_sub(self.from.days());
        let fault = if self.customers == 0 {
            Some("`customers` is 0, but must be at least 1".to_owned())
        } else if !(Date::MIN..=Date::MAX).contains(&self.from) || !(7..=MOST_DAYS).contains(&days)
        {
            Some(format!(
                "the time from {} to {} is {days} days, but must be 7 to {MOST_DAYS}",
                self.from, self.to
            ))
        } else if let Some(orders) = self.orders.filter(|&orders| orders < self.customers.into()) {
            Some(format!(
                "`orders` is {orders}, but every one of {} customers has at least one",
                self.customers
            ))
        } else {
            self.number_out_of_range()
        };
        match fault {
            Some(fault) => Err(Error::usage(fault)),
            None => super::World::new(self),
        }
    }

    fn number_out_of_range(&self) -> Option<String> {
        let positive = 0.01..=10_000.0;
        let mut numbers = vec![
            ("seasonality", self.seasonality, 0.0..=0.9),
            ("growth", self.growth, -0.9..=9.0),
            ("win_rate", self.win_rate, 0.05..=1.0),
            ("horizon_days", self.horizon_days.into(), 1.0..=3650.0),
            ("p", self.spend.p, positive.clone()),
            // At q ≤ 1 the amounts have no mean.
            ("q", self.spend.q, 1.1..=10_000.0),
            ("gamma", self.spend.gamma, 0.01..=1e9),
        ];
        let process = match self.process {
            Process::BgNbd { r, alpha, a, b } => [("r", r), ("alpha", alpha), ("a", a), ("b", b)],
            Process::ParetoNbd { r, alpha, s, beta } => {
                [("r", r), ("alpha", alpha), ("s", s), ("beta", beta)]
            }
        };
        numbers.extend(process.map(|(name, value)| (name, value, positive.clone())));
        let (name, value, range) =
            numbers.into_iter().find(|(_, value, range)| !range.contains(value))?;
        Some(format!("`{name}` is {value}, but must be {} to {}", range.start(), range.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Process, Spend};

    #[test]
    fn processes_and_spends_are_read_as_typed() {
        assert_eq!("pareto-nbd".parse::<Process>().unwrap(), Process::PARETO_NBD);
        let cdnow = Process::BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        assert_eq!("bg-nbd:0.243,4.414,0.793,2.426".parse::<Process>().unwrap(), cdnow);
        assert_eq!("6.25, 3.74,15.44".parse::<Spend>().unwrap().q, 3.74);
        for text in ["nbd", "bg-nbd:1,2,3", "bg-nbd:1,2,3,x", "bg-nbd:"] {
            assert!(text.parse::<Process>().unwrap_err().is_usage(), "{text}");
        }
    }
}
