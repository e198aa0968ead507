use super::{Inspection, Source, inspect};
use crate::{
    Lang,
    analysis::rfm,
    data::{DealStatus, Field, TableKind, table::Table},
    ingest::{Export, ExportFile, ReadOptions, profile::Profile},
    write::{Format, Writer},
};

fn source(text: &str, options: ReadOptions) -> Source {
    Source { files: vec![ExportFile::bytes("orders.csv", text)], options }
}

fn inspected(text: &str) -> Inspection {
    inspect(&source(text, ReadOptions::default()), &[]).unwrap()
}

fn csv(table: &Table) -> String {
    let mut out = Vec::new();
    Writer::new(Format::Csv).write(table, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn dataset(name: &str) -> String {
    format!("{}/../../datasets/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_an_analysis_refuses_is_a_problem_with_its_option() {
    let found = inspected(
        "order_id,customer_id,order_date,amount,currency,status\n\
         1,A,01/02/2024,10,USD,Paid\n\
         2,B,03/04/2024,20,EUR,Frobbed\n",
    );
    for (message, option) in [
        ("can be read in two ways, such as `01/02/2024`", "--date-order"),
        ("several currencies: EUR, USD", "--rates"),
        ("the stage `Frobbed` closes 1 orders", "--stage"),
    ] {
        let problem = found.problems.iter().find(|problem| problem.message.contains(message));
        let hint = problem.and_then(|problem| problem.hint.as_deref()).unwrap_or_default();
        assert!(hint.contains(option), "{message}: {:?}", found.problems);
    }
    assert_eq!(found.problems.len(), 3, "each once: {:?}", found.problems);
    let ledger = found.tables[0].ledger.unwrap();
    assert!(ledger.balances());
    assert_eq!((ledger.read, ledger.quarantined), (2, 2));
}

#[test]
fn columns_that_make_up_no_table_are_shown_all_the_same() {
    let found = inspected("size,weight\n1,2\n");
    let file = &found.tables[0].files[0];
    assert_eq!(file.columns.len(), 2);
    assert!(file.columns.iter().all(|column| column.field.is_none()));
    assert_eq!((file.profile.as_ref(), found.problems.len()), (None, 1));
    assert!(found.sections(Lang::En).unwrap().len() >= 3);
}

#[test]
fn the_audit_counts_what_looks_wrong() {
    let mut text = String::from("order_id,customer_id,order_date,amount,product\n");
    for order in 0..60 {
        let day = order % 28 + 1;
        let month = if order < 30 { 1 } else { 9 };
        text.push_str(&format!(
            "{order},C{order},2024-{month:02}-{day:02},10{}.5,GTXPro\n",
            order % 7
        ));
    }
    text.push_str("59,C59,2024-09-04,103.5,GTXPro\n"); // the last order twice more
    text.push_str("59,C59,2024-09-04,103.5,GTXPro\n");
    text.push_str("70,,2024-01-05,-5,GTX Pro\n");
    text.push_str("71,C1,2024-01-05,0,\n");
    text.push_str("72,C2,never mind,1000000000,GTXPro\n");
    text.push_str(",,,,\n");
    let found = inspected(&text);
    let quality = &found.tables[0].quality;
    assert_eq!(quality.rows, 65);
    assert_eq!((quality.duplicate_rows, quality.repeated_ids), (2, 2));
    assert_eq!(quality.missing, [(Field::CustomerId, 1), (Field::Product, 1)]);
    assert_eq!(quality.invalid, [(Field::OrderedAt, 1)]);
    assert_eq!((quality.refunds, quality.zero_amounts), (1, 1));
    assert_eq!(quality.gaps.len(), 1);
    assert_eq!(quality.gaps[0].after.to_string(), "2024-01-28");
    let outliers = quality.outliers.as_ref().unwrap();
    assert_eq!((outliers.above, outliers.below), (1, 0));
    assert_eq!(outliers.place.line, Some(66));
    let spelling = &found.spellings[0];
    assert_eq!((spelling.0, spelling.1.label.as_str()), (Field::Product, "GTX Pro"));
    assert_eq!(quality.spans[0].1.to_string(), "2024-01-01T00:00:00");
}

#[test]
fn the_written_profile_reads_the_files_alike() {
    for name in ["amocrm.csv", "bitrix24.csv", "pipedrive.csv", "orders.csv", "orders.parquet"] {
        let files = vec![ExportFile::path(dataset(name))];
        let main = Source { files: files.clone(), options: ReadOptions::default() };
        let written = inspect(&main, &[]).unwrap().profile().to_toml();
        let scored = |profile: Option<Profile>| {
            let options = ReadOptions { profile, ..ReadOptions::default() };
            let mut export = Export::of(&files, options).unwrap();
            let scored = rfm::score(&mut export, &rfm::Options::default()).unwrap();
            (csv(&scored.result.table(Lang::En).unwrap()), scored.ledger)
        };
        assert_eq!(scored(Some(Profile::from_toml(&written).unwrap())), scored(None), "{name}");
    }
}

#[test]
fn the_written_profile_keeps_stages_and_columns_that_were_given() {
    let text = "Nr,Wer,Wann,Wieviel,Was\n1,A,31.01.2024,\"1,5\",Fertig\n";
    let options = ReadOptions {
        kind: Some(TableKind::Deals),
        map: [
            (Field::CustomerId, "Wer"),
            (Field::ClosedAt, "#3"),
            (Field::Amount, "Wieviel"),
            (Field::Stage, "Was"),
        ]
        .map(|(field, column)| (field, column.to_owned()))
        .to_vec(),
        stages: vec![("Fertig".to_owned(), DealStatus::Won)],
        ..ReadOptions::default()
    };
    let found = inspect(&source(text, options), &[]).unwrap();
    assert_eq!(found.problems, []);
    let profile = Some(Profile::from_toml(&found.profile().to_toml()).unwrap());
    let options = ReadOptions { profile, ..ReadOptions::default() };
    let mut export = Export::from_bytes("orders.csv", text, options).unwrap();
    let scored = rfm::score(&mut export, &rfm::Options::default()).unwrap();
    assert_eq!(scored.result.customers().next().unwrap().monetary.to_string(), "1.50");
}

#[test]
fn every_number_of_threads_finds_the_same() {
    let main =
        Source { files: vec![dataset("orders_with_faults.csv").into()], ..Source::default() };
    let found = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| csv(&inspect(&main, &[]).unwrap().table(Lang::En).unwrap()))
    };
    let one = found(1);
    assert_eq!(one, found(2));
    assert!(one.starts_with("section,table,file,item,value,count,note,option\n"));
    assert!(one.contains("quality,orders,,rows that repeat another,,5,"), "{one}");
}

#[test]
fn people_are_spoken_to_in_their_language() {
    let found = inspected("Клиент;Дата;Сумма\nА;31.01.2024;1,5\n");
    let titles = |lang| -> Vec<&str> {
        found.sections(lang).unwrap().iter().map(|section| section.title).collect()
    };
    assert_eq!(titles(Lang::En)[0], "What the files are");
    assert_eq!(titles(Lang::Ru)[0], "Что это за файлы");
    let russian = csv(&found.table(Lang::Ru).unwrap());
    assert!(russian.contains("день, месяц, год") && russian.contains("прочитано"), "{russian}");
}
