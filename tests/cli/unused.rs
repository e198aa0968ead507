//! Every command with every table beside its exports: it is used, refused by name, or told to be of no use.

use crate::support::{Folder, Run, dataset};
use std::fs;

/// The tables, each with a file of it.
const TABLES: [(&str, &str); 10] = [
    ("lines", "lines.csv"),
    ("products", "products.csv"),
    ("customers", "customers.csv"),
    ("activities", "activities.csv"),
    ("history", "history.csv"),
    ("spend", "spend.csv"),
    ("leads", "leads.csv"),
    ("tickets", "tickets.csv"),
    ("join", "areas.csv"),
    ("plan", "plan.csv"),
];

/// What becomes of a table: `U`sed, so that the answer differs from the one without it; `R`efused; `T`old to be of no
/// use; `-` where the command has no such option.
const COMMANDS: [(&str, &str); 42] = [
    ("rfm orders.csv", "RRRRRRRR--"),
    ("rfm bare.csv --lines lines.csv", "URRRRRRR--"),
    ("segment orders.csv --k 3", "RRRRRRRR--"),
    (
        "segment orders.csv --k 3 --features monetary,favourite_category --lines lines.csv",
        "URRRRRRR--",
    ),
    (
        "segment orders.csv --k 3 --features monetary,satisfaction --customers customers.csv",
        "RRURRRRR--",
    ),
    ("segment --table customers.csv --k 3", "RRRRRRRR--"),
    ("churn orders.csv", "TTUURRRR--"),
    ("churn orders.csv --features recency_days,monetary", "RRRRRRRR--"),
    ("churn score orders.csv --model churn.json", "RRRRRRRR--"),
    (
        "churn --table contracts.csv --label churned --positive yes --features plan,seats",
        "RRRRRRRR--",
    ),
    ("clv orders.csv", "TTRRRRRR--"),
    ("clv orders.csv --model bg-nbd", "TTTRRRRR--"),
    ("clv orders.csv --validate --calibration-end 2025-03-02", "RRRRRRRR--"),
    ("clv activities.csv --events", "RRRRRRRR--"),
    ("cohorts orders.csv", "RRRRRRRRR-"),
    ("cohorts orders.csv --by channel", "TTTRRRRRT-"),
    ("cohorts orders.csv --flow", "TTRRRRRRR-"),
    ("cohorts orders.csv --survival next-order", "RRRRRRRRR-"),
    ("sales orders.csv", "TTRRRRRRRU"),
    ("sales orders.csv --by region", "TTTRRRRRTU"),
    ("sales orders.csv --by region --measure quantity,cost --lines lines.csv", "UTTRRRRRTR"),
    ("kpi orders.csv", "UTUURUUUR-"),
    ("kpi orders.csv --kpi revenue", "TTTTRTTTR-"),
    ("kpi --explain", "RRRRRRRRR-"),
    ("products orders.csv", "UTRRRRRRR-"),
    ("products orders.csv --segments", "UTTRRRRRT-"),
    ("forecast orders.csv --horizon 2", "TTRRRRRRR-"),
    ("forecast orders.csv --horizon 2 --by region", "TTTRRRRRT-"),
    ("forecast deals.csv --pipeline --horizon 2", "TTRRURRRR-"),
    ("forecast --series sales.csv --horizon 2", "RRRRRRRRR-"),
    ("funnel deals.csv --format table", "TTRUURUUR-"),
    ("managers deals.csv", "UTRURRRRRU"),
    ("why orders.csv --period 2025", "RRRRRRRRR-"),
    ("why orders.csv --period 2025 --by region", "UTTRRRRRT-"),
    ("effect orders.csv --event 2025-06-01", "TTRRRRRR--"),
    ("effect orders.csv --event 2025-06-01 --by region", "TTTRRRRR--"),
    ("deals deals.csv", "TTRTURRR--"),
    ("response contracts.csv --label churned --positive yes --features plan,seats", "RRRRRRRR--"),
    ("strategy orders.csv", "RRRRRRRR--"),
    ("strategy --print-rules", "RRRRRRRR--"),
    ("next-order orders.csv", "RRRRRRRR--"),
    ("report orders.csv -o out --sections figures,sales,rfm,kpi,churn,products", "UTUURUUURU"),
];

/// The rows of a shipped table that are of one customer in `of`, or of an order of such a one.
fn some(name: &str, id: usize, of: usize) -> String {
    let text = fs::read_to_string(dataset(name)).unwrap();
    let number = |line: &str| -> usize {
        let cell = line.split(',').nth(id).unwrap();
        cell.trim_start_matches('C').parse().unwrap()
    };
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let kept: Vec<&str> = lines.filter(|line| number(line) % of == 0).collect();
    format!("{header}\n{}\n", kept.join("\n"))
}

fn folder() -> Folder {
    let orders = some("orders.csv", 1, 4);
    let bare: Vec<String> =
        orders.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
    let mut folder = Folder::with("orders.csv", &orders).and("bare.csv", bare.join("\n") + "\n");
    for (name, shipped) in [
        ("products.csv", "products.csv"),
        ("customers.csv", "customers.csv"),
        ("activities.csv", "activities.csv"),
        ("history.csv", "pipedrive_history.csv"),
        ("deals.csv", "pipedrive.csv"),
        ("spend.csv", "spend.csv"),
        ("contracts.csv", "contracts.csv"),
        ("sales.csv", "sales.csv"),
    ] {
        folder = folder.and(name, fs::read(dataset(shipped)).unwrap());
    }
    // Some lines are of another product than their order says.
    let lines =
        fs::read_to_string(dataset("lines.csv")).unwrap().replace("0,Chair Uno,", "0,Chair Due,");
    let (mut leads, mut tickets) = (String::new(), String::new());
    for day in 1..=28 {
        let status = if day % 3 == 0 { "Converted" } else { "Junk" };
        leads += &format!("2025-11-{day:02},web,{status},C. Brown,{day}\n");
        tickets += &format!(
            "2025-11-{day:02} 10:00,2025-11-{day:02} 11:00,2025-11-{day:02} 15:00,complaint,C0000{:03}\n",
            day * 4
        );
    }
    folder
        .and("lines.csv", lines)
        .and("leads.csv", format!("created_at,source,status,manager,deal_id\n{leads}"))
        .and(
            "tickets.csv",
            format!("opened_at,first_answer_at,resolved_at,kind,customer_id\n{tickets}"),
        )
        .and("areas.csv", "region,area\nNorth,A\nSouth,A\nWest,B\nEast,B\nCentre,C\nCoast,C\n")
        .and("plan.csv", "period,value\n2025-11,9000\n2025-12,9000\n")
}

/// Everything that a command answers, in files too.
fn answer(folder: &Folder, run: &Run, with_page: bool) -> String {
    let mut answer = run.stdout.clone();
    if folder.path("out").is_dir() {
        for (name, bytes) in folder.files("out") {
            // What is planned is on the page alone.
            if with_page && name == "report.html"
                || name.starts_with("tables/")
                    && !name.contains("quality")
                    && !name.contains("notices")
            {
                answer += &String::from_utf8_lossy(&bytes);
            }
        }
    }
    answer
}

#[test]
fn a_table_is_used_or_it_is_said_that_it_is_not() {
    let folder = folder();
    let fit = ["churn", "orders.csv", "--save-model", "churn.json", "--metrics"];
    folder.run(&fit).answer();
    let mut found = String::new();
    for (command, _) in COMMANDS {
        let args: Vec<&str> = command.split(' ').collect();
        let plain = folder.run(&args);
        let alone = [false, true].map(|with_page| answer(&folder, &plain, with_page));
        let code = plain.code;
        assert_eq!(code, Some(0), "{command}: {}", plain.stderr);
        let mut fates = String::new();
        for (table, file) in TABLES {
            let option = format!("--{table}");
            if args.contains(&&option[..]) {
                fates.push('U');
                continue;
            }
            let run = folder.run(&[&args[..], &[&option, file]].concat());
            let with_page = table == "plan";
            let differs = || answer(&folder, &run, with_page) != alone[usize::from(with_page)];
            let is_told = run.stderr.contains(&format!("nothing of the table of {table}"))
                || run.stderr.contains(&format!("no row of the table of {table}"))
                || table == "join" && run.stderr.contains("nothing of the table of attributes");
            let names =
                run.stderr.lines().any(|line| line.contains("error:") && line.contains(table));
            fates.push(match run.code {
                Some(2) if run.stderr.contains("unexpected argument") => '-',
                Some(1 | 2) if names => 'R',
                Some(0) if is_told && !differs() => 'T',
                Some(0) if differs() => 'U',
                _ => '?',
            });
            if fates.ends_with('?') {
                eprintln!("{command} {option}: {}", run.stderr);
            }
        }
        found += &format!("    (\"{command}\", \"{fates}\"),\n");
    }
    let expected: String =
        COMMANDS.map(|(command, fates)| format!("    (\"{command}\", \"{fates}\"),\n")).concat();
    assert_eq!(found, expected, "{found}");
}

#[test]
fn a_plan_that_no_section_shows_is_refused() {
    let folder = folder();
    let report = ["report", "orders.csv", "-o", "out", "--plan", "plan.csv", "--sections"];
    let run = folder.run(&[&report[..], &["rfm"]].concat());
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("shows `--plan`"), "{}", run.stderr);
    let folder = folder.and("plan.csv", "period,value\n2031-11,9000\n");
    let run = folder.run(&[&report[..], &["figures,quality"]].concat());
    run.answer();
    assert!(run.stderr.contains("rows of the plan for times"), "{}", run.stderr);
}
