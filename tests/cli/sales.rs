//! `crmstat sales`, `kpi`, `products`, cohorts by a column: tables, words, refusals.

use crate::support::{Folder, dataset};

const ORDERS: &str = "\
order_id,customer_id,order_date,amount,manager,Box colour
1,anna,2024-01-05,10.00,Ann,red
2,boris,2024-02-01,250.50,Bob,
3,anna,2024-03-10,20.00,Ann,blue
4,clara,2024-03-20,5.25,Bob,red
5,anna,2024-03-31,30.00,Ann,red
";

fn folder() -> Folder {
    Folder::with("orders.csv", ORDERS)
}

#[test]
fn sales_by_a_header_of_the_file() {
    let run = folder().run(&["sales", "orders.csv", "--by", "Box colour", "--period", "quarter"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let table = "\
period,Box colour,measure,value,previous,change,growth,year_ago,change_year,growth_year,share,rank,contribution,days,complete,measure_code
2024-01-01,(none),revenue,250.50,,,,,,,0.793";
    assert!(run.stdout.starts_with(table), "{}", run.stdout);
    assert_eq!(run.stdout.lines().count(), 4);
}

#[test]
fn a_word_for_a_field_is_that_field_and_words_are_russian() {
    let by = |name: &str| {
        let run =
            folder().run(&["sales", "orders.csv", "--by", name, "--pivot", "--lang", "ru", "-q"]);
        run.answer().split_once('\n').unwrap().1.to_owned()
    };
    assert_eq!(by("manager"), by("owner"));
    assert_eq!(by("manager"), by("менеджер"));
    assert!(
        by("manager").starts_with("Bob,выручка,0.00,250.50,5.25,255.75\n"),
        "{}",
        by("manager")
    );
}

#[test]
fn an_unknown_column_is_refused_with_those_that_are_known() {
    for command in ["sales", "kpi", "forecast", "cohorts", "products"] {
        let run = folder().run(&[command, "orders.csv", "--by", "weather"]);
        assert_eq!(run.code, Some(2), "{command}: {}", run.stderr);
        assert!(run.stderr.contains("there is no column `weather`"), "{command}: {}", run.stderr);
        assert!(run.stderr.contains("Box colour"), "{command}: {}", run.stderr);
    }
    let run = folder().run(&["sales", "orders.csv", "--measure", "margin"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("no column says the cost"), "{}", run.stderr);
}

#[test]
fn a_plan_stands_beside_the_fact() {
    let plan = "period,manager,value\n2024-03,Ann,100\n2024-03,Bob,10\n";
    let run = folder().and("plan.csv", plan).run(&[
        "sales",
        "orders.csv",
        "--by",
        "manager",
        "--plan",
        "plan.csv",
        "--as-of",
        "2024-03-16",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let ann = rows.iter().find(|row| row["manager"] == "Ann" && !row["plan"].is_null()).unwrap();
    assert_eq!(ann["attainment"], 0.2);
    // 20 in 15 of 31 days.
    assert!((ann["run_rate"].as_f64().unwrap() - 20.0 / 15.0 * 31.0).abs() < 1e-9);
    let odd = folder().and("plan.csv", "period,value\nsoon,100\n");
    let run = odd.run(&["sales", "orders.csv", "--plan", "plan.csv"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("plan.csv:2, column `period`: `soon` is not a period"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_column_of_the_table_of_customers_divides_everything() {
    let customers = "customer_id,industry\nanna,Food\nboris,Steel\n";
    let folder = folder().and("customers.csv", customers);
    for command in ["sales", "kpi", "forecast", "cohorts"] {
        let run = folder.run(&[
            command,
            "orders.csv",
            "--by",
            "customers.industry",
            "--customers",
            "customers.csv",
            "--format",
            "json",
        ]);
        assert_eq!(run.code, Some(0), "{command}: {}", run.stderr);
        for label in ["Food", "Steel"] {
            assert!(run.stdout.contains(label), "{command}: {}", run.stdout);
        }
    }
}

#[test]
fn every_kpi_is_explained() {
    let run = folder().run(&["kpi", "--explain", "--lang", "ru"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("retention_rate,Удержание,share,"), "{}", run.stdout);
    let run = folder().run(&["kpi", "orders.csv", "--kpi", "retention,cac"]);
    assert!(run.stderr.contains("left out: cac: no spend is given"), "{}", run.stderr);
    assert!(run.stdout.contains(",retention_rate,"), "{}", run.stdout);
}

#[test]
fn products_have_classes_and_stock() {
    let (orders, lines) = (dataset("orders.csv"), dataset("lines.csv"));
    let run = folder().run(&[
        "products",
        &orders,
        "--lines",
        &lines,
        "--stock",
        "--lead-time",
        "2w",
        "--format",
        "json",
        "-q",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["product"], &rows[0]["abc"]),
        (12, &"Copy A4".into(), &"A".into())
    );
    for row in rows {
        let (reorder, demand) = (&row["reorder_point"], &row["lead_demand"]);
        assert!(reorder.as_f64().unwrap() >= demand.as_f64().unwrap(), "{row}");
    }
    let run = folder().run(&["products", &orders, "--matrix", "-q"]);
    assert!(run.stdout.starts_with("abc,xyz,products,revenue,share\n"), "{}", run.stdout);
    let run = folder().run(&["products", &orders, "--stock", "--service", "100"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

#[test]
fn customers_flow_from_month_to_month() {
    let run = folder().run(&["cohorts", "orders.csv", "--flow", "-q"]);
    let table = "\
period,complete,before,returning,reactivated,new,active,lost,retention
2024-01-01,true,,,,1,1,,
2024-02-01,true,1,0,0,1,1,1,0.0
2024-03-01,true,1,0,1,1,2,1,0.0
";
    assert_eq!(run.answer(), table);
}

#[test]
fn what_does_not_fit_the_sales_is_said() {
    let folder = folder()
        .and("late.csv", "period,value\n2030-01,100\n")
        .and("spend.csv", "period,amount\n2024-01-01,10\n")
        .and("clusters.csv", "customer_id,cluster\nA,1\nB,2\n");
    let run = folder.run(&["sales", "orders.csv", "--plan", "late.csv"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("no row for the periods of the sales"), "{}", run.stderr);
    let run = folder.run(&["kpi", "orders.csv", "--by", "manager", "--spend", "spend.csv"]);
    assert!(run.stderr.contains("spend is not divided by `manager`"), "{}", run.stderr);
    let run = folder.run(&["sales", "orders.csv", "--join", "clusters.csv"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let run = folder.run(&["sales", "orders.csv", "--by", "segment", "--lang", "ru"]);
    assert!(run.stderr.contains("это RFM-сегмент клиента на"), "{}", run.stderr);
    assert!(run.answer().contains("revenue"), "{}", run.stdout);
}

#[test]
fn labels_are_merged_by_a_table_of_pairs() {
    let folder =
        folder().and("merges.csv", "label,meant\nAnn,Bob\n").and("odd.csv", "label\nAnn\n");
    let run = folder.run(&["sales", "orders.csv", "--by", "manager", "--merge", "merges.csv"]);
    assert!(run.answer().contains(",Bob,") && !run.stdout.contains("Ann"), "{}", run.stdout);
    assert!(run.stderr.contains("× `Ann` in"), "{}", run.stderr);
    let run = folder.run(&["sales", "orders.csv", "--merge", "odd.csv"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let run = folder.run(&["sales", "orders.csv", "--merge", "nowhere"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}
