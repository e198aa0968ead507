//! CDNOW (Fader and Hardie): 69,659 orders of 23,570 customers worth 2,500,315.63, 80 of them worth nothing.

use crate::{shared, totals};
use crmstat::{
    analysis::rfm::{self, Options},
    data::Field,
    ingest::{Export, ReadOptions},
};

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn every_order_and_cent_is_there_needs_shared_data() {
    let file = shared("data/customers/cdnow/CDNOW_master.txt");
    // The file separates its columns by runs of spaces.
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(","));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdnow.csv");
    std::fs::write(&path, rows.collect::<Vec<_>>().join("\n")).unwrap();

    let map = vec![(Field::Amount, "dollar_value".to_owned())];
    let options = ReadOptions { map, ..ReadOptions::default() };
    let mut export = Export::open(&[path.to_str().unwrap()], options).unwrap();
    let scored = rfm::score(&mut export, &Options::default()).unwrap();
    assert_eq!((scored.ledger.read, scored.ledger.accepted), (69_659, 69_659));
    assert_eq!(scored.result.len(), 23_570);
    assert_eq!(totals(&scored.result), (69_659, 25_003_156_300));
    assert_eq!(scored.result.as_of().to_string(), "1998-07-01");
    let first = scored.result.customers().next().unwrap();
    assert_eq!(first.id, "00001", "leading zeros belong to the id");
}
