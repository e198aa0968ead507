//! `crmstat funnel`, `managers`, `why`, `strategy`, `next-order`: answers, and what is refused.

use crate::support::{Folder, dataset};

const DEALS: &str = "\
deal_id,customer_id,status,stage,owner,source,created_at,closed_at,amount,lost_reason
1,A,won,Offer,Ann,web,2024-01-01,2024-01-11,100,
2,B,lost,Offer,Ann,web,2024-01-02,2024-01-05,300,Price
3,C,open,Call,Bob,fair,2024-01-03,,50,
4,D,won,Offer,Bob,web,2024-01-03,2024-01-07,40,
5,E,lost,Call,,fair,2024-02-03,2024-02-08,,
";

const HISTORY: &str = "\
deal_id,stage,entered_at
1,Call,2024-01-01
1,Offer,2024-01-04
2,Call,2024-01-02
2,Offer,2024-01-03
3,Call,2024-01-03
4,Offer,2024-01-03
5,Call,2024-02-03
";

fn folder() -> Folder {
    Folder::with("deals.csv", DEALS).and("history.csv", HISTORY)
}

#[test]
fn a_stage_tells_who_reached_it_and_who_died() {
    let run = folder().run(&[
        "funnel",
        "deals.csv",
        "--history",
        "history.csv",
        "--show",
        "stages",
        "-q",
    ]);
    let rows: Vec<Vec<&str>> =
        run.answer().lines().map(|line| line.split(',').take(8).collect()).collect();
    assert_eq!(
        rows,
        [
            vec!["position", "stage", "reached", "entered", "skipped", "moved_on", "died", "open"],
            vec!["1", "Call", "5", "4", "1", "3", "1", "1"],
            vec!["2", "Offer", "3", "3", "0", "2", "1", "0"],
        ]
    );
}

#[test]
fn without_a_history_that_is_said_and_nothing_is_made_up() {
    let run = folder().run(&["funnel", "deals.csv", "--stages", "Call,Offer", "--show", "stages"]);
    assert!(run.answer().contains("\n1,Call,,,,,,,"), "{}", run.stdout);
    assert!(run.stderr.contains("only where they stand is told"), "{}", run.stderr);
    assert!(!run.stderr.contains("order of the"), "{}", run.stderr);
}

#[test]
fn managers_are_divided_by_their_usual_name_and_parts_add_up() {
    let run = folder().run(&["funnel", "deals.csv", "--by", "manager", "--show", "summary", "-q"]);
    let deals = |line: &str| line.split(',').nth(1).unwrap().parse::<u64>().unwrap();
    let counts: Vec<u64> = run.answer().lines().skip(1).map(deals).collect();
    assert_eq!(counts, [5, 2, 2, 1]);
    let run = folder().run(&["managers", "deals.csv", "-q"]);
    assert!(run.answer().contains("too_few"), "{}", run.stdout);
}

#[test]
fn plan_stands_beside_fact() {
    let plan = "manager,period,value\nAnn,2024-01,200\nBob,2024-01,20\n";
    let folder = folder().and("plan.csv", plan);
    let run = folder.run(&["managers", "deals.csv", "--plan", "plan.csv", "-q"]);
    let rows: Vec<Vec<&str>> =
        run.answer().lines().map(|line| line.split(',').take(5).collect()).collect();
    assert_eq!(rows[0], ["manager", "period", "amount_won", "plan", "attainment"]);
    assert_eq!(rows[1], ["team", "", "140.00", "220.0", "0.6363636363636364"]);
    assert_eq!(rows[2], ["Ann", "", "100.00", "200.0", "0.5"]);
    assert_eq!(rows[3], ["Bob", "", "40.00", "20.0", "2.0"]);
}

#[test]
fn what_cannot_be_asked_says_what_can() {
    for (arguments, code, said) in [
        (vec!["funnel", "deals.csv", "--by", "colour"], 2, "there is no column `colour`"),
        (vec!["funnel", "deals.csv", "--by", "amount"], 2, "deals are not divided by amount"),
        (vec!["funnel", "deals.csv", "--by", "channel"], 1, "no column of texts for channel"),
        (vec!["funnel", "deals.csv", "--stages", "Call,call"], 2, "is named twice"),
        (vec!["funnel", "deals.csv", "--stages", "Nowhere"], 2, "no deal has any of the stages"),
        (vec!["funnel", "deals.csv", "--show", "leads"], 2, "give it with `--leads FILE`"),
        (vec!["funnel", "deals.csv", "--cohort", "week"], 2, "is not a period of cohorts"),
        (vec!["managers", "deals.csv", "--speed"], 2, "--activities"),
        (vec!["managers", "deals.csv", "--by", "colour"], 2, "there is no column `colour`"),
        (vec!["managers", "deals.csv", "--join", "deals.csv"], 2, "`--join` is not used"),
        (
            vec!["why", "deals.csv", "--period", "2024-01", "--by", "colour"],
            2,
            "no column `colour`",
        ),
        (vec!["why", "deals.csv"], 2, "--period"),
        (vec!["why", "deals.csv", "--period", "2024-13"], 2, "is not a period"),
        (vec!["why", "deals.csv", "--period", "2024-01", "--against", "2024"], 2, "overlap"),
        (vec!["why", "deals.csv", "--period", "2030"], 1, "there is no order from"),
    ] {
        let run = folder().run(&arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn leads_and_tickets_are_tables_of_their_own() {
    let leads = "lead id,created,lead source,status,manager,deal\n\
        1,2024-01-01,web,Converted,Ann,1\n2,2024-01-05,web,Junk,Ann,\n3,2024-02-05,fair,New,Bob,\n";
    let tickets = "ticket id,customer id,opened at,first answer at,resolved at,type\n\
        1,A,2024-01-05 10:00,2024-01-05 12:00,2024-01-06 10:00,delivery\n\
        2,B,2024-01-05 10:00,,,price\n";
    let folder = folder().and("leads.csv", leads).and("tickets.csv", tickets);
    let run = folder.run(&["funnel", "deals.csv", "--leads", "leads.csv", "--show", "leads"]);
    assert!(
        run.answer().starts_with("source,leads,converted,sold,lost,open,cr,"),
        "{}",
        run.stdout
    );
    assert!(run.answer().contains("\ntotal,3,1,1,1,1,"), "{}", run.stdout);
    assert!(run.stderr.contains("leads:\n3 rows read: 3 accepted"), "{}", run.stderr);
    let run =
        folder.run(&["funnel", "deals.csv", "--tickets", "tickets.csv", "--show", "tickets", "-q"]);
    assert!(run.answer().contains("\ntotal,2,1,1,2.0,"), "{}", run.stdout);
    let run = folder.run(&["inspect", "leads.csv", "-q"]);
    assert!(run.answer().contains("leads"), "{}", run.stdout);
}

#[test]
fn leads_and_tickets_have_kpis_without_any_sales() {
    let leads = "Id,Company,LeadSource,Status,OwnerId,CreatedDate,IsConverted,ConvertedDate,ConvertedOpportunityId\n\
        1,A,Web,Closed - Converted,U1,2024-01-01T10:00:00Z,true,2024-01-09,006\n\
        2,B,Web,Closed - Not Converted,U1,2024-01-05T10:00:00Z,false,,\n\
        3,C,Fair,Open,U2,2024-02-05T10:00:00Z,false,,\n";
    let tickets = "Id,Requester id,Assignee,Via,Ticket type,Created at,Organization,Due date,Solved at,Satisfaction Score,First reply time in minutes\n\
        1,7,Ann,Mail,Problem,2024-01-05 10:00,Acme,,2024-01-06 10:00,Good,120\n\
        2,8,Bob,Web,Question,2024-01-05 11:00,Beta,,,Offered,30\n\
        3,8,Bob,Web,Question,2024-02-05 11:00,Beta,,2024-02-05 13:00,Offered,\n";
    let bitrix = "ID;Название лида;Стадия;Источник;Ответственный;Товар;Дата создания;Дата закрытия\n\
        1;Заявка;Качественный лид;Сайт;Анна;Стол;05.01.2024;09.01.2024\n\
        2;Звонок;Некачественный лид;Сайт;Анна;Стул;06.01.2024;\n";
    let folder =
        folder().and("leads.csv", leads).and("tickets.csv", tickets).and("bitrix.csv", bitrix);
    let value = |arguments: &[&str], kpi: &str| {
        let run = folder.run(&[&["kpi"][..], arguments, &["-q"]].concat());
        let is = |line: &&str| line.starts_with(',') && line.contains(&format!(",{kpi},"));
        let row = run.answer().lines().find(is).map(str::to_owned);
        let row = row.unwrap_or_else(|| panic!("{kpi}: {}", run.stdout));
        row.split(',').nth(3).unwrap().to_owned()
    };
    assert_eq!(value(&["leads.csv"], "leads"), "3.0");
    assert_eq!(value(&["leads.csv"], "lost_lead_share"), "0.3333333333333333");
    assert_eq!(value(&["leads.csv"], "lead_conversion"), "0.3333333333333333");
    assert_eq!(value(&["bitrix.csv"], "lead_conversion"), "0.5");
    assert_eq!(value(&["tickets.csv"], "tickets"), "3.0");
    // 120 and 30 minutes; a day and two hours.
    assert_eq!(value(&["tickets.csv"], "first_response_hours"), "1.25");
    assert_eq!(value(&["tickets.csv"], "resolution_hours"), "13.0");
    let run = folder.run(&["kpi", "tickets.csv", "--by", "manager", "-q"]);
    assert!(run.answer().contains(",Bob,tickets,"), "{}", run.stdout);
    let run = folder.run(&["kpi", "tickets.csv", "--kpi", "revenue"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("others need orders or deals"), "{}", run.stderr);
    let run = folder.run(&["kpi", "leads.csv", "--by", "weather"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("no column `weather`"), "{}", run.stderr);
}

#[test]
fn offices_are_compared_by_the_teams_of_their_agents() {
    let teams = "owner,office\nAnn,East\nBob,West\nCid,West\n";
    let folder = folder().and("teams.csv", teams);
    let cells = |arguments: &[&str], count: usize| -> Vec<String> {
        let run = folder.run(&[arguments, &["--join", "teams.csv", "-q"]].concat());
        let of = |line: &str| line.split(',').take(count).collect::<Vec<_>>().join(",");
        run.answer().lines().map(of).collect()
    };
    let found = cells(&["funnel", "deals.csv", "--by", "office", "--show", "summary"], 5);
    assert_eq!(found[1..], ["total,5,2,2,1", "East,2,1,1,0", "West,2,1,0,1", ",1,0,1,0"]);
    let found = cells(&["managers", "deals.csv", "--by", "office"], 3);
    assert_eq!(
        found,
        ["office,period,amount_won", "team,,140.00", "East,,100.00", "West,,40.00", ",,"]
    );
}

#[test]
fn a_change_of_revenue_adds_up_to_the_cent() {
    let orders = dataset("orders.csv");
    let orders = orders.as_str();
    let run = Folder::new().run(&["why", orders, "--period", "2025-H2", "-q"]);
    let mut sums = std::collections::BTreeMap::new();
    for line in run.answer().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        // The changes have two decimals, as the amounts do; factors may have four.
        let change: f64 = cells[5].parse().unwrap();
        *sums.entry(cells[0].to_owned()).or_insert(0) += (change * 10_000.0).round() as i64;
    }
    let total = sums["total"];
    assert_ne!(total, 0);
    for (level, sum) in sums {
        assert_eq!(sum, total, "{level}");
    }
}

#[test]
fn every_customer_has_one_strategy_and_rules_can_be_replaced() {
    let orders = dataset("orders.csv");
    let orders = orders.as_str();
    let folder = Folder::new();
    let run = folder.run(&["strategy", orders, "-q"]);
    assert_eq!(run.answer().lines().count(), 801);
    let rules = folder.run(&["strategy", "--print-rules"]);
    let folder = folder.and("rules.toml", rules.answer());
    let again = folder.run(&["strategy", orders, "--rules", "rules.toml", "-q"]);
    assert_eq!(again.stdout, run.stdout);
    let gap = rules.answer().replace(
        "\n[[rule]]\nstrategy = \"end\"\nvalue = [\"low\"]\nactivity = [\"gone\"]\n",
        "\n",
    );
    assert_ne!(gap, rules.answer());
    let folder = folder.and("gap.toml", gap);
    let refused = folder.run(&["strategy", orders, "--rules", "gap.toml"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("no rule holds for"), "{}", refused.stderr);
}

#[test]
fn overdue_customers_are_told_by_revenue() {
    let orders = dataset("orders.csv");
    let orders = orders.as_str();
    let all = Folder::new().run(&["next-order", orders, "-q"]);
    let overdue = Folder::new().run(&["next-order", orders, "--overdue", "-q"]);
    let said = all.answer().lines().filter(|line| line.contains(",true,")).count();
    assert_eq!(overdue.answer().lines().count(), said + 1);
    let revenue = |line: &str| line.split(',').nth(4).unwrap().parse::<f64>().unwrap();
    let revenues: Vec<f64> = overdue.answer().lines().skip(1).map(revenue).collect();
    assert!(revenues.windows(2).all(|pair| pair[0] >= pair[1]));
}
