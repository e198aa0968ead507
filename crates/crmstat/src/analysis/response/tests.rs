use super::{Advice, Model, Offer, Options, Quality, Response, Treatment, Warning, fit};
use crate::{
    Result,
    data::{CustomerRow, CustomerTable},
    features::Value,
    generate::{Part, Spec, campaign_uplift},
    ingest::{ReadOptions, TableQuery},
    write::Format,
};

/// The mailing of `customers` synthetic ones, changed by `change`.
fn mailing(customers: u32, seed: u64, change: impl Fn(&str) -> String) -> CustomerTable {
    let world = Spec::new().customers(customers).seed(seed).check().unwrap();
    let mut bytes = Vec::new();
    world.write(Part::Campaign, Format::Csv, &mut bytes).unwrap();
    let text: String = String::from_utf8(bytes).unwrap().lines().map(change).collect();
    let query = TableQuery {
        id: None,
        columns: None,
        texts: vec!["responded".to_owned(), "mailed".to_owned()],
    };
    let file = crate::ingest::ExportFile::bytes("mailing.csv", text);
    CustomerTable::read(file, &query, ReadOptions::default()).unwrap().result
}

fn as_it_is(line: &str) -> String {
    format!("{line}\n")
}

fn options() -> Options {
    Options {
        label: "responded".to_owned(),
        positive: "yes".to_owned(),
        treatment: Some(Treatment {
            column: "mailed".to_owned(),
            treated: "yes".to_owned(),
            untreated: Vec::new(),
        }),
        offer: Some(Offer { value: 20.0, cost: 1.0 }),
        seed: 7,
        ..Options::default()
    }
}

fn trial(found: &Response) -> &super::Trial {
    match &found.quality {
        Quality::Uplift(own) => own,
        Quality::Response(_) => panic!("a treatment was named"),
    }
}

/// The true uplift of every customer, by what the table has of them.
fn truth(table: &CustomerTable) -> Vec<f64> {
    use crate::data::Column;
    let Some(Column::Number(visits)) = table.column("visits") else { panic!("visits") };
    let Some(Column::Text(channels)) = table.column("channel") else { panic!("channel") };
    let of = |row: usize| campaign_uplift(visits[row] as i64, channels.get(row).unwrap());
    (0..table.len()).map(of).collect()
}

#[test]
fn whom_a_mailing_moves_is_found_where_it_was_planted() {
    let table = mailing(12_000, 3, as_it_is);
    let truth = truth(&table);
    let found = fit(&table, &options()).unwrap();
    let own = trial(&found);
    assert!(own.tells_apart() && own.assignment.is_by_chance(), "{:?}", own.ranking);
    let mean = truth.iter().sum::<f64>() / truth.len() as f64;
    // Within four standard errors.
    let overall = own.overall;
    assert!((overall.value - mean).abs() < overall.upper - overall.lower, "{mean} {overall:?}");
    // Predictions of customers that the model has not seen are nearer to the truth than one number for all.
    let error = |of: &dyn Fn(usize) -> f64| {
        (0..truth.len()).map(|row| (of(row) - truth[row]).powi(2)).sum::<f64>()
    };
    let predicted = found.scores.predictions();
    assert!(error(&|row| predicted[row]) < 0.5 * error(&|_| mean));
    // Most of those that the mailing moves are sent to, and few of the others: 0.14 pays 2.8 of 1, 0.01 pays 0.2.
    let sent = |row: usize| found.model.advice(predicted[row]) == Some(Advice::Send);
    let share = |wanted: fn(f64) -> bool| {
        let rows: Vec<usize> = (0..truth.len()).filter(|row| wanted(truth[*row])).collect();
        rows.iter().filter(|row| sent(**row)).count() as f64 / rows.len() as f64
    };
    let (moved, others) = (share(|own| own > 0.1), share(|own| own < 0.1));
    assert!(moved > 0.9 && others < 0.35, "{moved} {others}");
    // Every band's interval holds its true uplift, but one by chance.
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by(|one, other| predicted[*other].total_cmp(&predicted[*one]));
    let mut start = 0;
    let held = own.bands.iter().filter(|band| {
        let count = (band.arms.treated.1 + band.arms.untreated.1) as usize;
        let rows = &order[start..start + count];
        start += count;
        let mean = rows.iter().map(|row| truth[*row]).sum::<f64>() / count as f64;
        let uplift = band.arms.uplift().unwrap();
        uplift.lower <= mean && mean <= uplift.upper
    });
    assert!(held.count() >= own.bands.len() - 1);
}

#[test]
fn where_nothing_moves_customers_they_are_treated_alike() {
    // Who was mailed is drawn anew: it moved nobody.
    let table = mailing(6_000, 5, |line| {
        let cells: Vec<&str> = line.split(',').collect();
        let hash = cells[0].bytes().fold(7_u64, |all, own| {
            (all ^ u64::from(own)).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
        });
        let mailed = match cells[5] {
            "mailed" => "mailed",
            _ if hash % 2 == 0 => "yes",
            _ => "no",
        };
        format!("{},{mailed},{}\n", cells[..5].join(","), cells[6])
    });
    let found = fit(&table, &options()).unwrap();
    assert!(!trial(&found).tells_apart());
    assert!(found.warnings.iter().any(|own| matches!(own, Warning::NoDifference { .. })));
    let gains: Vec<Option<f64>> =
        found.scores.predictions().iter().map(|own| found.model.gain(*own)).collect();
    assert!(gains.iter().all(|own| *own == gains[0]));
}

#[test]
fn a_mailing_that_was_not_left_to_chance_is_told() {
    // Who has many visits was mailed.
    let table = mailing(4_000, 9, |line| {
        let cells: Vec<&str> = line.split(',').collect();
        let mailed = match cells[4].parse::<i64>() {
            Err(_) => "mailed",
            Ok(visits) if visits >= 3 || cells[0].ends_with(['1', '4', '7']) => "yes",
            Ok(_) => "no",
        };
        format!("{},{mailed},{}\n", cells[..5].join(","), cells[6])
    });
    let found = fit(&table, &options()).unwrap();
    let told = found.warnings.iter().find_map(|own| match own {
        Warning::NotByChance { columns, .. } => Some(columns),
        _ => None,
    });
    assert_eq!(told.unwrap()[0], "visits");
    assert_eq!(trial(&found).assignment.balance[0].column, "visits");
}

#[test]
fn nothing_depends_on_the_order_of_rows() -> Result<()> {
    let world = Spec::new().customers(1_500).check()?;
    let mut bytes = Vec::new();
    world.write(Part::Campaign, Format::Csv, &mut bytes)?;
    let text = String::from_utf8(bytes).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let reversed: Vec<&str> = rows.lines().rev().collect();
    let read = |text: String| {
        let texts = vec!["responded".to_owned(), "mailed".to_owned()];
        let query = TableQuery { id: None, columns: None, texts };
        let file = crate::ingest::ExportFile::bytes("mailing.csv", text);
        let table = CustomerTable::read(file, &query, ReadOptions::default()).unwrap().result;
        let found = fit(&table, &options()).unwrap();
        let table = found.scores.table(&found.model, None, crate::Lang::En).unwrap();
        let mut bytes = Vec::new();
        crate::write::Writer::new(Format::Csv).write(&table, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let (one, other) = (read(text.clone()), read(format!("{header}\n{}\n", reversed.join("\n"))));
    assert_eq!(one, other);
    Ok(())
}

#[test]
fn a_saved_model_scores_alike_and_one_by_one() -> Result<()> {
    let table = mailing(2_000, 1, as_it_is);
    for treatment in [None, options().treatment] {
        let found = fit(&table, &Options { treatment, ..options() })?;
        let model = Model::from_bytes(&found.model.to_bytes()?)?;
        let (again, before) = (model.score(&table)?, found.model.score(&table)?);
        assert_eq!(again.predictions(), before.predictions());
        let values = |row: usize| -> Vec<(String, Value<'_>)> {
            model
                .columns()
                .map(|name| {
                    let value = match table.column(name).unwrap() {
                        crate::data::Column::Number(own) if own[row].is_nan() => Value::Missing,
                        crate::data::Column::Number(own) => Value::Number(own[row]),
                        crate::data::Column::Text(own) => {
                            own.get(row).map_or(Value::Missing, Value::Category)
                        }
                        _ => Value::Missing,
                    };
                    (name.to_owned(), value)
                })
                .collect()
        };
        for row in [0, 17, 1_999] {
            let one = model.score_one(&values(row))?;
            assert!((one - again.predictions()[row]).abs() < 1e-12);
        }
    }
    Ok(())
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let table = mailing(40, 1, as_it_is);
    let error = fit(&table, &options()).unwrap_err().to_string();
    assert!(error.contains("too few to learn from"), "{error}");
    let table = mailing(2_000, 1, as_it_is);
    let error = fit(&table, &Options { positive: "maybe".to_owned(), ..options() }).unwrap_err();
    assert!(error.to_string().contains("nobody has `maybe` in `responded`"), "{error}");
    let offer = Some(Offer { value: 0.0, cost: 1.0 });
    assert!(fit(&table, &Options { offer, ..options() }).is_err());
    // What customers did with the mailing knows the response.
    let known = mailing(2_000, 1, |line| {
        let last = line.rsplit(',').next().unwrap();
        let clicks = match last {
            "responded" => "clicks",
            "yes" => "3",
            _ => "0",
        };
        format!("{line},{clicks}\n")
    });
    let error = fit(&known, &options()).unwrap_err().to_string();
    assert!(error.contains("`clicks`") && error.contains("who responds"), "{error}");
    // A table of a program.
    let rows = (0..10).map(|at| CustomerRow::new(at).with("a", 1.0));
    let small =
        rows.fold(CustomerTable::builder(), |all, row| all.row(row)).build().unwrap().result;
    assert!(fit(&small, &options()).is_err());
}
