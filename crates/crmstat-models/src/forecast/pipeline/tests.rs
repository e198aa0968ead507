//! Pipelines whose truth is known.

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::*;
use crate::random::generator;

/// Months of thirty days, three years of them.
fn starts() -> Vec<f64> {
    (0..=36).map(|month| f64::from(month) * 30.0).collect()
}

fn calendar(starts: &[f64]) -> Calendar<'_> {
    Calendar { starts, seasons: &[0; 36], season: 1 }
}

/// `rate` deals a day for `days`, each won at the hazard of its trait and lost at 0.02 a day.
fn deals(rate: f64, days: f64, win: [f64; 2], seed: u64) -> Vec<Deal> {
    let mut random = generator(seed);
    let mut created = 0.0;
    let mut deals = Vec::new();
    loop {
        let gap: f64 = Exp1.sample(&mut random);
        created += gap / rate;
        if created >= days {
            return deals;
        }
        let kind = u32::from(random.random::<bool>());
        let [to_win, to_lose]: [f64; 2] = [Exp1.sample(&mut random), Exp1.sample(&mut random)];
        let (won, lost) = (to_win / win[kind as usize], to_lose / 0.02);
        let outcome = if won < lost { Outcome::Won } else { Outcome::Lost };
        deals.push(Deal {
            created,
            closed: Some((created + won.min(lost), outcome)),
            amount: Some(100.0 + 50.0 * random.random::<f64>()),
            traits: vec![kind],
            stages: Vec::new(),
        });
    }
}

#[test]
fn the_hazards_of_a_trait_are_found() {
    let deals = deals(5.0, 600.0, [0.01, 0.04], 1);
    let starts = starts();
    let fit = Pipeline::new().fit(&deals, &calendar(&starts), 600.0).unwrap();
    let prospects = fit.prospects(12).unwrap();
    for kind in 0..2 {
        // Won in the end with probability λ / (λ + 0.02), nearly all within twelve months.
        let truth = [0.01, 0.04][kind as usize] / ([0.01, 0.04][kind as usize] + 0.02);
        let of_kind =
            || fit.open().iter().zip(&prospects).filter(|(deal, _)| deal.traits[0] == kind);
        let sum: f64 = of_kind().map(|(_, prospect)| prospect.won.iter().sum::<f64>()).sum();
        let mean = sum / of_kind().count() as f64;
        assert!((mean - truth).abs() < 0.06, "{kind}: {mean} for {truth}");
    }
    for prospect in &prospects {
        let closed: f64 = prospect.won.iter().chain(&prospect.lost).sum();
        assert!((0.9..=1.0 + 1e-12).contains(&closed), "{closed}");
    }
}

#[test]
fn nothing_after_the_cutoff_is_used() {
    let starts = starts();
    let cutoff = 400.0;
    let full = deals(2.0, 600.0, [0.01, 0.03], 2);
    let mut changed: Vec<Deal> =
        full.iter().filter(|deal| deal.created < cutoff).cloned().collect();
    for deal in &mut changed {
        if deal.closed_before(cutoff).is_none() {
            deal.closed = None;
            deal.stages.push((cutoff, 7));
        }
    }
    let outlook = |deals: &[Deal]| {
        let fit = Pipeline::new().fit(deals, &calendar(&starts), cutoff).unwrap();
        fit.simulate(6, 50, 3).unwrap()
    };
    assert_eq!(outlook(&full), outlook(&changed));
}

#[test]
fn paths_agree_with_the_prospects_of_open_deals() {
    let deals = deals(4.0, 500.0, [0.02, 0.02], 4);
    let starts = starts();
    let fit = Pipeline::new().fit(&deals, &calendar(&starts), 500.0).unwrap();
    let outlook = fit.simulate(4, 4000, 5).unwrap();
    let prospects = fit.prospects(4).unwrap();
    for period in 0..4 {
        let expected: f64 = prospects.iter().map(|one| one.won[period] * one.amount).sum();
        let drawn = outlook.from_open()[period];
        assert!((drawn / expected - 1.0).abs() < 0.1, "{period}: {drawn} {expected}");
    }
    assert!(outlook.from_new()[0] > 0.0 && outlook.mean()[0] > outlook.from_open()[0]);
}

#[test]
fn a_stage_tells_what_becomes_of_a_deal() {
    // A deal comes to stage 1 only if it will be won.
    let mut deals = deals(5.0, 700.0, [0.02, 0.02], 6);
    for deal in &mut deals {
        deal.traits.clear();
        deal.stages.push((deal.created, 0));
        if let Some((closed, Outcome::Won)) = deal.closed {
            deal.stages.push((0.5 * (deal.created + closed), 1));
        }
    }
    let starts = starts();
    let fit = Pipeline::new().fit(&deals, &calendar(&starts), 700.0).unwrap();
    let prospects = fit.prospects(6).unwrap();
    let mean = |stage: u32| {
        let won: Vec<f64> = fit
            .open()
            .iter()
            .zip(&prospects)
            .filter(|(deal, _)| deal.stage_before(700.0) == Some(stage))
            .map(|(_, prospect)| prospect.won.iter().sum())
            .collect();
        won.iter().sum::<f64>() / won.len() as f64
    };
    assert!(mean(1) > 0.85 && mean(0) < 0.55, "{} {}", mean(1), mean(0));
}

#[test]
fn amounts_that_only_won_deals_have_tell_nothing() {
    let mut deals = deals(4.0, 600.0, [0.02, 0.02], 7);
    for deal in &mut deals {
        let worth = if deal.traits[0] == 0 { 100.0 } else { 300.0 };
        deal.amount =
            Some(if matches!(deal.closed, Some((_, Outcome::Won))) { worth } else { 0.0 });
    }
    let starts = starts();
    let model = Pipeline::new().hidden_amounts(true).amounts_by(Some(0));
    let fit = model.fit(&deals, &calendar(&starts), 510.0).unwrap();
    assert!(fit.open().iter().all(|deal| deal.amount.is_none()));
    let prospects = fit.prospects(3).unwrap();
    for (deal, prospect) in fit.open().iter().zip(&prospects) {
        assert_eq!(prospect.amount, if deal.traits[0] == 0 { 100.0 } else { 300.0 });
    }
    let actual: f64 = deals
        .iter()
        .filter(|deal| deal.closed.is_some_and(|(at, _)| (510.0..540.0).contains(&at)))
        .filter_map(|deal| deal.amount)
        .sum();
    let mean = fit.simulate(1, 500, 8).unwrap().mean()[0];
    assert!((mean / actual - 1.0).abs() < 0.5, "{mean} {actual}");
}

#[test]
fn a_cutoff_within_a_period_forecasts_the_rest_of_it() {
    let deals = deals(5.0, 600.0, [0.02, 0.02], 9);
    let starts = starts();
    let mean = |cutoff: f64| {
        let fit = Pipeline::new().fit(&deals, &calendar(&starts), cutoff).unwrap();
        fit.simulate(2, 500, 1).unwrap().mean()
    };
    let (whole, rest) = (mean(570.0), mean(590.0));
    assert!(rest[0] < 0.6 * whole[0] && rest[1] > 0.6 * whole[1], "{whole:?} {rest:?}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let deals = deals(2.0, 500.0, [0.01, 0.03], 10);
    let starts = starts();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let fit = Pipeline::new().fit(&deals, &calendar(&starts), 500.0).unwrap();
            fit.simulate(3, 100, 1).unwrap()
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn levels_of_a_trait_add_up_to_the_whole_path_by_path() {
    let deals = deals(3.0, 500.0, [0.01, 0.04], 12);
    let starts = starts();
    let fit = Pipeline::new().fit(&deals, &calendar(&starts), 490.0).unwrap();
    let whole = fit.simulate(3, 100, 7).unwrap();
    let levels = fit.simulate_by(0, 3, 100, 7).unwrap();
    assert_eq!(levels.len(), 2);
    for (at, path) in whole.paths().paths().iter().enumerate() {
        for (period, value) in path.iter().enumerate() {
            let sum: f64 = levels.iter().map(|level| level.paths().paths()[at][period]).sum();
            assert!((sum - value).abs() < 1e-9 * value.max(1.0), "{at}: {sum} {value}");
        }
    }
    // The second kind is won twice as often.
    assert!(levels[1].mean()[1] > 1.5 * levels[0].mean()[1]);
    assert!(fit.simulate_by(1, 3, 100, 7).unwrap_err().is_parameter());
}

#[test]
fn new_deals_are_not_taken_for_stuck_ones() {
    // Half of the deals leave the first stage at once and are won within a month; half are stuck in it.
    let mut deals = deals(12.0, 700.0, [0.04, 0.004], 13);
    for deal in &mut deals {
        deal.stages.push((deal.created, 0));
        if deal.traits[0] == 0 {
            deal.stages.push((deal.created + 0.5, 1));
        }
        deal.traits.clear();
    }
    let starts = starts();
    let calendar = calendar(&starts);
    let won = |cutoff: f64, is_new: bool| -> f64 {
        let of_period = |deal: &&Deal| {
            (deal.created >= cutoff) == is_new
                && deal.closed.is_some_and(|(at, outcome)| {
                    outcome == Outcome::Won && (cutoff..cutoff + 30.0).contains(&at)
                })
        };
        deals.iter().filter(of_period).filter_map(|deal| deal.amount).sum()
    };
    let (mut said, mut came) = ([0.0; 2], [0.0; 2]);
    for cutoff in [480.0, 510.0, 540.0, 570.0, 600.0, 630.0] {
        let fit = Pipeline::new().fit(&deals, &calendar, cutoff).unwrap();
        let outlook = fit.simulate(1, 300, 1).unwrap();
        for (place, (mean, is_new)) in
            [(outlook.from_open()[0], false), (outlook.from_new()[0], true)].into_iter().enumerate()
        {
            said[place] += mean;
            came[place] += won(cutoff, is_new);
        }
    }
    for (said, came) in said.iter().zip(came) {
        assert!((said / came - 1.0).abs() < 0.15, "{said} for {came}");
    }
}

#[test]
fn odd_pipelines_have_a_forecast_or_a_reason() {
    let usual = deals(2.0, 500.0, [0.02, 0.02], 14);
    let starts = starts();
    let calendar = calendar(&starts);
    let changed = |change: &dyn Fn(&mut Deal)| {
        let mut deals = usual.clone();
        deals.iter_mut().for_each(change);
        Pipeline::new().fit(&deals, &calendar, 400.0)
    };
    let all = |outcome: Outcome| {
        changed(&move |deal| deal.closed = deal.closed.map(|(at, _)| (at, outcome)))
    };
    let reason = all(Outcome::Lost).unwrap_err();
    assert!(reason.is_data() && reason.to_string().contains("0 of them won"), "{reason}");
    let open = changed(&|deal| deal.closed = None).unwrap_err();
    assert!(open.is_data() && open.to_string().contains("0 deals were closed"), "{open}");

    let mean = |fit: Result<PipelineFit>| {
        let outlook = fit.unwrap().simulate(3, 200, 1).unwrap();
        assert!(outlook.paths().paths().iter().flatten().all(|value| value.is_finite()));
        outlook.mean()
    };
    let plain = mean(changed(&|_| {}));
    assert!(mean(all(Outcome::Won))[0] > plain[0]);
    assert_eq!(mean(changed(&|deal| deal.amount = None)), [0.0; 3]);
    assert!(mean(changed(&|deal| deal.amount = deal.amount.map(|amount| -amount)))[0] < 0.0);
    let half = mean(changed(&|deal| deal.amount = deal.amount.filter(|_| deal.traits[0] == 0)));
    assert!(half[0] > 0.5 * plain[0] && half[0] < 1.5 * plain[0], "{half:?} {plain:?}");
    // The years before the first deal teach nothing.
    let late: Vec<Deal> = usual.iter().filter(|deal| deal.created > 250.0).cloned().collect();
    assert!(mean(Pipeline::new().fit(&late, &calendar, 400.0))[0] > 0.5 * plain[0]);
}

#[test]
fn what_cannot_be_is_refused() {
    let deals = deals(1.0, 500.0, [0.02, 0.02], 11);
    let starts = starts();
    let calendar = calendar(&starts);
    let fit = |deals: &[Deal], cutoff| Pipeline::new().fit(deals, &calendar, cutoff).map(|_| ());
    assert!(fit(&[], 10.0).unwrap_err().is_data());
    assert!(fit(&deals, 5.0).unwrap_err().is_data());
    assert!(fit(&deals, -1.0).unwrap_err().is_parameter());
    assert!(fit(&deals, 1e6).unwrap_err().is_parameter());
    let mut odd = deals.clone();
    odd[3].amount = Some(f64::NAN);
    assert!(fit(&odd, 400.0).unwrap_err().is_parameter());
    odd[3] = Deal::default();
    assert!(fit(&odd, 400.0).unwrap_err().is_parameter());
    assert!(Pipeline::new().amounts_by(Some(4)).fit(&deals, &calendar, 400.0).is_err());
    let whole = Pipeline::new().fit(&deals, &calendar, 400.0).unwrap();
    assert!(whole.simulate(0, 10, 1).unwrap_err().is_parameter());
    assert!(whole.simulate(400, 10, 1).unwrap_err().is_parameter());
    assert!(whole.prospects(1000).unwrap_err().is_parameter());
}
