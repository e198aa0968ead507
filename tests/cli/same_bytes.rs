//! The same bytes for any number of threads, any order of rows, any cut into files.

use crate::support::{Folder, dataset};
use std::fs;

/// Everything that depends on the data, in one text.
fn scored(folder: &Folder, exports: &[&str], threads: &str) -> String {
    let mut all = String::new();
    for table in [&[][..], &["--summary"], &["--thresholds"], &["--compare", "2025-01-01"]] {
        let run = folder.run(&[&["rfm", "-q", "--threads", threads], exports, table].concat());
        all.push_str(run.answer());
    }
    all
}

/// A fixed shuffle: multiplication by a number prime to the count.
fn shuffled<T: Clone>(rows: &[T]) -> Vec<T> {
    (0..rows.len()).map(|at| rows[at * 7919 % rows.len()].clone()).collect()
}

#[test]
fn threads_shuffles_and_splits_change_nothing() {
    for name in ["orders.csv", "amocrm.csv", "bitrix24.csv", "pipedrive.csv"] {
        let bytes = fs::read(dataset(name)).unwrap();
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let header = lines.next().unwrap();
        let rows: Vec<&[u8]> = lines.collect();
        let part = |rows: &[&[u8]]| [&[header], rows].concat().concat();
        let third = rows.len() / 3;
        assert!(!rows.len().is_multiple_of(7919), "the shuffle is one");
        let folder = Folder::with("whole.csv", &bytes)
            .and("shuffled.csv", part(&shuffled(&rows)))
            .and("1.csv", part(&rows[..third]))
            .and("2.csv", part(&rows[third..2 * third]))
            .and("3.csv", part(&rows[2 * third..]));
        let whole = scored(&folder, &["whole.csv"], "1");
        assert!(whole.lines().count() > 100, "{name}");
        for (exports, threads) in [
            (&["whole.csv"][..], "2"),
            (&["whole.csv"], "5"),
            (&["shuffled.csv"], "2"),
            (&["1.csv", "2.csv", "3.csv"], "2"),
            (&["3.csv", "1.csv", "2.csv"], "1"),
            (&["[123].csv"], "2"),
        ] {
            assert_eq!(scored(&folder, exports, threads), whole, "{name} {exports:?} {threads}");
        }
    }
}

/// Large enough for many blocks per thread.
#[test]
fn threads_change_nothing_in_a_large_file() {
    let folder = Folder::new();
    let size = ["--customers", "30000", "--orders", "300000"];
    folder.run(&[&["generate", "-q", "-o", "orders.csv"], &size[..]].concat()).answer();
    let one = scored(&folder, &["orders.csv"], "1");
    for threads in ["2", "3", "8"] {
        assert_eq!(scored(&folder, &["orders.csv"], threads), one, "{threads} threads");
    }
}

#[test]
fn text_and_parquet_of_the_same_orders_score_alike() {
    let folder = Folder::new();
    let text = scored(&folder, &[&dataset("orders.csv")], "2");
    assert_eq!(scored(&folder, &[&dataset("orders.parquet")], "2"), text);
}

#[test]
fn compression_changes_nothing() {
    let bytes = fs::read(dataset("orders.csv")).unwrap();
    let mut members = Vec::new();
    for half in [&bytes[..bytes.len() / 2], &bytes[bytes.len() / 2..]] {
        let mut member = flate2::write::GzEncoder::new(members, flate2::Compression::default());
        std::io::Write::write_all(&mut member, half).unwrap();
        members = member.finish().unwrap();
    }
    let folder = Folder::with("orders.csv", &bytes).and("named.txt", members);
    let plain = scored(&folder, &["orders.csv"], "2");
    assert_eq!(scored(&folder, &["named.txt"], "2"), plain, "a gzip file of two members");
}
