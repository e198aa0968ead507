//! Tails of counts: the hypergeometric distribution and the fair coin.

use super::gamma::ln_gamma;

/// A term of a tail below this share of the sum is lost in rounding.
const NEGLIGIBLE: f64 = 1e-17;

/// A draw without replacement: of `all`, `marked` are marked and `drawn` are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypergeometric {
    /// How many there are.
    pub all: u64,
    /// How many of them are marked.
    pub marked: u64,
    /// How many are drawn.
    pub drawn: u64,
}

impl Hypergeometric {
    /// How likely are `least` marked ones or more among those drawn? The p-value of Fisher's exact test, one-sided.
    ///
    /// # Formula
    /// `Σ C(K, x) C(N − K, n − x) / C(N, n)` over `x ≥ k`: its largest term by logarithms of the gamma function,
    /// the others by their ratios; where `k` lies below the mode, one less the other tail.
    ///
    /// # Citation
    /// R. A. Fisher, *Journal of the Royal Statistical Society* 98 (1935) 39–82, section 4.
    ///
    /// # Units and shapes
    /// More than 0 and at most 1, but for what underflows; relative error near 1e-9 for counts up to a million.
    ///
    /// # Examples
    /// ```
    /// // The lady tasting tea: all four of eight cups.
    /// let tea = crmstat_models::special::counts::Hypergeometric { all: 8, marked: 4, drawn: 4 };
    /// assert!((tea.at_least(4) - 1.0 / 70.0).abs() < 1e-15);
    /// ```
    pub fn at_least(self, least: u64) -> f64 {
        let Self { all, marked, drawn } = self;
        let (lowest, highest) = ((marked + drawn).saturating_sub(all), marked.min(drawn));
        if least <= lowest {
            return 1.0;
        }
        if least > highest {
            return 0.0;
        }
        let (n, m, d) = (all as f64, marked as f64, drawn as f64);
        // P(x + 1) / P(x).
        let ratio = |x: f64| (m - x) * (d - x) / ((x + 1.0) * (n - m - d + x + 1.0));
        let mode = (m + 1.0) * (d + 1.0) / (n + 2.0);
        if least as f64 > mode {
            let (mut term, mut sum) = (1.0, 1.0);
            for x in least..highest {
                term *= ratio(x as f64);
                sum += term;
                if term < sum * NEGLIGIBLE {
                    break;
                }
            }
            return (self.ln_probability(least) + sum.ln()).exp().min(1.0);
        }
        let (mut term, mut sum) = (1.0, 1.0);
        for x in (lowest..least - 1).rev() {
            term /= ratio(x as f64);
            sum += term;
            if term < sum * NEGLIGIBLE {
                break;
            }
        }
        (1.0 - (self.ln_probability(least - 1) + sum.ln()).exp()).clamp(0.0, 1.0)
    }

    fn ln_probability(self, x: u64) -> f64 {
        let Self { all, marked, drawn } = self;
        ln_choose(marked, x) + ln_choose(all - marked, drawn - x) - ln_choose(all, drawn)
    }
}

fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// How likely are `heads` or more of `heads + tails` throws of a fair coin? The p-value of the sign test, one-sided.
///
/// # Examples
/// ```
/// let p = crmstat_models::special::counts::sign_test(3, 1);
/// assert!((p - 5.0 / 16.0).abs() < 1e-12);
/// ```
pub fn sign_test(heads: u64, tails: u64) -> f64 {
    let throws = heads + tails;
    if heads <= tails {
        // By symmetry: P(X ≥ h) = 1 − P(X ≥ n − h + 1).
        return if heads == 0 { 1.0 } else { 1.0 - sign_test(tails + 1, heads - 1) };
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for x in heads..throws {
        term *= (throws - x) as f64 / (x + 1) as f64;
        sum += term;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    (ln_choose(throws, heads) - throws as f64 * std::f64::consts::LN_2 + sum.ln()).exp().min(1.0)
}

/// The false discovery rates at which each of the p-values would just be called a discovery.
///
/// # Formula
/// Of `tests` hypotheses, those without a p-value here count as of `p = 1`: `q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎ tests / j`.
///
/// # Assumptions
/// Tests are independent or depend positively on each other.
///
/// # Citation
/// Y. Benjamini and Y. Hochberg, *Journal of the Royal Statistical Society B* 57 (1995) 289–300.
///
/// # Units and shapes
/// `tests` is at least the number of p-values; each result lies from its p-value to 1.
pub fn false_discovery_rates(p_values: &[f64], tests: f64) -> Vec<f64> {
    let mut turn: Vec<usize> = (0..p_values.len()).collect();
    turn.sort_unstable_by(|left, right| {
        p_values[*left].total_cmp(&p_values[*right]).then(left.cmp(right))
    });
    let mut rates = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (place, at) in turn.iter().enumerate().rev() {
        least = least.min(p_values[*at] * (tests / (place + 1) as f64));
        rates[*at] = least;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::{Hypergeometric, false_discovery_rates, sign_test};

    /// Pascal's triangle, exact as long as a float holds its integers.
    fn choose(n: u64, k: u64) -> f64 {
        if k > n { 0.0 } else { (0..k).fold(1.0, |all, i| all * (n - i) as f64 / (i + 1) as f64) }
    }

    #[test]
    fn the_tail_is_the_sum_of_its_terms() {
        for all in [1, 2, 7, 20, 41] {
            for marked in 0..=all {
                for drawn in 0..=all {
                    let draw = Hypergeometric { all, marked, drawn };
                    for least in 0..=drawn + 1 {
                        let terms =
                            (least..=drawn).filter(|x| *x <= marked && drawn - x <= all - marked);
                        let slow: f64 = terms
                            .map(|x| choose(marked, x) * choose(all - marked, drawn - x))
                            .sum::<f64>()
                            / choose(all, drawn);
                        let fast = draw.at_least(least);
                        assert!((fast - slow).abs() < 1e-12, "{draw:?} {least}: {fast}, {slow}");
                    }
                }
            }
        }
    }

    #[test]
    fn large_tails_are_those_of_scipy() {
        // scipy.stats.hypergeom.sf(k - 1, N, K, n), scipy 1.17.
        for (all, marked, drawn, least, wanted) in LARGE {
            let found = Hypergeometric { all, marked, drawn }.at_least(least);
            assert!((found / wanted - 1.0).abs() < 1e-7, "{all} {least}: {found:e}, {wanted:e}");
        }
    }

    const LARGE: [(u64, u64, u64, u64, f64); 4] = [
        (1_000_000, 5000, 8000, 120, 5.863_954_328_706_791e-25),
        (1_000_000, 5000, 8000, 40, 0.521_439_016_663_656_9),
        (1_000_000, 300_000, 200_000, 60500, 0.003_228_715_339_061_059_2),
        (44_000, 900, 1200, 20, 0.852_654_556_223_385_5),
    ];

    #[test]
    fn coins_are_fair() {
        for throws in 0..30 {
            for heads in 0..=throws {
                let slow: f64 = (heads..=throws).map(|x| choose(throws, x)).sum::<f64>()
                    / 2.0_f64.powi(throws as i32);
                let fast = sign_test(heads, throws - heads);
                assert!((fast - slow).abs() < 1e-12, "{heads} of {throws}: {fast}, {slow}");
            }
        }
    }

    #[test]
    fn rates_are_those_of_the_definition() {
        let p = [0.01, 0.04, 0.03, 0.005, 0.55];
        let rates = false_discovery_rates(&p, 10.0);
        // By hand: 0.005 × 10 / 1, 0.01 × 10 / 2, 0.03 × 10 / 3, 0.04 × 10 / 4, 0.55 × 10 / 5 above 1.
        for (found, wanted) in rates.iter().zip([0.05, 0.1, 0.1, 0.05, 1.0]) {
            assert!((found - wanted).abs() < 1e-12, "{rates:?}");
        }
        assert!(false_discovery_rates(&[], 5.0).is_empty());
    }
}
