//! What k-means is told, and the check of it.

use crate::{Error, Result};

/// The rows on which restarts compete when there are more.
const RESTART_ROWS: usize = 20_000;

/// The most clusters that the comparison of rows with centres can count.
const MOST_CLUSTERS: usize = 1 << 24;

/// How to fit [`KMeans`](super::KMeans): a builder, checked by [`KMeansParams::check`].
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `restarts` | 10 | k-means++ starts, of which the best is kept |
/// | `restart_rows` | 20,000 | on more rows than this the starts compete on a sample of so many |
/// | `iterations` | 300 | the most Lloyd steps of one run |
/// | `tolerance` | 1e-4 | a run ends when the squared shift of all centres is at most this times the mean variance of the columns |
/// | `seed` | 0 | of every random choice |
/// | `start` | k-means++ | given centres, for one run without any choice |
#[derive(Clone, Debug)]
pub struct KMeansParams(Settings);

/// Parameters that [`KMeansParams::check`] has passed.
#[derive(Clone, Debug)]
pub struct KMeansValidParams(pub(super) Settings);

/// The settings themselves.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) k: usize,
    pub(super) restarts: usize,
    pub(super) restart_rows: usize,
    pub(super) iterations: usize,
    pub(super) tolerance: f64,
    pub(super) seed: u64,
    pub(super) start: Option<Vec<f64>>,
}

impl KMeansParams {
    pub(super) fn new(k: usize) -> Self {
        Self(Settings {
            k,
            restarts: 10,
            restart_rows: RESTART_ROWS,
            iterations: 300,
            tolerance: 1e-4,
            seed: 0,
            start: None,
        })
    }

    /// How many k-means++ starts to try, at least 1; default 10.
    #[must_use]
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.0.restarts = restarts;
        self
    }

    /// The starts compete on a sample of so many rows if there are more; default 20,000. The winner
    /// goes on over all rows. `usize::MAX` runs every start over all rows.
    #[must_use]
    pub fn restart_rows(mut self, rows: usize) -> Self {
        self.0.restart_rows = rows;
        self
    }

    /// The most Lloyd steps of one run, at least 1; default 300.
    #[must_use]
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.0.iterations = iterations;
        self
    }

    /// The squared shift of the centres, relative to the mean variance of the columns, at which a run
    /// ends; default 1e-4. With 0 a run ends when no label changes.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// The seed of every random choice; default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Starts from these centres, `k` rows of the data's columns one after another, in one run.
    #[must_use]
    pub fn start(mut self, centres: Vec<f64>) -> Self {
        self.0.start = Some(centres);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A parameter error for the first setting out of its range.
    pub fn check(self) -> Result<KMeansValidParams> {
        let settings = self.0;
        for (name, value) in [
            ("k", settings.k),
            ("restarts", settings.restarts),
            ("restart_rows", settings.restart_rows),
            ("iterations", settings.iterations),
        ] {
            if value == 0 {
                return Err(Error::parameter(name, value, "at least 1"));
            }
        }
        if settings.k > MOST_CLUSTERS {
            let allowed = format!("at most {MOST_CLUSTERS}");
            return Err(Error::parameter("k", settings.k, allowed));
        }
        if settings.restart_rows < settings.k {
            let allowed = format!("at least `k`, which is {}", settings.k);
            return Err(Error::parameter("restart_rows", settings.restart_rows, allowed));
        }
        if !(settings.tolerance.is_finite() && settings.tolerance >= 0.0) {
            return Err(Error::parameter("tolerance", settings.tolerance, "finite and at least 0"));
        }
        Ok(KMeansValidParams(settings))
    }
}
