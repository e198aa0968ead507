//! `crmstat report`: a folder for every export, honest about what the data do not bear.

use crate::support::{Folder, ORDERS, Run, dataset};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

fn page(folder: &Folder, name: &str) -> String {
    folder.read(&format!("{name}/report.html"))
}

/// Runs `crmstat report` with the export and the folder `out`.
fn report(folder: &Folder, export: &str, options: &[&str]) -> Run {
    folder.run(&[&["report", export, "-o", "out"], options].concat())
}

/// Whether `section` is there with content, by its markup.
fn tells(page: &str, section: &str) -> bool {
    page.contains(&format!("<section id=\"{section}\" aria-labelledby="))
}

#[test]
fn a_table_of_orders_becomes_a_page_tables_and_models() {
    let folder = Folder::new();
    let run = report(&folder, &dataset("orders.csv"), &[]);
    assert!(run.answer().starts_with("# Customers and sales: orders.csv\n"), "{}", run.stdout);
    assert!(run.stdout.contains("## Whom to call first"), "{}", run.stdout);
    let page = page(&folder, "out");
    for section in
        ["answer", "figures", "sales", "rfm", "churn", "clv", "cohorts", "quality", "methods"]
    {
        assert!(tells(&page, section), "{section}");
    }
    assert!(page.contains("<section id=\"funnel\" class=\"absent\""));
    assert!(page.contains("not deals with stages and outcomes"));
    // Aggregates and the first rows of rankings only.
    assert!(page.len() < 500_000, "{} bytes", page.len());
    let files = folder.files("out");
    for name in [
        "models/rfm.json",
        "models/churn.json",
        "models/clv.json",
        "tables/rfm.csv",
        "tables/churn.csv",
        "tables/clv.csv",
        "tables/forecast.csv",
        "tables/decisions.csv",
    ] {
        assert!(files.contains_key(name), "{name} among {:?}", files.keys());
    }
    // The table of the report is that of the command.
    let rfm = folder.run(&["rfm", &dataset("orders.csv"), "-q"]);
    assert_eq!(String::from_utf8_lossy(&files["tables/rfm.csv"]), rfm.answer());
}

#[test]
fn an_export_of_deals_has_a_funnel() {
    for (export, stage) in [("pipedrive.csv", "Proposal Made"), ("amocrm.csv", "Переговоры")]
    {
        let folder = Folder::new();
        let run = report(&folder, &dataset(export), &[]);
        assert!(run.answer().contains("- Win rate: **"), "{}", run.stdout);
        let page = page(&folder, "out");
        assert!(tells(&page, "funnel") && tells(&page, "managers"), "{export}");
        let stages = folder.read("out/tables/stages.csv");
        assert!(stages.starts_with("stage,here,amount_here,won_here,lost_here\n"), "{stages}");
        assert!(stages.contains(stage), "{stages}");
    }
}

/// Every table that is given shows, or is refused.
#[test]
fn tables_beside_the_export_are_used_or_refused() {
    let folder = Folder::new();
    let history = dataset("pipedrive_history.csv");
    report(&folder, &dataset("pipedrive.csv"), &["--history", &history]);
    let stages = folder.read("out/tables/stages.csv");
    assert!(stages.starts_with("stage,reached,conversion,to_won,days_median,here,"), "{stages}");
    assert!(!page(&folder, "out").contains("not known without"), "the history tells the ways");

    let folder = Folder::new();
    let [products, spend] = ["products.csv", "spend.csv"].map(dataset);
    let lines = dataset("lines.csv");
    let tables = ["--products", &products, "--lines", &lines, "--spend", &spend];
    report(&folder, &dataset("orders.csv"), &tables);
    let kpis = folder.read("out/tables/kpis.csv");
    assert!(kpis.contains("cac") && kpis.contains("margin"), "{kpis}");
    assert!(folder.read("out/tables/products.csv").starts_with("product,revenue,share,class,"));

    let orders = dataset("orders.csv");
    let refused = folder.run(&["report", &orders, "--history", &history, "-o", "refused"]);
    assert!(refused.stderr.contains("a history of stages is of deals"), "{}", refused.stderr);
}

#[test]
fn every_word_is_russian_on_request() {
    let folder = Folder::new();
    let run = report(&folder, &dataset("amocrm.csv"), &["--lang", "ru"]);
    assert!(run.answer().starts_with("# Клиенты и продажи: amocrm.csv"), "{}", run.stdout);
    let page = page(&folder, "out");
    assert!(page.contains("<html lang=\"ru\""));
    for english in ["Sales by month", "Revenue<", "customers", "as of", "The first ", "Data of"] {
        let at = page.find(english).map(|at| page[at.saturating_sub(80)..].chars().take(200));
        let shown: Option<String> = at.map(Iterator::collect);
        assert_eq!(shown, None, "{english}");
    }
}

/// Texts of `page` with three English words in a row; names of options and models are code.
fn english(page: &str) -> Vec<&str> {
    let texts = page
        .split('<')
        .filter(|part| !["script", "style", "code"].iter().any(|tag| part.starts_with(tag)))
        .filter_map(|part| part.split_once('>'));
    let is_word =
        |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    texts
        .map(|(_, text)| text)
        .filter(|text| {
            let words: Vec<&str> = text.split([' ', ',', '.', ':', ';']).collect();
            words.windows(3).any(|three| three.iter().all(is_word))
        })
        .collect()
}

#[test]
fn refusals_are_russian_too() {
    let orders = fs::read_to_string(dataset("orders.csv")).unwrap();
    let customer = |row: &str| row.split(',').nth(1).map(str::to_owned);
    let mut seen = BTreeSet::new();
    let first: String = (orders.lines())
        .filter(|row| seen.insert(customer(row)))
        .map(|row| format!("{row}\n"))
        .collect();
    let weekly: String = (0..12_000_i64)
        .map(|at| {
            let day = crmstat::Date::from_ymd(2022, 1, 1).unwrap().plus_days((at / 120 * 7) as i32);
            format!("c{},{day},{}\n", at % 120, 10 + at % 5)
        })
        .collect();
    let weekly = format!("customer_id,order_date,amount\n{weekly}");
    let free = orders.lines().enumerate().map(|(line, row)| {
        let cells: Vec<&str> = row.split(',').collect();
        let amount = if line == 0 { cells[3] } else { "0" };
        format!("{},{},{},{amount}\n", cells[0], cells[1], cells[2])
    });
    for (rows, said) in [
        (first, "в горизонте 90d не заказал никто. Удерживать некого"),
        (weekly, "в горизонте 90d заказали. Учиться оттоку не на чем"),
        (free.collect(), "повторные заказы на положительную сумму есть у 0 клиентов"),
    ] {
        let folder = Folder::with("x.csv", rows);
        report(&folder, "x.csv", &["--lang", "ru"]).answer();
        let page = page(&folder, "out");
        assert!(page.contains(said), "{said}: {:?}", page.split("Данные не позволяют").nth(1));
        assert_eq!(english(&page), [""; 0]);
    }
}

#[test]
fn the_forecast_of_a_report_goes_on_when_more_is_known() {
    let folder = Folder::new();
    report(&folder, &dataset("orders.csv"), &[]).answer();
    let model = ["--model", "out/models/forecast.json", "--format", "csv"];
    let run = folder.run(&[&["forecast", &dataset("orders.csv")], &model[..]].concat());
    let told = folder.read("out/tables/forecast.csv");
    // The report leaves out what is the same in each row: the series before, the model behind.
    for (row, of_report) in run.answer().lines().zip(told.lines()).skip(1) {
        assert!(row.starts_with(&format!("total,{of_report}")), "{row} against {of_report}");
    }
    assert!(told.lines().count() > 6);
}

#[test]
fn a_few_rows_give_a_short_honest_report() {
    let folder = Folder::with("orders.csv", ORDERS);
    let run = report(&folder, "orders.csv", &[]);
    assert!(run.answer().contains("## Not in this report"), "{}", run.stdout);
    let page = page(&folder, "out");
    assert!(page.contains("There are 3\u{A0}customers with a purchase, fewer than the 10"));
    assert!(tells(&page, "answer") && tells(&page, "quality"));
    assert!(!tells(&page, "rfm") && !tells(&page, "churn") && !tells(&page, "clv"));
}

#[test]
fn names_are_text_whatever_they_are() {
    let long = "x".repeat(10_000);
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'; DROP TABLE",
        "</title></style></script><b>",
        "שלום \u{202E}txt",
        "🙂 emoji",
        "=HYPERLINK(\"http://x\")",
        "&lt;b&gt;",
        &long,
        "javascript:alert(1)",
    ];
    let mut orders = String::from("customer_id,order_date,amount\n");
    for day in 0..400 {
        for (number, name) in names.iter().enumerate() {
            if (day * 7 + number * 13) % 31 == 0 {
                let date =
                    format!("{}-{:02}-{:02}", 2024 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
                let quoted = name.replace('"', "\"\"");
                orders.push_str(&format!("\"{quoted}\",{date},{}\n", 10 + number));
            }
        }
    }
    for number in 0..120 {
        let month = number % 12 + 1;
        orders.push_str(&format!("C{number},2024-{month:02}-05,20\nC{number},2025-02-03,20\n"));
    }
    let folder = Folder::with("<img src=x>.csv", orders);
    let run = report(&folder, "<img src=x>.csv", &["--title", "</title><script>alert(2)</script>"]);
    run.answer();
    let page = page(&folder, "out");
    assert_eq!(page.matches("<script>").count(), 1, "ours alone");
    assert!(!page.contains("<img") && !page.contains("<b>") && !page.contains('\u{202E}'));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains(&"x".repeat(500)));
    assert!(page.len() < 500_000, "{} bytes", page.len());
    assert!(!run.stdout.contains("<script>") && !run.stdout.contains(&"x".repeat(2000)));
}

#[test]
fn threads_and_the_order_of_rows_change_no_byte() {
    let bytes = fs::read_to_string(dataset("orders.csv")).unwrap();
    let mut lines = bytes.split_inclusive('\n');
    let header = lines.next().unwrap();
    let mut rows: Vec<&str> = lines.collect();
    let of = |rows: &[&str], threads: &str| {
        let folder = Folder::with("orders.csv", format!("{header}{}", rows.concat()));
        let sections = "answer,figures,sales,rfm,churn,clv,cohorts";
        report(&folder, "orders.csv", &["--threads", threads, "--sections", sections, "-q"])
            .is(0, "", "");
        let mut files = folder.files("out");
        // The record tells the hash of the export, and how long it took.
        assert!(files.remove("run.json").is_some());
        files
    };
    let one = of(&rows, "1");
    let two = of(&rows, "2");
    rows.reverse();
    let reversed = of(&rows, "2");
    for (name, found) in &one {
        assert_eq!(Some(found), two.get(name), "{name} by two threads");
        assert_eq!(Some(found), reversed.get(name), "{name} from reversed rows");
    }
    assert_eq!(one.len(), two.len());
}

#[test]
fn pseudonyms_stand_everywhere_and_the_same_key_gives_the_same() {
    let folder = Folder::new();
    let orders = dataset("orders.csv");
    let customers = dataset("customers.csv");
    let hidden = ["--pseudonymize", "a key of some length", "--customers", &customers];
    report(&folder, &orders, &hidden).answer();
    let first = folder.files("out");
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("C0000"), "{name}");
    }
    let ids = |csv: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(csv).into_owned();
        text.lines().skip(1).map(|line| line[..20].to_owned()).collect()
    };
    let found = ids(&first["tables/rfm.csv"]);
    assert!(found.is_sorted() && found.len() > 700);
    report(&folder, &orders, &["--pseudonymize", "another long key", "-q"]).is(0, "", "");
    let other = ids(&folder.files("out")["tables/rfm.csv"]);
    assert!(found.iter().all(|id| !other.contains(id)));
    report(&folder, &orders, &["--pseudonymize", "short"]).refuses(
        2,
        "error: a key of 5 bytes can be guessed: at least 12 are needed\n\
         hint: take a few random words, and keep them: the same key gives the same pseudonyms\n",
    );
}

#[test]
fn names_of_customers_are_shown_only_on_request() {
    let folder = Folder::new();
    let (orders, customers) = (dataset("orders.csv"), dataset("customers.csv"));
    let sections = ["--sections", "answer,churn"];
    report(&folder, &orders, &[&sections[..], &["--customers", &customers]].concat()).answer();
    let without = page(&folder, "out");
    let named = [&sections[..], &["--customers", &customers, "--with-names"]].concat();
    report(&folder, &orders, &named).answer();
    let with = page(&folder, "out");
    let table = fs::read_to_string(&customers).unwrap();
    let shown = |page: &str| {
        let names = table.lines().skip(1).filter_map(|line| line.split(',').nth(1));
        names.filter(|name| page.contains(&format!(">{name}<"))).count()
    };
    assert_eq!(shown(&without), 0);
    assert!(shown(&with) >= 10, "{}", shown(&with));
    let both = ["--with-names", "--pseudonymize", "a key of some length"];
    assert_eq!(report(&folder, &orders, &both).code, Some(2));
}

#[test]
fn sections_title_and_logo_are_as_asked() {
    let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let folder = Folder::with("logo.svg", logo).and("notes.txt", "no picture");
    let orders = dataset("orders.csv");
    let options = ["--sections", "figures,rfm", "--title", "Q4 & more", "--logo", "logo.svg"];
    report(&folder, &orders, &options).answer();
    let page = page(&folder, "out");
    assert!(page.contains("<h1>Q4 &amp; more</h1>"));
    assert!(page.contains("src=\"data:image/svg+xml;base64,PHN2Zy"));
    assert!(tells(&page, "rfm") && !page.contains("<section id=\"churn\""));
    report(&folder, &orders, &["--logo", "notes.txt"]).refuses(
        1,
        "error: notes.txt: the picture is neither PNG nor JPEG nor SVG\n\
         hint: give a PNG, JPEG or SVG of at most 512 KiB with `--logo`\n",
    );
    let run = report(&folder, &orders, &["--sections", "rfm,sails"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.starts_with("error: there is no section `sails`\nhint: one of answer,"));
}

#[test]
fn a_folder_that_is_no_report_is_left_alone() {
    let folder = Folder::with("orders.csv", ORDERS);
    fs::create_dir(folder.path("out")).unwrap();
    fs::write(folder.path("out").join("thesis.txt"), "years of work").unwrap();
    report(&folder, "orders.csv", &[]).refuses(
        2,
        "error: `out` holds `thesis.txt`, which is no part of a report\n\
         hint: name a new folder, an empty one, or that of an earlier report with `-o DIR`\n",
    );
    assert_eq!(folder.names(), ["orders.csv", "out"]);
    fs::remove_file(folder.path("out").join("thesis.txt")).unwrap();
    report(&folder, "orders.csv", &[]).answer();
    report(&folder, "orders.csv", &["--table-format", "parquet"]).answer();
    assert!(folder.files("out").contains_key("tables/months.parquet"));
    // After an error the earlier report is still there, and nothing else.
    assert_eq!(report(&folder, "orders.csv", &["--as-of", "1990-01-01"]).code, Some(1));
    assert_eq!(folder.names(), ["orders.csv", "out"]);
    assert!(page(&folder, "out").contains("<h1>"));
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn every_real_export_gives_a_report_needs_shared_data() {
    let exports = crmstat_testkit::shared("data/crm/exports");
    let folder = Folder::new();
    for entry in fs::read_dir(exports).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "ground_truth.csv" {
            continue;
        }
        let run =
            report(&folder, path.to_str().unwrap(), &["--sections", "answer,figures,managers"]);
        let text = run.answer();
        // 300 deals, the same in every dialect: 464226.50 won, by all managers and by the team.
        let managers = folder.read("out/tables/managers_full.csv");
        assert!(managers.starts_with("manager,period,amount_won,"), "{managers}");
        let won = |is_wanted: fn(&str) -> bool| -> f64 {
            let rows = managers.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
            let wanted = rows.filter(|cells| is_wanted(cells[0]));
            wanted.map(|cells| cells[2].parse::<f64>().unwrap()).sum()
        };
        for won in [won(|manager| manager != "team"), won(|manager| manager == "team")] {
            assert!((won - 464_226.50).abs() < 0.01, "{name}: {won}\n{text}");
        }
    }
}

/// The cells of a table in CSV, by the names of its columns.
fn columns(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = rows_of(text).into_iter();
    let names = rows.next().unwrap();
    let mut found: BTreeMap<_, _> = names.iter().map(|name| (name.clone(), Vec::new())).collect();
    for row in rows {
        for (name, cell) in names.iter().zip(row) {
            found.get_mut(name).unwrap().push(cell);
        }
    }
    found
}

/// The rows of a text in CSV.
fn rows_of(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    rows
}

/// What a report tells is what the commands tell: whole tables to the byte, others in every column that both have.
#[test]
fn the_tables_of_a_report_are_those_of_the_commands() {
    let folder = Folder::new();
    let (deals, history) = (dataset("pipedrive.csv"), dataset("pipedrive_history.csv"));
    let orders = dataset("orders.csv");
    let beside = ["--history", &history];
    report(&folder, &deals, &beside).answer();
    folder.run(&["report", &orders, "-o", "shop", "-q"]).answer();
    let stages = ["--show", "stages", "--history", &history];
    let reasons = ["--show", "reasons"];
    let attention = ["--show", "attention", "--history", &history];
    let whole: [(&str, &str, &[&str]); 22] = [
        ("out/tables/kpis", "kpi", &[&deals]),
        ("out/tables/products_full", "products", &[&deals]),
        ("out/tables/managers_full", "managers", &[&deals]),
        ("out/tables/stages_full", "funnel", &[&[&*deals], &stages[..]].concat()),
        ("out/tables/rfm", "rfm", &[&deals]),
        ("out/tables/clv", "clv", &[&deals]),
        ("shop/tables/kpis", "kpi", &[&orders]),
        ("shop/tables/products_full", "products", &[&orders]),
        ("shop/tables/rfm", "rfm", &[&orders]),
        ("shop/tables/rfm_segments", "rfm", &[&orders, "--summary"]),
        ("shop/tables/rfm_thresholds", "rfm", &[&orders, "--thresholds"]),
        ("shop/tables/rfm_moves", "rfm", &[&orders, "--compare", "2025-10-03"]),
        ("shop/tables/churn_metrics", "churn", &[&orders, "--metrics"]),
        ("shop/tables/churn_reliability", "churn", &[&orders, "--reliability"]),
        ("shop/tables/churn_gains", "churn", &[&orders, "--gains"]),
        ("shop/tables/clv", "clv", &[&orders]),
        ("shop/tables/clv_parameters", "clv", &[&orders, "--parameters"]),
        ("shop/tables/cluster_customers", "segment", &[&orders]),
        ("shop/tables/cluster_choice", "segment", &[&orders, "--choice-table"]),
        ("shop/tables/cohorts", "cohorts", &[&orders, "--period", "quarter"]),
        ("shop/tables/strategies", "strategy", &[&orders]),
        ("shop/tables/strategy_summary", "strategy", &[&orders, "--summary"]),
    ];
    let given = |command: &str, options: &[&str]| {
        let run = folder.run(&[&[command], options, &["--format", "csv", "-q"]].concat());
        run.answer().to_owned()
    };
    let told = |table: &str| folder.read(&format!("{table}.csv"));
    for (table, command, options) in whole {
        let (command_says, report_says) = (given(command, options), told(table));
        assert!(command_says == report_says, "{table}: {command_says}\n{report_says}");
    }
    let retention = ["--period", "quarter", "--matrix", "retention"];
    let retention = [&[&*orders], &retention[..]].concat();
    assert_eq!(given("cohorts", &retention), told("shop/tables/retention"));
    assert_eq!(given("kpi", &["--explain"]), told("shop/tables/kpi_definitions"));
    // The report has whom to call first, the command who is likeliest to leave.
    let sorted = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(given("churn", &[&orders])), sorted(told("shop/tables/churn")));

    // What a table has that its command has not is of the report alone; all else is equal, row by row.
    let parts: [(&str, &str, &[&str], &[&str]); 6] = [
        ("shop/tables/clusters", "segment", &[&orders, "--profile-table"], &[]),
        ("shop/tables/forecast", "forecast", &[&orders], &[]),
        ("out/tables/stages", "funnel", &[&[&*deals], &stages[..]].concat(), &[]),
        ("out/tables/lost_reasons", "funnel", &[&[&*deals], &reasons[..]].concat(), &["share"]),
        ("out/tables/open_deals", "funnel", &[&[&*deals], &attention[..]].concat(), &[]),
        ("out/tables/managers", "managers", &[&deals], &["interval"]),
    ];
    for (table, command, options, of_report) in parts {
        let (command_says, report_says) =
            (columns(&given(command, options)), columns(&told(table)));
        for (name, cells) in &report_says {
            match command_says.get(name) {
                Some(given) => assert_eq!(&given[..cells.len()], &cells[..], "{table}: {name}"),
                None => assert!(of_report.contains(&name.as_str()), "{table}: {name}"),
            }
        }
    }
    let sold = columns(&given("sales", &[&orders]));
    let numbers =
        |cells: &[String]| -> Vec<f64> { cells.iter().map(|cell| cell.parse().unwrap()).collect() };
    let sales = numbers(&sold["value"]);
    assert_eq!(numbers(&columns(&told("shop/tables/sales"))["revenue"]), sales);
    // The latest month comes first there.
    let mut months = numbers(&columns(&told("shop/tables/months"))["revenue"]);
    months.reverse();
    assert_eq!(months, sales);
}

/// The plan stands beside the months and the managers, and is an input of the run.
#[test]
fn a_plan_stands_beside_what_was_sold() {
    let rows = "period,manager,value\n2025-11,B. Jones,2000\n2025-11,D. Clark,1000\n2025-12,B. Jones,4000\n";
    let folder = Folder::with("plan.csv", rows);
    let run = report(&folder, &dataset("pipedrive.csv"), &["--plan", "plan.csv"]);
    assert!(run.answer().contains("- Of the plan, Dec\u{A0}2025: **131%**"), "{}", run.stdout);
    let months = folder.read("out/tables/months.csv");
    assert!(months.starts_with("month,revenue,plan,attainment,orders,"), "{months}");
    let november = months.lines().find(|line| line.starts_with("2025-11-01")).unwrap();
    let cells: Vec<&str> = november.split(',').collect();
    let [revenue, attainment] = [1, 3].map(|at| cells[at].parse::<f64>().unwrap());
    assert_eq!(cells[2], "3000.0");
    assert!((attainment - revenue / 3000.0).abs() < 1e-12, "{november}");
    let managers = folder.read("out/tables/managers.csv");
    assert!(managers.starts_with("manager,amount_won,plan,attainment,"), "{managers}");
    assert!(folder.read("out/run.json").contains("\"role\": \"plan\""));
    let folder = folder.and("plan.csv", "period,value\n2025-Q3,100\n2025-Q4,100\n");
    let refused = report(&folder, &dataset("pipedrive.csv"), &["--plan", "plan.csv"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

/// An earlier report beside what came: sales, its forecast, its call list, from its record alone.
#[test]
fn an_earlier_report_is_held_to_what_it_said() {
    let folder = Folder::new();
    let orders = dataset("orders.csv");
    let earlier = ["report", &orders, "-o", "then", "--as-of", "2025-10-01", "-q"];
    folder.run(&earlier).answer();
    report(&folder, &orders, &["--since-report", "then/run.json"]).answer();
    let told = page(&folder, "out");
    assert!(tells(&told, "since"));
    assert!(told.contains("Since the report of 1\u{A0}Oct\u{A0}2025: "));
    assert!(told.contains("on its call list"));
    let came = folder.read("out/tables/since_forecast.csv");
    let months = folder.read("out/tables/months.csv");
    for month in ["2025-10-01", "2025-11-01", "2025-12-01"] {
        let of = |text: &str, place: fn(&str) -> Option<&str>| {
            let line = text.lines().find(|line| line.starts_with(month)).unwrap();
            place(line).unwrap().parse::<f64>().unwrap()
        };
        let (fact, sold) =
            (of(&came, |line| line.rsplit(',').next()), of(&months, |line| line.split(',').nth(1)));
        assert_eq!(fact, sold, "{month}: {came}");
    }
    // The forecast beside it is that of then.
    let then = folder.read("then/tables/forecast.csv");
    let first = then.lines().nth(1).unwrap().split(',').nth(1).unwrap();
    let told = came.lines().nth(1).unwrap().split(',').nth(1).unwrap();
    assert_eq!(first, told);
    assert!(folder.read("out/run.json").contains("\"role\": \"since-report\""));

    // The folder does as well as the record; a later report does not.
    report(&folder, &orders, &["--since-report", "then", "--lang", "ru"]).answer();
    assert!(page(&folder, "out").contains("С отчёта на 1\u{A0}октября\u{A0}2025"));
    let backwards = ["report", &orders, "-o", "late", "--as-of", "2025-09-01"];
    let refused = folder.run(&[&backwards[..], &["--since-report", "then"]].concat());
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    let refused = report(&folder, &orders, &["--since-report", &orders]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
}

/// One forecast where there are deals: that of the pipeline, which the command gives too.
#[test]
fn deals_have_one_forecast_that_of_the_pipeline() {
    let folder = Folder::new();
    let (deals, history) = (dataset("pipedrive.csv"), dataset("pipedrive_history.csv"));
    let beside = ["--history", &history];
    report(&folder, &deals, &beside).answer();
    assert!(page(&folder, "out").contains("One forecast: deals count for "));
    let as_of = folder.read("out/run.json");
    let as_of = as_of.split("\"as_of\": \"").nth(1).unwrap().split('"').next().unwrap();
    let horizon = folder.read("out/tables/forecast.csv").lines().count() - 1;
    let horizon = horizon.to_string();
    let options = ["--pipeline", "--as-of", as_of, "--horizon", &horizon, "--format", "csv", "-q"];
    let command = [&["forecast", &deals][..], &beside, &options].concat();
    let forecast = folder.run(&command);
    // The name of the model, in the middle, has commas: columns behind it are counted from the end.
    let of = |text: &str, name: &str| -> Vec<String> {
        let cells = |line: &str| -> Vec<String> {
            let cells = line.split(',').map(str::to_owned);
            if name.starts_with("from_") { cells.rev().collect() } else { cells.collect() }
        };
        let mut lines = text.lines().map(cells);
        let at = lines.next().unwrap().iter().position(|own| own == name).unwrap();
        lines.map(|line| line[at].clone()).collect()
    };
    for name in ["period", "forecast", "from_open", "from_new"] {
        let table = if name == "period" { "forecast" } else { "forecast_parts" };
        let shown = of(&folder.read(&format!("out/tables/{table}.csv")), name);
        assert_eq!(shown, of(forecast.answer(), name), "{name}");
    }
    let open = folder.run(&[&command[..], &["--open-deals"]].concat());
    assert_eq!(folder.read("out/tables/expected_deals.csv"), open.answer());
}

/// Every customer has a strategy, the one of the command.
#[test]
fn strategies_of_a_report_are_those_of_the_command() {
    let folder = Folder::new();
    let orders = dataset("orders.csv");
    report(&folder, &orders, &["--sections", "answer,strategy,churn,clv,rfm"]).answer();
    let command = folder.run(&["strategy", &orders, "--format", "csv", "-q"]);
    assert_eq!(folder.read("out/tables/strategies.csv"), command.answer());
    assert!(folder.read("out/tables/call_list.csv").lines().next().unwrap().ends_with(",strategy"));
    assert!(tells(&page(&folder, "out"), "strategy"));
    // Without the sections whose models they need they are the same.
    let alone = folder.run(&["report", &orders, "-o", "alone", "--sections", "strategy"]);
    alone.answer();
    assert!(tells(&page(&folder, "alone"), "strategy"));
    assert_eq!(folder.read("alone/tables/strategies.csv"), command.answer());
}

/// Columns that are asked for divide sales, as the command does, and show on the page in a pane of their own.
#[test]
fn columns_that_are_asked_for_divide_sales_as_the_command_does() {
    let orders = dataset("orders.csv");
    let managers: BTreeSet<String> = (fs::read_to_string(&orders).unwrap().lines().skip(1))
        .filter_map(|line| line.split(',').nth(6).map(str::to_owned))
        .collect();
    let rows = managers.iter().enumerate();
    let offices: String =
        rows.map(|(at, own)| format!("{own},{}\n", ["Kazan", "Perm"][at % 2])).collect();
    let folder = Folder::with("teams.csv", format!("agent,home office\n{offices}"));
    let [customers, lines, products] = ["customers.csv", "lines.csv", "products.csv"].map(dataset);
    let beside = ["--join", "teams.csv", "--customers", &customers, "--lines", &lines];
    let beside = [&beside[..], &["--products", &products]].concat();
    let by = "manager,home office,customers.satisfaction,category,segment";
    let asked = ["--by", by, "--period", "quarter", "--target", "50000"];
    report(&folder, &orders, &[&beside[..], &asked].concat()).answer();
    let format = ["--format", "csv", "-q"];
    for (name, table) in [
        ("manager", "owner"),
        ("home office", "home_office"),
        ("customers.satisfaction", "customers_satisfaction"),
        ("category", "category"),
        ("segment", "segment"),
    ] {
        let options =
            ["--period", "quarter", "--measure", "revenue,orders,customers", "--by", name];
        let given: &[&str] = match name {
            "home office" => &beside[..2],
            "customers.satisfaction" => &beside[2..4],
            "category" => &beside[4..],
            _ => &[],
        };
        let run = folder.run(&[&["sales", &orders], &options[..], given, &format].concat());
        let told = folder.read(&format!("out/tables/sales_by_{table}_full.csv"));
        assert!(run.answer() == told, "{name}: {}\n{told}", run.stdout);
    }
    // The parts of the last days add up to the same, whatever divides them.
    let sum = |table: &str| -> f64 {
        let text = folder.read(&format!("out/tables/sales_by_{table}.csv"));
        let revenue = |line: &str| line.rsplit(',').nth(4).unwrap().parse::<f64>().unwrap();
        text.lines().skip(1).map(revenue).sum()
    };
    for table in ["owner", "home_office", "customers_satisfaction", "category", "segment"] {
        assert!((sum(table) - sum("region")).abs() < 0.005, "{table}: {}", sum(table));
    }
    assert!(!folder.files("out").contains_key("tables/sales_by_manager.csv"), "owner is manager");
    let told = page(&folder, "out");
    assert!(told.contains("data-name=\"Sales by home office\""));
    assert!(told.contains("id=\"sales_by_home_office_chart\""));
    let horizon = (folder.read("out/tables/forecast.csv").lines().count() - 1).to_string();
    let options = ["--period", "quarter", "--target", "50000", "--horizon", &horizon];
    let run = folder.run(&[&["forecast", &orders], &options[..], &format].concat());
    assert_eq!(run.answer(), folder.read("out/tables/forecast_target.csv"));
    assert!(told.contains("The target of 50K over this time is reached with a probability of "));

    // The record makes the same again, the joined table included.
    folder.run(&["report", "--from", "out/run.json", "-o", "again"]).answer();
    assert_eq!(folder.read("again/report.html"), told);

    let russian = ["--by", "home office", "--target", "50000", "--lang", "ru"];
    report(&folder, &orders, &[&beside[..2], &russian].concat()).answer();
    let told = page(&folder, "out");
    assert!(told.contains("Продажи: home office") && told.contains("вероятность её достичь"));
}

#[test]
fn what_cannot_divide_a_report_is_refused() {
    let folder = Folder::new();
    let orders = dataset("orders.csv");
    for (options, said) in [
        (&["--by", "shoe size"][..], "there is no column `shoe size` to divide by"),
        (&["--by", "region,region"], "divided by `region` twice"),
        (&["--by", "region", "--sections", "sales"], "`--by` is of the section `parts`"),
        (&["--target", "5", "--sections", "rfm"], "`--target` is of the section `sales`"),
        (&["--period", "hour"], "does not go by the hour"),
        (&["--join", "teams.csv"], "`--join` is not used"),
        (&["--by", "customer_id", "--pseudonymize", "a key of some length"], "would undo them"),
    ] {
        let run = report(&folder, &orders, options);
        assert_eq!(run.code, Some(2), "{options:?}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{options:?}: {}", run.stderr);
    }
}

/// One report for each manager: nothing of what another manager sold is in it.
#[test]
fn a_report_of_a_part_holds_that_part_alone() {
    let orders = fs::read_to_string(dataset("orders.csv")).unwrap();
    // A manager less on every fiftieth row, and a name that no folder can have.
    let rows: String = (orders.lines().enumerate())
        .map(|(at, row)| {
            let mut cells: Vec<&str> = row.split(',').collect();
            match (at, cells[6]) {
                (0, _) => {}
                (at, _) if at % 50 == 0 => cells[6] = "",
                (_, "A. Smith") => cells[6] = "../A/Smith",
                _ => {}
            }
            format!("{}\n", cells.join(","))
        })
        .collect();
    let folder = Folder::with("orders.csv", &rows);
    let [customers, activities] = ["customers.csv", "activities.csv"].map(dataset);
    let beside = ["--customers", &customers, "--activities", &activities];
    let split = ["--split-by", "manager", "--with-names"];
    let run = report(&folder, "orders.csv", &[&split[..], &beside].concat());
    assert!(run.answer().starts_with("# Reports by manager\n"), "{}", run.stdout);
    assert!(run.stdout.contains("- ../A/Smith: ___A_Smith/report.html\n"), "{}", run.stdout);
    let without = rows.lines().skip(1).filter(|row| row.split(',').nth(6) == Some("")).count();
    let left_out = format!("Left out: {without} rows without a value");
    let index = folder.read("out/index.html");
    assert!(index.contains(&left_out) && run.stdout.contains(&left_out), "{}", run.stdout);

    let cells = || rows.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    let of = |manager: &str| -> BTreeSet<String> {
        cells().filter(|own| own[6] == manager).map(|own| own[1].to_owned()).collect()
    };
    let all: BTreeSet<String> = cells().map(|own| own[1].to_owned()).collect();
    let managers: BTreeSet<String> = cells().map(|own| own[6].to_owned()).collect();
    let files = folder.files("out");
    let mut reports = 0;
    for manager in managers.iter().filter(|own| !own.is_empty()) {
        let name = manager.replace(['.', '/', ' '], "_");
        let own = of(manager);
        let others: Vec<&String> = all.difference(&own).collect();
        assert!(others.len() > 100);
        let texts = files.iter().filter(|(path, _)| {
            path.starts_with(&format!("{name}/")) && !path.ends_with("report.xlsx")
        });
        let mut seen = 0;
        for (path, bytes) in texts {
            let text = String::from_utf8_lossy(bytes);
            let words: BTreeSet<&str> = text.split(|own: char| !own.is_alphanumeric()).collect();
            for other in &others {
                assert!(!words.contains(other.as_str()), "{other} in {path}");
            }
            for other in managers.iter().filter(|own| !own.is_empty() && *own != manager) {
                assert!(!text.contains(other.as_str()), "{other} in {path}");
            }
            seen += own.iter().filter(|own| words.contains(own.as_str())).count();
        }
        assert!(seen > 0, "{manager}");
        reports += 1;
        // The figures are those of the command on these rows.
        let selection = format!("manager={manager}");
        let rfm = ["rfm", "orders.csv", "--where", &selection, "--format", "csv", "-q"];
        let as_of = folder.read(&format!("out/{name}/run.json"));
        let as_of = as_of.split("\"as_of\": \"").nth(1).unwrap().split('"').next().unwrap();
        let rfm = folder.run(&[&rfm[..], &["--as-of", as_of]].concat());
        assert_eq!(rfm.answer(), folder.read(&format!("out/{name}/tables/rfm.csv")), "{manager}");
    }
    assert_eq!(reports, managers.len() - 1);
    // A part can be made again by its own record, and the whole in its place.
    folder.run(&["report", "--from", "out/D__Clark/run.json", "-o", "again"]).answer();
    assert_eq!(folder.read("again/report.html"), folder.read("out/D__Clark/report.html"));
    let russian = ["--split-by", "manager", "--lang", "ru", "--sections", "figures,rfm"];
    let run = report(&folder, "orders.csv", &russian);
    assert!(run.answer().contains("Не вошли строки без значения"), "{}", run.stdout);
}

#[test]
fn what_cannot_split_a_report_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path("taken")).unwrap();
    let folder = folder.and("taken/notes.txt", "mine");
    let orders = dataset("orders.csv");
    for (options, said) in [
        (&["--split-by", "shoe size"][..], "there is no column `shoe size`"),
        (&["--split-by", "customer_id"], "has 800 values, more than 200"),
        (&["--split-by", "manager", "--plan", "plan.csv"], "cannot be used with"),
        (&["--split-by", "manager", "--pseudonymize", "a long key"], "cannot be used with"),
    ] {
        let run = report(&folder, &orders, options);
        assert_eq!(run.code, Some(2), "{options:?}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{options:?}: {}", run.stderr);
    }
    let run = folder.run(&["report", &orders, "-o", "taken", "--split-by", "manager"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(folder.read("taken/notes.txt"), "mine");
}
