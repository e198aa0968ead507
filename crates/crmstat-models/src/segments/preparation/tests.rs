use super::{Column, Original, Preparation, PreparationParams, Scaling, Transform};
use proptest::prelude::*;

fn prepared(params: PreparationParams, values: &[f64]) -> (Preparation, Vec<f64>) {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let columns = [Column::Numeric(&values)];
    let preparation = params.check().unwrap().fit(&columns).unwrap();
    let rows = preparation.apply(&columns).unwrap();
    (preparation, rows)
}

#[test]
fn standard_and_robust_scales_are_as_defined() {
    let plain = Preparation::params().transform(Transform::None);
    let (_, rows) = prepared(plain.clone(), &[1.0, 2.0, 3.0, 4.0]);
    let deviation = 1.25_f64.sqrt();
    assert!((rows[0] + 1.5 / deviation).abs() < 1e-15 && (rows[3] - 1.5 / deviation).abs() < 1e-15);
    let (_, rows) = prepared(plain.scaling(Scaling::Robust), &[1.0, 2.0, 3.0, 4.0, 500.0]);
    assert_eq!(rows[2], 0.0);
    assert!((rows[3] - 1.348_979_500_392_163_5 / 2.0).abs() < 1e-15);
}

#[test]
fn yeo_johnson_finds_the_lambda_of_scipy() {
    // scipy 1.17 `yeojohnson_normmax`; the data are squares, and squares with a sign.
    let squares: Vec<f64> = (0..40).map(|i| f64::from(i * i) / 10.0).collect();
    let signed: Vec<f64> = (-10..30_i32).map(|i| f64::from(i * i.abs()) / 25.0).collect();
    for (values, lambda) in [(squares, 0.317_373_3), (signed, 0.501_732_9)] {
        let params = Preparation::params().transform(Transform::YeoJohnson).scaling(Scaling::None);
        let (preparation, _) = prepared(params, &values);
        let text = serde_json::to_string(&preparation).unwrap();
        let (_, tail) = text.split_once("\"lambda\":").unwrap();
        let found: f64 = tail[..tail.find('}').unwrap()].parse().unwrap();
        assert!((found - lambda).abs() < 2e-6, "{found} is not {lambda}");
    }
}

#[test]
fn only_skewed_numbers_are_logged() {
    let money: Vec<f64> = (0..50).map(|i| 1.3_f64.powi(i)).collect();
    let satisfaction: Vec<f64> = (0..50).map(|i| f64::from(i % 5)).collect();
    assert_eq!(prepared(Preparation::params(), &money).0.transforms(), [Some(Transform::Log1p)]);
    assert_eq!(
        prepared(Preparation::params(), &satisfaction).0.transforms(),
        [Some(Transform::None)]
    );
}

/// The quantiles of an exponential distribution, less `shift`.
fn exponential(shift: f64) -> Vec<f64> {
    (0..200).map(|i| -libm::log((f64::from(i) + 0.5) / 200.0) - shift).collect()
}

#[test]
fn the_data_choose_the_transform_whatever_their_unit() {
    let chosen = |values: &[f64]| prepared(Preparation::params(), values).0.transforms()[0];
    assert_eq!(chosen(&exponential(0.0)), Some(Transform::Log1p));
    // About zero there is no logarithm.
    assert_eq!(chosen(&exponential(1.0)), Some(Transform::YeoJohnson));
    // A group far off is no skewness.
    let groups: Vec<f64> =
        (0..200).map(|i| if i % 20 == 0 { 900.0 } else { 100.0 + f64::from(i % 19) }).collect();
    assert_eq!(chosen(&groups), Some(Transform::None));
    assert_eq!(chosen(&[3.0; 9]), Some(Transform::None));
    for values in [exponential(0.0), exponential(1.0), groups] {
        let hundred: Vec<f64> = values.iter().map(|value| value * 100.0).collect();
        let (one, other) = (
            prepared(Preparation::params(), &values).1,
            prepared(Preparation::params(), &hundred).1,
        );
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}

#[test]
fn winsorising_pulls_the_ends_in() {
    let values: Vec<f64> = (0..=100).map(f64::from).collect();
    let params =
        Preparation::params().transform(Transform::None).scaling(Scaling::None).winsorise(0.05);
    let (_, rows) = prepared(params, &values);
    assert_eq!((rows[0], rows[5], rows[50], rows[100]), (5.0, 5.0, 50.0, 95.0));
}

#[test]
fn a_category_differs_as_much_as_a_number() {
    let codes: Vec<Option<u32>> =
        (0..100).map(|i| Some(if i < 50 { 0 } else { 1 + i % 2 })).collect();
    let columns = [Column::Category { codes: &codes, levels: 3 }];
    let rows =
        Preparation::params().check().unwrap().fit(&columns).unwrap().apply(&columns).unwrap();
    let rows: Vec<&[f64]> = rows.chunks(3).collect();
    let squared = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let total: f64 = rows.iter().flat_map(|a| rows.iter().map(|b| squared(a, b))).sum();
    assert!((total / 10_000.0 - 2.0).abs() < 1e-12);
}

#[test]
fn the_missing_and_the_unknown_draw_nowhere() {
    let values = [Some(1.0), Some(2.0), Some(4.0), None];
    let codes = [Some(0), Some(0), Some(1), Some(1)];
    let columns = [Column::Numeric(&values), Column::Category { codes: &codes, levels: 2 }];
    let preparation = Preparation::params().check().unwrap().fit(&columns).unwrap();
    let new = [
        Column::Numeric(&[None, Some(2.0)]),
        Column::Category { codes: &[None, Some(9)], levels: 10 },
    ];
    let rows = preparation.apply(&new).unwrap();
    assert_eq!(rows[..3], rows[3..]);
    assert_eq!(preparation.invert(&rows[..3]).unwrap()[1], Original::Shares(vec![0.5, 0.5]));
}

#[test]
fn what_cannot_be_prepared_is_refused() {
    let fit = |columns: &[Column<'_>]| Preparation::params().check().unwrap().fit(columns);
    assert!(fit(&[]).unwrap_err().is_data());
    assert!(fit(&[Column::Numeric(&[])]).unwrap_err().is_data());
    assert!(fit(&[Column::Numeric(&[None, None])]).unwrap_err().is_data());
    assert!(fit(&[Column::Numeric(&[Some(f64::NAN)])]).unwrap_err().is_data());
    assert!(fit(&[Column::Numeric(&[Some(1.0)]), Column::Numeric(&[])]).unwrap_err().is_data());
    assert!(fit(&[Column::Category { codes: &[Some(2)], levels: 2 }]).unwrap_err().is_data());
    assert!(Preparation::params().winsorise(0.5).check().unwrap_err().is_parameter());
    assert!(Preparation::params().category_weight(f64::NAN).check().unwrap_err().is_parameter());
    let fitted = fit(&[Column::Numeric(&[Some(1.0)])]).unwrap();
    assert!(fitted.apply(&[Column::Category { codes: &[None], levels: 1 }]).is_err());
    assert!(fitted.invert(&[f64::NAN]).is_err());
    let broken =
        serde_json::to_string(&fitted).unwrap().replace("\"spread\":1.0", "\"spread\":0.0");
    assert!(serde_json::from_str::<Preparation>(&broken).is_err());
}

proptest! {
    #[test]
    fn what_was_applied_can_be_undone(
        values in prop::collection::vec(-1e5_f64..1e5, 2..60),
        transform in prop::sample::select(vec![
            Transform::None, Transform::Log1p, Transform::Log1pIfSkewed, Transform::YeoJohnson,
            Transform::ByData
        ]),
        scaling in prop::sample::select(vec![Scaling::None, Scaling::Standard, Scaling::Robust]),
    ) {
        // The farthest a value may lie from the centre bounds what can be undone.
        let params = Preparation::params().transform(transform).scaling(scaling);
        let (preparation, rows) = prepared(params, &values);
        for (value, row) in values.iter().zip(&rows) {
            prop_assert!(row.is_finite());
            if row.abs() < 1e6 {
                let original = preparation.invert(&[*row]).unwrap();
                let Original::Number(back) = original[0] else { unreachable!() };
                prop_assert!((back - value).abs() <= 1e-6 * value.abs().max(1.0), "{back} {value}");
            }
        }
        let text = serde_json::to_string(&preparation).unwrap();
        prop_assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap().width(), 1);
    }

    #[test]
    fn the_order_of_customers_changes_nothing(
        values in prop::collection::vec(-1e5_f64..1e5, 1..60)
    ) {
        let params = || Preparation::params().transform(Transform::YeoJohnson);
        let mut backward = values.clone();
        backward.reverse();
        prop_assert_eq!(prepared(params(), &values).0, prepared(params(), &backward).0);
    }
}
