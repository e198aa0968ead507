//! Against all sequences of a few occasions, and at the model's edges.

use super::{BgBb, Occasions, log_likelihood};
use crate::clv::jet::tests::derivatives_agree;
use crate::clv::{DiscountRate, FitParams, PurchaseProcess, Span, Summaries, Summary, TimeUnit};
use crate::random::stream;

const DONORS: [f64; 4] = [1.204, 0.750, 0.657, 2.783];

fn model() -> BgBb {
    BgBb::new(DONORS, TimeUnit::Year).unwrap()
}

fn years(count: u32) -> Span {
    Span::new(f64::from(count), TimeUnit::Year).unwrap()
}

fn donor(x: u32, t_x: u32, n: u32) -> Summary {
    Summary::new(x, f64::from(t_x), f64::from(n)).unwrap()
}

/// The histories of all sequences of `n` occasions.
fn histories(n: u32) -> impl Iterator<Item = Summary> {
    (0..1_u32 << n).map(move |bits| {
        let last = 32 - bits.leading_zeros();
        donor(bits.count_ones(), last, n)
    })
}

#[test]
fn the_probabilities_of_all_sequences_sum_to_one() {
    let total: f64 = histories(8).map(|history| model().log_likelihood(&history).exp()).sum();
    assert!((total - 1.0).abs() < 1e-12);
}

#[test]
fn expectations_average_to_those_of_new_customers() {
    let (mut seen, mut ahead) = (0.0, 0.0);
    for history in histories(6) {
        let probability = model().log_likelihood(&history).exp();
        seen += probability * f64::from(history.x());
        ahead += probability * model().expected_orders(&history, years(4));
    }
    assert!((seen - model().new_customer_orders(years(6))).abs() < 1e-12);
    let later = model().new_customer_orders(years(10)) - model().new_customer_orders(years(6));
    assert!((ahead - later).abs() < 1e-12);
}

/// What comes next is a longer sequence: its probability over that of the sequence seen.
#[test]
fn distributions_equal_the_enumeration_of_all_sequels() {
    let (seen, ahead) = (4, 5);
    for history in [donor(0, 0, seen), donor(2, 3, seen), donor(4, 4, seen)] {
        let known = model().log_likelihood(&history).exp();
        let mut counts = vec![0.0; ahead as usize + 1];
        for sequel in 0..1_u32 << ahead {
            let bought = sequel.count_ones();
            let last =
                if bought == 0 { history.t_x() as u32 } else { seen + 32 - sequel.leading_zeros() };
            let whole = donor(history.x() + bought, last, seen + ahead);
            counts[bought as usize] += model().log_likelihood(&whole).exp() / known;
        }
        for (n, expected) in (0..).zip(&counts) {
            let found = model().probability(&history, n, years(ahead));
            assert!((found - expected).abs() < 1e-12, "{n}: {found} {expected}");
        }
        let mean: f64 = (0..).zip(&counts).map(|(n, p)| f64::from(n) * p).sum();
        assert!((mean - model().expected_orders(&history, years(ahead))).abs() < 1e-12);
    }
    for n in 0..=6 {
        let exactly = |history: &Summary| history.x() == n;
        let expected: f64 =
            histories(6).filter(exactly).map(|h| model().log_likelihood(&h).exp()).sum();
        assert!((model().new_customer_probability(n, years(6)) - expected).abs() < 1e-12);
    }
}

#[test]
fn the_residual_value_is_the_discounted_sum_of_all_occasions() {
    let rate = DiscountRate::per_year(0.1).unwrap();
    let history = donor(3, 5, 6);
    let upto = |n| model().expected_orders(&history, years(n));
    let sum: f64 = (1..600)
        .map(|n| (upto(n) - if n > 1 { upto(n - 1) } else { 0.0 }) / 1.1_f64.powi(n as i32))
        .sum();
    let found = model().residual_orders(&history, rate).unwrap();
    assert!((found / sum - 1.0).abs() < 1e-10, "{found} {sum}");
    assert!(model().residual_orders(&history, DiscountRate::NONE).is_err());
}

#[test]
fn draws_have_the_expected_mean() {
    let someone = donor(3, 5, 6);
    let total: u64 = (0..40_000)
        .map(|i| model().draw_orders_if_alive(&someone, years(5), &mut stream(7, i)))
        .sum();
    let expected = model().orders_if_alive(&someone, years(5));
    // The standard deviation of one draw is under 2, of the mean 0.01.
    assert!((total as f64 / 40_000.0 - expected).abs() < 0.04);
}

#[test]
fn simulated_parameters_are_recovered_within_three_standard_errors() {
    use rand::RngExt;
    use rand_distr::{Beta, Distribution};
    let [alpha, beta, gamma, delta] = DONORS;
    let (buying, leaving) = (Beta::new(alpha, beta).unwrap(), Beta::new(gamma, delta).unwrap());
    let customers = (0..5000).map(|index| {
        let generator = &mut stream(17, index);
        let (buys, leaves) = (buying.sample(generator), leaving.sample(generator));
        let (n, mut x, mut t_x) = (6 + (index % 10) as u32, 0, 0);
        for occasion in 1..=n {
            if generator.random::<f64>() < leaves {
                break;
            }
            if generator.random::<f64>() < buys {
                (x, t_x) = (x + 1, occasion);
            }
        }
        donor(x, t_x, n)
    });
    let data = Summaries::new(TimeUnit::Year, customers.collect());
    let fitted = BgBb::fit(&data, FitParams::default()).unwrap();
    let estimate = fitted.estimate().unwrap();
    assert!(estimate.converged && estimate.gradient_norm < 1e-9, "{estimate:?}");
    for (index, (found, truth)) in fitted.parameters().iter().zip(DONORS).enumerate() {
        let error = estimate.log_standard_error(index).unwrap();
        assert!((found / truth).ln().abs() < 3.0 * error, "{found} {truth} {error}");
    }
}

#[test]
fn derivatives_agree_with_difference_quotients() {
    let history = Occasions { x: 2, t_x: 3, n: 7 };
    derivatives_agree(|point| log_likelihood(&history, point), DONORS);
}

#[test]
fn impossible_histories_and_empty_data_are_refused() {
    let fit =
        |customers| BgBb::fit(&Summaries::new(TimeUnit::Year, customers), FitParams::default());
    for (x, t_x, n) in [(3, 2.0, 6.0), (1, 2.5, 6.0), (1, 2.0, 6.5), (1, 1.0, 1e9)] {
        let error = fit(vec![Summary::new(x, t_x, n).unwrap()]).unwrap_err();
        assert!(error.is_data() && error.hint().is_some(), "{error}");
    }
    assert!(fit(Vec::new()).unwrap_err().is_data());
    assert!(fit(vec![donor(0, 0, 6); 9]).unwrap_err().is_data());
}

#[test]
fn extreme_customers_get_finite_answers() {
    for someone in
        [donor(0, 0, 0), donor(0, 0, 5200), donor(5200, 5200, 5200), donor(2000, 2000, 5200)]
    {
        assert!(model().log_likelihood(&someone).is_finite());
        for horizon in [1, 52, 5200] {
            let orders = model().expected_orders(&someone, years(horizon));
            assert!((0.0..=f64::from(horizon)).contains(&orders), "{someone:?}: {orders}");
            let none = model().probability(&someone, 0, years(horizon));
            assert!((0.0..=1.0).contains(&none), "{someone:?}: {none}");
        }
    }
}
