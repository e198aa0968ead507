//! Arbitrary bytes: no panic, an error that says something, a ledger that balances.

use crate::{score, table};
use crmstat::ingest::ReadOptions;
use proptest::prelude::*;

/// Reads `bytes` as a file, in any way that an option could ask for.
fn read(bytes: &[u8], options: ReadOptions) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export");
    std::fs::write(&path, bytes).unwrap();
    match score(&[&path], options) {
        Ok(scored) => {
            let kept: u64 = scored.rejections.groups().iter().map(|group| group.rows).sum();
            assert_eq!(kept, scored.ledger.quarantined, "every rejected row has a reason");
            assert!(!table(&scored.result).is_empty());
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.contains("panicked"), "{message}");
            assert!(!error.is_usage(), "the call is right, the data are not: {message}");
        }
    }
}

/// Pieces that exports are made of, so that what is tried is nearly an export.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "order_id,customer_id,order_date,amount\n",
        "\u{feff}ID;Название сделки;Стадия сделки;Сумма;Валюта;Дата закрытия;Компания;\r\n",
        "1,anna,2024-01-05,10.50\n",
        "2,boris,05.01.2024,\"1 234,56\"\n",
        "3,\"cla\"\"ra\",1/31/2024,-5\n",
        "7;Сделка;Сделка успешна;1500;Российский рубль;05.01.2024;Ромашка;\r\n",
        "Total,,,\n",
        "\"",
        ",",
        ";",
        "\n",
        "\r",
        "\0",
        "\\\"",
        "=",
        "NaN",
        "9999-12-31",
        "1e400",
        "won",
        "lost",
        "<table><tr><td>ID</td></tr>",
        "</td>",
        "PAR1",
        "PK\u{3}\u{4}",
    ])
    .prop_map(|piece| piece.as_bytes().to_vec());
    prop_oneof![4 => known, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        read(&bytes, ReadOptions::default());
    }

    #[test]
    fn nearly_an_export(
        pieces in prop::collection::vec(piece(), 0..40),
        encoding in prop::option::of(prop::sample::select(vec!["utf-8", "utf-16le", "windows-1251"])),
        delimiter in prop::option::of(prop::sample::select(vec![b',', b';', b'\t', b'x'])),
    ) {
        let encoding = encoding.map(str::to_owned);
        read(&pieces.concat(), ReadOptions { encoding, delimiter, ..ReadOptions::default() });
    }

    #[test]
    fn a_header_and_anything(pieces in prop::collection::vec(piece(), 0..40), keep_rejected: bool) {
        let bytes = [b"order_id,customer_id,order_date,amount\n".to_vec(), pieces.concat()].concat();
        read(&bytes, ReadOptions { keep_rejected, ..ReadOptions::default() });
    }

    #[test]
    fn a_damaged_data_set(
        name in prop::sample::select(vec!["orders.parquet", "bitrix24.csv", "amocrm.csv"]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let datasets = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/");
        let mut bytes = std::fs::read(format!("{datasets}{name}")).unwrap();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read(&bytes, ReadOptions::default());
    }
}
