//! Segments of customers whose kinds are known, and of customers of no kind.

use super::{Customers, Model, Options, Segments, Values, fit, migration};
use crate::{
    AsOf, Lang,
    data::{
        Orders, OrdersQuery,
        table::{Table, Values as Cells},
    },
    features::{Feature, History},
    ingest::{Export, ReadOptions},
};
use crmstat_models::random::generator;
use rand::RngExt;

/// `columns` of customers called C000, C001 and so on.
fn customers(columns: Vec<(&str, Values)>, rows: usize) -> crate::Result<Customers> {
    let ids: Vec<String> = (0..rows).map(|row| format!("C{row:03}")).collect();
    let columns = columns.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
    Customers::new(ids.iter().map(|id| Some(id.as_str())).collect(), columns)
}

/// 300 customers of three kinds, in turn: few small orders long ago, many large ones just now, between.
fn three_kinds(seed: u64) -> Customers {
    let mut random = generator(seed);
    let mut around = |middles: [f64; 3]| -> Vec<f64> {
        (0..300).map(|row| middles[row % 3] * (0.9 + 0.2 * random.random::<f64>())).collect()
    };
    let recency = around([400.0, 5.0, 60.0]);
    let frequency = around([2.0, 60.0, 12.0]);
    let monetary = around([20.0, 9000.0, 400.0]);
    let regions = (0..300).map(|row| Some(["North", "South", "West"][row % 3]));
    let columns = vec![
        ("recency_days", Values::number(&recency)),
        ("frequency", Values::number(&frequency)),
        ("monetary", Values::number(&monetary)),
        ("customer_region", Values::category(regions)),
    ];
    customers(columns, 300).unwrap().valued_by("monetary").unwrap()
}

fn labels(found: &Segments) -> Vec<u32> {
    found.customers().map(|(_, own)| own.cluster).collect()
}

fn texts(table: &Table, column: &str) -> Vec<String> {
    let column = table.columns().iter().find(|own| own.name() == column).unwrap();
    (0..table.rows())
        .map(|row| {
            let text = match column.values() {
                Cells::Text(texts) => texts.get(row),
                Cells::Category { labels, codes } => {
                    codes.get(row).and_then(|code| labels.get(code as usize))
                }
                other => panic!("not texts: {other:?}"),
            };
            text.unwrap_or_default().to_owned()
        })
        .collect()
}

#[test]
fn kinds_are_found_ordered_by_value_and_named() {
    let found = fit(&three_kinds(1), &Options::default()).unwrap();
    assert_eq!(found.k(), 3);
    assert_eq!(found.choice().unwrap().k, Some(3));
    let expected: Vec<u32> = (0..300).map(|row| [2, 0, 1][row % 3]).collect();
    assert_eq!(labels(&found), expected);
    let names =
        |lang| (0..3).map(|cluster| found.name(cluster, lang).to_owned()).collect::<Vec<_>>();
    assert!(names(Lang::En)[0].contains("mostly South"), "{:?}", names(Lang::En));
    assert!(names(Lang::Ru)[0].contains("South"), "{:?}", names(Lang::Ru));
    let profiles = found.profile_table(Lang::En).unwrap();
    assert_eq!(texts(&profiles, "customer_region"), ["South", "West", "North"]);
    let shares: f64 = found.profiles().iter().filter_map(|own| own.share_value).sum();
    assert!((shares - 1.0).abs() < 1e-12);
}

#[test]
fn numbers_give_the_names_that_analysts_use() {
    let all = three_kinds(2);
    let only = all.characteristics()[..3].to_vec();
    let names: Vec<&str> = only.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["recency_days", "frequency", "monetary"]);
    let found =
        fit(&all.with_columns(only), &Options { k: Some(3), ..Options::default() }).unwrap();
    let words = |cluster, lang| {
        let mut words: Vec<&str> = found.name(cluster, lang).split(", ").collect();
        words.sort_unstable();
        words.join(", ")
    };
    assert_eq!(words(0, Lang::En), "frequent, high value, recent");
    assert_eq!(words(0, Lang::Ru), "дорогие, недавние, частые");
    assert_eq!(words(2, Lang::En), "lapsed, low value, occasional");
}

#[test]
fn no_two_clusters_share_a_name() {
    let mut random = generator(5);
    let spend: Vec<f64> = (0..400).map(|_| random.random::<f64>()).collect();
    let visits: Vec<f64> = (0..400).map(|_| random.random::<f64>()).collect();
    let columns = vec![("monetary", Values::number(&spend)), ("visits", Values::number(&visits))];
    let customers = customers(columns, 400).unwrap();
    for k in 2..=12 {
        let found = fit(&customers, &Options { k: Some(k), ..Options::default() }).unwrap();
        for lang in [Lang::En, Lang::Ru] {
            let mut names: Vec<&str> = (0..k).map(|cluster| found.name(cluster, lang)).collect();
            // Nor its words in another order.
            let mut names: Vec<Vec<&str>> = names
                .drain(..)
                .map(|name| {
                    let mut words: Vec<&str> = name.split(", ").collect();
                    words.sort_unstable();
                    words
                })
                .collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), k, "{names:?}");
        }
    }
}

#[test]
fn noise_has_no_clusters_and_is_cut_for_work_under_that_name() {
    let mut random = generator(7);
    let noise: Vec<f64> = (0..600).map(|_| random.random::<f64>()).collect();
    let coin: Vec<f64> = (0..600).map(|_| f64::from(random.random_range(0..2))).collect();
    let columns = vec![("age", Values::number(&noise)), ("coin", Values::number(&coin))];
    let found = fit(&customers(columns, 600).unwrap(), &Options::default()).unwrap();
    assert_eq!(found.choice().unwrap().k, None);
    assert!(found.is_working_cut() && (3..=6).contains(&found.k()));
    for cluster in 0..found.k() {
        assert!(found.name(cluster, Lang::En).starts_with("working cut: "));
        assert!(found.name(cluster, Lang::Ru).starts_with("рабочее деление: "));
    }
    assert!(found.choice_table().unwrap().rows() > 2);
    let one = Options { k: Some(1), ..Options::default() };
    let columns = vec![("age", Values::number(&noise))];
    let whole = fit(&customers(columns, 600).unwrap(), &one).unwrap();
    assert_eq!((whole.k(), whole.name(0, Lang::En)), (1, "all customers"));
    assert!(!whole.is_working_cut() && whole.warnings(Lang::En).is_empty());
}

#[test]
fn a_loose_cut_and_broken_data_are_told() {
    let mut random = generator(11);
    let mut noise = || -> Values {
        Values::number(&(0..600).map(|_| random.random::<f64>()).collect::<Vec<_>>())
    };
    let columns = vec![("a", noise()), ("b", noise()), ("c", noise()), ("d", noise())];
    let ball = customers(columns, 600).unwrap();
    let loose = fit(&ball, &Options { k: Some(7), ..Options::default() }).unwrap();
    assert!(
        loose.warnings(Lang::En)[0].starts_with("the cut is loose"),
        "{:?}",
        loose.warnings(Lang::En)
    );
    let then = three_kinds(9);
    let firm = fit(&then, &Options { k: Some(3), ..Options::default() }).unwrap();
    assert_eq!(firm.warnings(Lang::En), Vec::<String>::new());

    let same = firm.model().assign(&then).unwrap();
    assert_eq!(same.warnings(Lang::En), Vec::<String>::new());
    let broken = |(name, values): &(String, Values)| {
        let values = match (name.as_str(), values) {
            ("monetary", Values::Number(own)) => {
                Values::Number(own.iter().map(|own| own.map(|own| own * 100.0)).collect())
            }
            ("customer_region", _) => Values::category((0..300).map(|_| Some("East"))),
            (_, values) => values.clone(),
        };
        (name.clone(), values)
    };
    let now = then.with_columns(then.characteristics().iter().map(broken).collect());
    let told = firm.model().assign(&now).unwrap().warnings(Lang::En);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("`monetary` is distributed otherwise"), "{told:?}");
    assert!(told[1].starts_with("`customer_region`: 100 %"), "{told:?}");
}

#[test]
fn customers_without_variety_are_one_cluster() {
    for rows in [1, 40] {
        let columns = vec![("a", Values::number(&vec![3.0; rows]))];
        let found = fit(&customers(columns, rows).unwrap(), &Options::default()).unwrap();
        assert_eq!((found.k(), found.len()), (1, rows));
    }
}

#[test]
fn the_order_of_customers_and_the_threads_change_nothing() {
    let forward = three_kinds(3);
    let backward = Customers::new(
        (0..300).rev().map(|row| forward.ids().get(row)).collect(),
        forward
            .characteristics()
            .iter()
            .map(|(name, values)| {
                let values = match values {
                    Values::Number(values) => {
                        Values::Number(values.iter().rev().copied().collect())
                    }
                    Values::Category { labels, codes } => Values::Category {
                        labels: labels.clone(),
                        codes: codes.iter().rev().copied().collect(),
                    },
                };
                (name.clone(), values)
            })
            .collect(),
    )
    .unwrap()
    .valued_by("monetary")
    .unwrap();
    for k in [None, Some(5)] {
        let options = Options { k, ..Options::default() };
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let found = fit(&forward, &options).unwrap();
        let again = one.install(|| fit(&backward, &options)).unwrap();
        assert_eq!(found.model(), again.model());
        let mut reversed = labels(&again);
        reversed.reverse();
        assert_eq!(labels(&found), reversed);
    }
}

#[test]
fn a_saved_model_assigns_alike_and_tells_drift() {
    let then = three_kinds(4);
    let found = fit(&then, &Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("segments.json");
    found.model().save(&path).unwrap();
    let model = Model::load(&path).unwrap();
    assert_eq!(&model, found.model());

    let same = model.assign(&then).unwrap();
    assert_eq!(same.customers().collect::<Vec<_>>(), found.customers().collect::<Vec<_>>());
    assert!(same.drift().unwrap().features.iter().all(|psi| *psi == 0.0));
    assert!(found.drift_table(Lang::En).unwrap_err().is_usage());

    // Everybody is now of the best kind, in a region unknown then.
    let rows: Vec<usize> = (0..300).filter(|row| row % 3 == 1).collect();
    let pick = |name: &str, values: &Values| match values {
        Values::Number(values) => {
            (name.to_owned(), Values::Number(rows.iter().map(|row| values[*row]).collect()))
        }
        Values::Category { .. } => {
            (name.to_owned(), Values::category(rows.iter().map(|_| Some("East"))))
        }
    };
    let columns = then.characteristics().iter().map(|(name, values)| pick(name, values)).collect();
    let now =
        Customers::new(rows.iter().map(|row| then.ids().get(*row)).collect(), columns).unwrap();
    let moved = model.assign(&now).unwrap();
    assert_eq!(labels(&moved), vec![0; 100]);
    let readings = texts(&moved.drift_table(Lang::En).unwrap(), "reading");
    assert_eq!(readings[..5], ["changed"; 5]);
    assert!(moved.choice_table().unwrap_err().is_usage());
}

#[test]
fn a_model_asks_for_what_it_was_made_of() {
    let found = fit(&three_kinds(4), &Options { k: Some(2), ..Options::default() }).unwrap();
    let one = |name: &str, values: Values| customers(vec![(name, values)], 2).unwrap();
    let lacking = found.model().assign(&one("frequency", Values::number(&[1.0, 2.0]))).unwrap_err();
    assert!(lacking.to_string().contains("`recency_days`"), "{lacking}");
    let text = Values::category([Some("a"), Some("b")]);
    let changed = found.model().assign(&one("recency_days", text)).unwrap_err();
    assert!(changed.is_data() && changed.to_string().contains("a number"), "{changed}");

    let mut parts = serde_json::to_value(found.model()).unwrap();
    parts["names"].as_array_mut().unwrap().pop();
    assert!(serde_json::from_value::<Model>(parts).is_err());
}

#[test]
fn what_cannot_be_grouped_is_refused_by_name() {
    let nan = f64::NAN;
    let refused = [
        customers(vec![], 2),
        customers(vec![("a", Values::number(&[]))], 0),
        customers(vec![("a", Values::number(&[1.0]))], 2),
        customers(vec![("a", Values::number(&[nan, nan]))], 2),
        customers(vec![("a", Values::number(&[1.0, f64::INFINITY]))], 2),
    ];
    for refused in refused {
        assert!(refused.unwrap_err().is_data());
    }
    let two = customers(vec![("a", Values::number(&[1.0, 2.0, nan, 1.0]))], 4).unwrap();
    assert!(two.clone().valued_by("b").unwrap_err().is_usage());
    let with = |k, n| fit(&two, &Options { k: Some(k), starts: n, ..Options::default() });
    assert!(with(4, 10).unwrap_err().is_data());
    assert!(with(0, 10).unwrap_err().is_usage());
    assert!(with(2, 0).unwrap_err().is_usage());
}

#[test]
fn movers_are_told_with_those_who_came_and_went() {
    let at = |ids: &[&str], spend: &[f64]| {
        let columns = vec![("monetary".to_owned(), Values::number(spend))];
        Customers::new(ids.iter().copied().map(Some).collect(), columns).unwrap()
    };
    let options = Options { k: Some(2), ..Options::default() };
    let now = at(&["A", "B", "C", "E"], &[10.0, 900.0, 950.0, 12.0]);
    let now = fit(&now.valued_by("monetary").unwrap(), &options).unwrap();
    let then = now.model().assign(&at(&["A", "B", "C", "D"], &[11.0, 9.0, 950.0, 940.0])).unwrap();
    let moves = migration(&then, &now).unwrap();
    // B of A, B and C.
    assert_eq!(moves.moved(), Some(1.0 / 3.0));
    let movers = moves.movers(Lang::En).unwrap();
    assert_eq!(texts(&movers, "customer_id"), ["B", "D", "E"]);
    assert_eq!(texts(&movers, "from"), ["low value", "high value", "(no purchase)"]);
    assert_eq!(texts(&movers, "to"), ["high value", "(no purchase)", "low value"]);
    assert_eq!(moves.table(Lang::Ru).unwrap().rows(), 5);

    let other = fit(&at(&["A", "B"], &[1.0, 2.0]), &options).unwrap();
    assert!(migration(&other, &now).unwrap_err().is_usage());
}

#[test]
fn an_export_is_grouped_by_its_features() {
    let orders = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/orders.csv");
    let mut export = Export::open(&[orders.display().to_string()], ReadOptions::default()).unwrap();
    let query = OrdersQuery { fields: History::FIELDS.to_vec(), ..OrdersQuery::default() };
    let orders = Orders::read(&mut export, &query).unwrap().result;
    let history = History::new(&orders);
    let as_of = AsOf::start_of("2026-01-01".parse().unwrap());
    let default = Customers::at(&history, as_of, &Customers::DEFAULT).unwrap();
    let options = Options { k: Some(4), ..Options::default() };
    let found = fit(&default, &options).unwrap();
    assert_eq!(found.len(), 800);
    // The cluster worth most per customer comes first.
    let worth = |at: usize| found.profiles()[at].value / found.profiles()[at].customers as f64;
    assert!((1..4).all(|at| worth(at - 1) >= worth(at)));

    let every = Customers::at(&history, as_of, &history.available(as_of)).unwrap();
    assert!(every.names().any(|name| name == "favourite_region"));
    assert_eq!(fit(&every, &options).unwrap().k(), 4);

    let nobody = AsOf::start_of("2000-01-01".parse().unwrap());
    let error = Customers::at(&history, nobody, &[Feature::Frequency]).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("2000-01-01"));
}
