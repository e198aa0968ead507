//! `crmstat segment`: clusters, their profiles and names, who moved, and what cannot be grouped.

use crate::support::{Folder, ORDERS, Run, dataset, rows_turned};
use std::fmt::Write;

/// A hundred and twenty customers of three kinds: many large orders, some, one small one long ago.
fn three_kinds() -> String {
    let mut text = "order_id,customer_id,order_date,amount,category\n".to_owned();
    for id in 0..120 {
        let (orders, amount, month, category) = match id % 3 {
            0 => (24, 900, 12, "Furniture"),
            1 => (6, 90, 10, "Paper"),
            _ => (1, 9, 2, "Devices"),
        };
        for number in 0..orders {
            let (day, amount) = (1 + (id + number) % 28, amount + (id * 7 + number) % 9);
            let month = month - number % 2;
            writeln!(text, "{id}-{number},c{id:03},2025-{month:02}-{day:02},{amount},{category}")
                .unwrap();
        }
    }
    text
}

/// The cells under `header`; no cell of these tables holds a comma outside of quotes before it.
fn column(answer: &str, header: &str) -> Vec<String> {
    let mut reader = answer.lines().map(cells);
    let place = reader.next().unwrap().iter().position(|own| own == header).unwrap();
    reader.map(|mut cells| cells.swap_remove(place)).collect()
}

/// The cells of a line, of which some are quoted.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

#[track_caller]
fn refused(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (Some(code), ""), "{}", run.stderr);
    for part in parts {
        assert!(run.stderr.contains(part), "`{part}` in: {}", run.stderr);
    }
}

fn folder() -> Folder {
    Folder::with("orders.csv", three_kinds())
}

#[test]
fn customers_are_grouped_and_the_groups_named() {
    let run = folder().run(&["segment", "orders.csv"]);
    let answer = run.answer();
    assert_eq!(answer.lines().next(), Some("customer_id,cluster,name,distance"));
    assert!(run.stderr.contains("120 customers in 3 clusters"), "{}", run.stderr);
    let clusters = column(answer, "cluster");
    // The cluster whose customers are worth most is the first.
    assert_eq!(&clusters[..6], ["1", "2", "3", "1", "2", "3"]);
    let names = column(answer, "name");
    assert!(names[0].contains("high value") && names[2].contains("low value"), "{names:?}");

    let russian = folder().run(&["segment", "orders.csv", "--lang", "ru", "--format", "md", "-q"]);
    for said in ["Кластер", "Название", "дорогие"] {
        assert!(russian.answer().contains(said), "{said}");
    }
}

#[test]
fn profiles_and_choice_have_their_tables() {
    let profiles = folder().run(&["segment", "orders.csv", "--profile-table", "-q"]);
    let answer = profiles.answer();
    assert!(
        answer.starts_with(
            "cluster,name,customers,share_customers,share_revenue,recency_days,frequency,monetary,"
        ),
        "{answer}"
    );
    assert_eq!(column(answer, "customers"), ["40", "40", "40"]);
    assert_eq!(column(answer, "frequency"), ["24.0", "6.0", "1.0"]);
    let typical = column(answer, "typical");
    assert!(typical[0].split(' ').all(|id| id.starts_with('c')), "{typical:?}");

    let choice = folder().run(&["segment", "orders.csv", "--choice-table", "-q"]);
    let chosen = column(choice.answer(), "chosen");
    assert_eq!(chosen[2], "true", "{}", choice.stdout);
    assert_eq!(column(choice.answer(), "k").len(), 10);
    let given = folder().run(&["segment", "orders.csv", "--k", "2", "--choice-table"]);
    refused(&given, 2, &["was given, not chosen", "--k auto"]);
}

#[test]
fn every_table_of_the_crm_gives_features() {
    let [orders, lines, activities, customers] =
        ["orders.csv", "lines.csv", "activities.csv", "customers.csv"].map(dataset);
    let beside = ["--lines", &lines, "--activities", &activities, "--customers", &customers];
    let all = ["segment", &orders, "--features", "all", "--k", "3", "--profile-table"];
    let run = Folder::new().run(&[&all[..], &beside].concat());
    let header = run.answer().lines().next().unwrap();
    for feature in [
        "spend_share:category=Furniture",
        "favourite_category",
        "favourite_region",
        "discount_share",
        "activities_90d:kind=call",
        "unanswered_share",
        "satisfaction",
        "customer_region",
    ] {
        assert!(header.split(',').any(|own| own == feature), "{feature} in {header}");
    }
    for table in ["lines:\n", "activities:\n", "customers:\n"] {
        assert_eq!(run.stderr.matches(table).count(), 1, "{}", run.stderr);
    }
    let favourites = ["--features", "recency_days,monetary,favourite_category,favourite_product"];
    let run = Folder::new().run(
        &[
            &["segment", &orders, "--k", "4", "--profile-table", "-q"],
            &favourites[..],
            &beside[..2],
        ]
        .concat(),
    );
    assert_eq!(column(run.answer(), "favourite_category").len(), 4);
    let alone = Folder::new().run(&["segment", &orders, "--features", "favourite_category"]);
    refused(&alone, 1, &["`category`", "--map category=COLUMN"]);
}

#[test]
fn saved_clusters_take_in_other_customers_and_tell_drift() {
    let folder = folder();
    let fitted = folder.run(&["segment", "orders.csv", "--k", "3", "--save-model", "s.json", "-q"]);
    let assigned = folder.run(&["segment", "orders.csv", "--model", "s.json", "-q"]);
    assert_eq!(assigned.answer(), fitted.answer());
    let drift = ["segment", "orders.csv", "--model", "s.json", "--drift", "-q"];
    let none = folder.run(&drift);
    assert!(column(none.answer(), "psi").iter().all(|psi| psi.is_empty() || psi == "0.0"));
    let earlier = folder.run(&[&drift[..], &["--as-of", "2025-10-05"]].concat());
    assert!(column(earlier.answer(), "reading").iter().any(|own| own == "changed"));
    refused(&folder.run(&["segment", "orders.csv", "--drift"]), 2, &["--model"]);
    refused(&folder.run(&["segment", "orders.csv", "--model", "s.json", "--k", "2"]), 2, &["--k"]);

    let other = Folder::with("orders.csv", ORDERS);
    other.run(&["rfm", "orders.csv", "--save-model", "rfm.json", "-q"]).answer();
    let run = other.run(&["segment", "orders.csv", "--model", "rfm.json"]);
    refused(&run, 1, &["holds a model of `rfm`, not of `segments`"]);
}

#[test]
fn who_moved_is_counted_and_listed() {
    let folder = folder();
    let migrated = ["segment", "orders.csv", "--k", "3", "--migrate", "2025-11-15"];
    let run = folder.run(&migrated);
    assert!(run.stderr.contains("moved since 2025-11-15"), "{}", run.stderr);
    let customers: usize =
        column(run.answer(), "customers").iter().map(|own| own.parse::<usize>().unwrap()).sum();
    assert_eq!(customers, 120);
    let movers = folder.run(&["segment", "orders.csv", "--k", "3", "--movers", "2025-05-01", "-q"]);
    // Only the third kind had bought by May.
    let from = column(movers.answer(), "from");
    assert_eq!(from.iter().filter(|own| *own == "(no purchase)").count(), 80);
    let late = folder.run(&["segment", "orders.csv", "--movers", "2027-01-01"]);
    refused(&late, 2, &["2027-01-01 is not before"]);
}

#[test]
fn the_command_line_is_checked_before_the_data_are_read() {
    for (arguments, part) in [
        (&["--k", "x"][..], "`--k x` is neither a number of clusters nor `auto`"),
        (&["--k", "0"], "`--k 0`"),
        (&["--k", "-1"], "-1"),
        (&["--features", "recency"], "there is no feature `recency`"),
        (&["--movers", "soon"], "`soon` is not a date"),
        (&["--transform", "cubed"], "cubed"),
        (&["--value", "spend"], "--value"),
    ] {
        let run = Folder::new().run(&[&["segment", "no-such.csv"], arguments].concat());
        refused(&run, 2, &[part]);
    }
}

#[test]
fn customers_without_variety_are_answered_or_refused() {
    let few = Folder::with("orders.csv", ORDERS);
    let run = few.run(&["segment", "orders.csv", "--k", "4"]);
    refused(&run, 1, &["error: "]);
    assert!(few.run(&["segment", "orders.csv", "--k", "3", "-q"]).answer().lines().count() == 4);
    let one = Folder::with("orders.csv", "customer_id,order_date,amount\na,2025-01-01,5\n");
    let run = one.run(&["segment", "orders.csv"]);
    assert_eq!(run.answer().lines().nth(1), Some("a,1,all customers,0.0"));
    assert!(run.stderr.contains("no clusters among 1 customers"), "{}", run.stderr);
    let mut equal = "customer_id,order_date,amount\n".to_owned();
    (0..50).for_each(|id| writeln!(equal, "c{id:02},2025-01-01,5").unwrap());
    let run = Folder::with("orders.csv", equal).run(&["segment", "orders.csv", "-q"]);
    assert!(column(run.answer(), "cluster").iter().all(|own| own == "1"));
    let nobody = one.run(&["segment", "orders.csv", "--as-of", "2020-01-01"]);
    refused(
        &nobody,
        1,
        &["no purchase in `orders.csv`: 1 rows read, 1 at or after as_of", "--as-of"],
    );
}

#[test]
fn a_table_has_numbers_categories_and_gaps() {
    let mut table = "id,age,plan,spend\n".to_owned();
    for id in 0..90 {
        let (plan, spend) = [("gold", "1000"), ("basic", "10"), ("", "")][id % 3];
        writeln!(table, "{id},{},{plan},{spend}", 20 + id % 40).unwrap();
    }
    let folder = Folder::with("table.csv", &table);
    let grouped = ["segment", "--table", "table.csv", "--k", "2", "-q"];
    let run = folder.run(&[&grouped[..], &["--value", "spend", "--profile-table"]].concat());
    assert_eq!(column(run.answer(), "plan")[0], "gold", "{}", run.stdout);
    let run = folder.run(&[&grouped[..], &["--features", "plan,spend"]].concat());
    assert_eq!(run.answer().lines().count(), 91);
    let run = folder.run(&[&grouped[..], &["--features", "plan,colour"]].concat());
    refused(&run, 1, &["colour"]);
    let run = folder.run(&[&grouped[..], &["--id", "plan"]].concat());
    refused(&run, 1, &["error: "]);
    let run = folder.run(&["segment", "--table", "table.csv", "orders.csv"]);
    refused(&run, 2, &["--table"]);
    let empty = Folder::with("table.csv", "id,age\n");
    refused(&empty.run(&["segment", "--table", "table.csv"]), 1, &["error: "]);
    let broken = Folder::with("table.csv", "id,age,none\n1,2,\n2,3,\n3,9,\n");
    let run = broken.run(&["segment", "--table", "table.csv"]);
    refused(&run, 1, &["`none` is missing for every customer", "--features"]);
}

#[test]
fn row_order_and_threads_change_nothing() {
    let orders = three_kinds();
    let folder = Folder::with("orders.csv", &orders).and("turned.csv", rows_turned(&orders));
    let of = |file: &str, threads: &str| {
        let mut all = String::new();
        for more in [
            &[][..],
            &["--profile-table", "--features", "all"],
            &["--choice-table"],
            &["--k", "5", "--migrate", "2025-11-15"],
        ] {
            let run = folder.run(&[&["segment", file, "--threads", threads], more].concat());
            all.push_str(run.answer());
            all.push_str(&run.stderr);
        }
        all
    };
    assert_eq!(of("turned.csv", "3"), of("orders.csv", "1"));
}
