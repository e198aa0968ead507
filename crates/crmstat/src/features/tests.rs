//! Features against hand computation, a slow obvious version, and the promise not to look ahead.

use super::{DaysAgo, Feature, FeatureValues, Features, History, Unmatched};
use crate::{
    AsOf,
    data::{Field, Orders, OrdersQuery, Records, TableKind},
    ingest::{Export, ReadOptions},
};

fn export(name: &str, text: &str, kind: Option<TableKind>) -> Export {
    Export::from_bytes(name, text, ReadOptions { kind, ..ReadOptions::default() }).unwrap()
}

fn orders(text: &str) -> Orders {
    let mut export = export("orders.csv", text, None);
    let fields = [History::FIELDS, &[Field::OrderId]].concat();
    let query = OrdersQuery { fields, ..OrdersQuery::default() };
    Orders::read(&mut export, &query).unwrap().result
}

fn records(text: &str, kind: TableKind) -> Records {
    let mut export = export("records.csv", text, Some(kind));
    Records::read(&mut export).unwrap().result
}

fn as_of(day: &str) -> AsOf {
    AsOf::start_of(day.parse().unwrap())
}

fn numbers(history: &History<'_>, day: &str, feature: &str) -> Vec<f64> {
    let feature: Feature = feature.parse().unwrap();
    let found = Features::at(history, as_of(day), std::slice::from_ref(&feature)).unwrap();
    match found.values(&feature).unwrap() {
        FeatureValues::Number(values) => values.clone(),
        FeatureValues::Category { .. } => panic!("{feature} is a category"),
    }
}

fn texts(history: &History<'_>, day: &str, feature: &str) -> Vec<Option<String>> {
    let feature: Feature = feature.parse().unwrap();
    let found = Features::at(history, as_of(day), std::slice::from_ref(&feature)).unwrap();
    let FeatureValues::Category { labels, codes } = found.values(&feature).unwrap() else {
        panic!("{feature} is a number")
    };
    let text = |code: &Option<u32>| labels.get((*code)? as usize).map(str::to_owned);
    codes.iter().map(text).collect()
}

const ORDERS: &str = "\
customer_id,order_date,amount,category,channel,discount
A,2025-01-01,10,Chairs,web,0
A,2025-01-11,30,Tables,web,10
A,2025-01-31,20,Chairs,store,0
A,2025-02-02,-6,Chairs,store,
B,2025-01-31,7,Tables,web,
C,2025-02-20,100,Tables,store,
D,2025-01-05,-5,Tables,store,
";

#[test]
fn features_are_what_their_table_says() {
    let orders = orders(ORDERS);
    let history = History::new(&orders);
    let day = "2025-02-10";
    let found = Features::at(&history, as_of(day), &[]).unwrap();
    // C comes later, D has a refund only.
    assert_eq!(found.ids(history.orders()).collect::<Vec<_>>(), ["A", "B"]);
    let nan = f64::NAN;
    for (feature, expected) in [
        ("recency_days", [10.0, 10.0]),
        ("frequency", [3.0, 1.0]),
        ("monetary", [54.0, 7.0]),
        ("mean_order", [20.0, 7.0]),
        ("median_order", [20.0, 7.0]),
        ("tenure_days", [40.0, 10.0]),
        ("mean_gap_days", [15.0, nan]),
        // Gaps of 10 and 20 days: deviations of 5, divided by one.
        ("gap_spread_days", [50.0_f64.sqrt(), nan]),
        ("recency_in_gaps", [10.0 / 15.0, nan]),
        // The later half begins on 21 January: 20 against 40.
        ("spend_trend", [-20.0 / 60.0, nan]),
        ("lines", [3.0, 1.0]),
        ("refund_share", [0.1, 0.0]),
        ("discount_share", [10.0 / 70.0, nan]),
        ("orders_30d", [2.0, 1.0]),
        ("orders_10d_30d", [1.0, 0.0]),
        // A gave 6 back in these days.
        ("spend_10d", [14.0, 7.0]),
        ("spend_share:category=Chairs", [0.5, 0.0]),
        ("spend_share:category=Lamps", [0.0, 0.0]),
    ] {
        let values = numbers(&history, day, feature);
        let equal = |(a, b): (&f64, &f64)| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-12;
        assert!(values.iter().zip(&expected).all(equal), "{feature}: {values:?}");
        assert_eq!(values.len(), 2);
    }
    // A spent 30 on either category: the first in byte order; on the web 40.
    let own = |texts: [&str; 2]| texts.map(|text| Some(text.to_owned())).to_vec();
    assert_eq!(texts(&history, day, "favourite_category"), own(["Chairs", "Tables"]));
    assert_eq!(texts(&history, day, "favourite_channel"), own(["web", "web"]));
}

#[test]
fn activities_and_customers_join_by_id() {
    let activities = records(
        "customer_id,at,kind,outcome\nB,2025-02-01,call,missed\nB,2025-02-05,call,answered\n\
         B,2025-02-10,call,missed\nB,2025-02-06,meeting,\nZ,2025-02-06,meeting,\n",
        TableKind::Activities,
    );
    let customers = records(
        "customer_id,region,satisfaction,contract_start\nA,North,9,2025-01-01\nB,,,2025-03-01\nZ,East,1,\n",
        TableKind::Customers,
    );
    let orders = orders(ORDERS);
    let history = History::new(&orders).with_activities(&activities).unwrap();
    let history = history.with_customers(&customers).unwrap();
    assert_eq!(history.unmatched(), Unmatched { activities: 1, customers: 1, lines: 0 });
    let day = "2025-02-10";
    assert_eq!(numbers(&history, day, "activities"), [0.0, 3.0]);
    assert_eq!(numbers(&history, day, "activities:kind=call"), [0.0, 2.0]);
    assert_eq!(numbers(&history, day, "activities:outcome=missed"), [0.0, 1.0]);
    assert_eq!(numbers(&history, day, "activities:kind=visit"), [0.0, 0.0]);
    // Calls on 1 and 5 February: 9 and 5 days ago.
    assert_eq!(numbers(&history, day, "activities_5d:kind=call"), [0.0, 1.0]);
    assert_eq!(numbers(&history, day, "activities_5d"), [0.0, 2.0]);
    let unanswered = numbers(&history, day, "unanswered_share");
    assert!(unanswered[0].is_nan() && unanswered[1] == 0.5, "{unanswered:?}");
    assert_eq!(numbers(&history, day, "unanswered_share_5d")[1], 0.0);
    let recency = numbers(&history, day, "activity_recency_days:kind=call");
    assert!(recency[0].is_nan() && recency[1] == 5.0);
    let satisfaction = numbers(&history, day, "satisfaction");
    assert!(satisfaction[0] == 9.0 && satisfaction[1].is_nan());
    let contract = numbers(&history, day, "contract_age_days");
    assert!(contract[0] == 40.0 && contract[1].is_nan());
    assert_eq!(texts(&history, day, "customer_region"), [Some("North".to_owned()), None]);
}

#[test]
fn order_lines_beside_the_orders_tell_what_was_bought() {
    let own = orders(
        "order_id,customer_id,order_date,amount\n1,A,2025-01-01,10\n2,A,2025-01-11,30\n\
         3,B,2025-01-31,7\n4,C,2025-02-20,9\n",
    );
    let lines = records(
        "order_id,category,quantity,price,discount\n1,Chairs,2,5,\n2,Tables,1,30,5\n2,Chairs,1,5,0\n\
         3,,1,7,\n9,Lamps,1,7,\n",
        TableKind::Lines,
    );
    let history = History::new(&own).with_lines(&lines).unwrap();
    assert_eq!(history.unmatched().lines, 1);
    let day = "2025-02-10";
    // A spent 10 and 5 on chairs, 25 on tables; B's line has no category, the lamp no order.
    assert_eq!(numbers(&history, day, "spend_share:category=Chairs"), [15.0 / 40.0, 0.0]);
    assert_eq!(numbers(&history, day, "spend_share:category=Lamps"), [0.0, 0.0]);
    assert_eq!(texts(&history, day, "favourite_category"), [Some("Tables".to_owned()), None]);
    let discount = numbers(&history, day, "discount_share");
    assert!((discount[0] - 5.0 / 45.0).abs() < 1e-12 && discount[1].is_nan(), "{discount:?}");
    let available: Vec<String> =
        history.available(as_of(day)).iter().map(Feature::to_string).collect();
    for name in ["discount_share", "spend_share:category=Tables", "favourite_category"] {
        assert!(available.iter().any(|own| own == name), "{available:?}");
    }
    assert!(!available.iter().any(|own| own == "spend_share:category=Lamps"), "it is of no order");
}

#[test]
fn some_customers_have_the_features_they_have_among_all() {
    let orders = orders(ORDERS);
    let history = History::new(&orders);
    let features = [Feature::Frequency, Feature::Favourite(Field::Category)];
    let day = as_of("2025-03-01");
    let all = Features::at(&history, day, &features).unwrap();
    let some = Features::of(&history, day, &features, |customer| customer != 0).unwrap();
    assert_eq!(some.customers(), &all.customers()[1..]);
    let FeatureValues::Number(frequency) = &some.columns()[0].values else { panic!() };
    assert_eq!(frequency, &[1.0, 1.0]);
}

#[test]
fn what_comes_at_or_after_the_cutoff_changes_nothing() {
    let day = "2025-02-10";
    let all = orders(ORDERS);
    let earlier: String = ORDERS
        .lines()
        .filter(|line| !line.starts_with('C'))
        .fold(String::new(), |text, line| text + line + "\n");
    let earlier = orders(&(earlier + "D,2025-02-10,50,Tables,store,\n"));
    let (all, earlier) = (History::new(&all), History::new(&earlier));
    for feature in all.available(as_of(day)) {
        let values = |history| {
            let found = Features::at(history, as_of(day), std::slice::from_ref(&feature));
            format!("{:?}", found.unwrap().columns()[0].values)
        };
        assert_eq!(values(&all), values(&earlier), "{feature}");
    }
    assert_eq!(all.available(as_of(day)), earlier.available(as_of(day)));
}

#[test]
fn the_order_of_rows_and_the_threads_change_nothing() {
    let text = std::fs::read_to_string(datasets("orders.csv")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let (forward, backward) = (orders(&text), orders(&lines.join("\n")));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let day = as_of("2025-06-01");
    let found = |orders: &Orders| {
        let history = History::new(orders);
        let features = history.available(day);
        format!("{:?}", Features::at(&history, day, &features).unwrap())
    };
    assert_eq!(found(&forward), one.install(|| found(&backward)));
}

#[test]
fn features_agree_with_a_slow_obvious_version() {
    let text = std::fs::read_to_string(datasets("orders.csv")).unwrap();
    let orders = orders(&text);
    let history = History::new(&orders);
    let day = "2025-01-15";
    let found = Features::at(&history, as_of(day), &[]).unwrap();
    let of = |id: &str| -> Vec<(i32, f64)> {
        let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        let mut own: Vec<(i32, f64)> = rows
            .filter(|cells| cells[1] == id && cells[2] < day)
            .map(|cells| {
                let date: crate::Date = cells[2].parse().unwrap();
                (date.days(), cells[3].parse().unwrap())
            })
            .collect();
        own.sort_by_key(|(day, _)| *day);
        own
    };
    let end = as_of(day).date().days();
    let columns = ["recency_days", "frequency", "monetary", "tenure_days", "spend_90d"]
        .map(|feature| numbers(&history, day, feature));
    assert!(found.len() > 300);
    for (row, id) in found.ids(history.orders()).enumerate().step_by(23) {
        let own = of(id);
        let slow = [
            f64::from(end - own.last().unwrap().0),
            own.len() as f64,
            own.iter().map(|(_, amount)| amount).sum(),
            f64::from(end - own[0].0),
            own.iter().filter(|(day, _)| end - day <= 90).map(|(_, amount)| amount).sum(),
        ];
        for (column, slow) in columns.iter().zip(slow) {
            assert!((column[row] - slow).abs() < 1e-6, "{id}");
        }
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    let of_label = Some((Field::Kind, "call: first=1".to_owned()));
    let mut features = Feature::OF_ORDERS.to_vec();
    features.extend([
        Feature::DiscountShare,
        Feature::Orders(DaysAgo::last(30)),
        Feature::Spend(DaysAgo { from: 274, to: 365 }),
        Feature::SpendShare(Field::Channel, "a, b".to_owned()),
        Feature::Favourite(Field::Region),
        Feature::Activities(None, None),
        Feature::Activities(None, of_label.clone()),
        Feature::Activities(Some(DaysAgo::last(90)), None),
        Feature::Activities(Some(DaysAgo { from: 30, to: 90 }), of_label.clone()),
        Feature::UnansweredShare(None),
        Feature::UnansweredShare(Some(DaysAgo::last(30))),
        Feature::ActivityRecencyDays(of_label),
        Feature::Satisfaction,
        Feature::ContractAgeDays,
        Feature::Customer(Field::Segment),
    ]);
    for feature in features {
        assert_eq!(feature.to_string().parse::<Feature>().unwrap(), feature);
    }
    for wrong in [
        "",
        "monetry",
        "activities_d",
        "activities_5:kind=call",
        "orders_d",
        "orders_9d_3d",
        "spend_share:web",
        "favourite_x",
    ] {
        let error = wrong.parse::<Feature>().unwrap_err();
        assert!(error.is_usage() && error.hint().is_some(), "{wrong}");
    }
}

#[test]
fn a_feature_without_its_table_names_what_is_lacking() {
    let orders = orders("customer_id,order_date,amount\nA,2025-01-01,10\n");
    let history = History::new(&orders);
    for (feature, needs) in [
        ("favourite_region", "`region`"),
        ("discount_share", "`discount`"),
        ("activities", "activities"),
        ("satisfaction", "`satisfaction`"),
    ] {
        let error = Features::at(&history, as_of("2025-02-01"), &[feature.parse().unwrap()]);
        let error = error.unwrap_err();
        assert!(error.is_data() && error.to_string().contains(needs), "{error}");
        assert!(error.hint().is_some());
    }
}

fn datasets(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets").join(name)
}
