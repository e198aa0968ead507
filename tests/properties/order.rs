//! The order of rows, their cut into files and the number of threads change nothing.

use crate::{score, table};
use crmstat::ingest::{Duplicates, ReadOptions};
use proptest::prelude::*;
use std::path::PathBuf;

/// Orders of few customers on few days, so that ties abound; ids repeat where `lines`.
fn rows() -> impl Strategy<Value = Vec<String>> {
    let row = (0..60_u32, 0..12_u32, 1..28_u32, -500_i32..5_000);
    (prop::collection::vec(row, 1..200), any::<bool>()).prop_map(|(rows, lines)| {
        let row = |(at, (order, customer, day, amount)): (usize, (u32, u32, u32, i32))| {
            let order = if lines { order } else { at as u32 };
            // The lines of one order are one customer's.
            let customer = if lines { order % 12 } else { customer };
            format!("{order},c{customer},2024-01-{day:02},{amount}\n")
        };
        // Without a sale there is nothing to score.
        let sale = std::iter::once("999,c0,2024-01-15,1\n".to_owned());
        rows.into_iter().enumerate().map(row).chain(sale).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_depends_on_order_files_or_threads(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        parts in 1..4_usize,
        threads in 1..5_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: String, rows: &[String]| -> PathBuf {
            let path = folder.path().join(name);
            let text = format!("order_id,customer_id,order_date,amount\n{}", rows.concat());
            std::fs::write(&path, text).unwrap();
            path
        };
        let whole = write("whole.csv".to_owned(), &rows);
        let part = shuffled.len().div_ceil(parts);
        let files: Vec<PathBuf> = shuffled
            .chunks(part)
            .enumerate()
            .map(|(number, rows)| write(format!("{number}.csv"), rows))
            .collect();
        let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();

        // Equal rows of several files would count once.
        let options = || ReadOptions { duplicates: Some(Duplicates::Keep), ..ReadOptions::default() };
        let one = score(&[&whole], options()).unwrap();
        let other = pool.install(|| score(&files, options())).unwrap();
        prop_assert_eq!(one.ledger, other.ledger);
        prop_assert_eq!(
            String::from_utf8(table(&one.result)).unwrap(),
            String::from_utf8(table(&other.result)).unwrap()
        );
    }
}
