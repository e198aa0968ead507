//! What the targets do with their bytes: read them as an export, and hold the ledger to its word; or as a profile,
//! rates, cut points, a model.

use std::io::{Cursor, Write};

use crmstat::{
    Lang,
    analysis::{
        churn, clv, cohorts,
        forecast::{self, Query, SeriesSet},
        rfm, segments,
    },
    data::{Orders, OrdersQuery},
    ingest::{
        Export, ReadOptions,
        profile::{Profile, Rates},
    },
};

/// Says nothing of panics: those that the library contains are no find, and the fuzzer reports all others.
pub fn quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Opens `parts`; under the plain profile, since most of the time would go to comparing headers with those of every CRM.
fn open(parts: &[&[u8]], recognised: bool) -> Option<Export> {
    let profile = if recognised { None } else { Profile::named("generic").cloned() };
    Export::from_bytes("input", parts.concat(), ReadOptions { profile, ..ReadOptions::default() }).ok()
}

/// Reads `parts`, end to end, as one file.
///
/// # Panics
/// When rows went missing from the ledger.
pub fn read(parts: &[&[u8]]) {
    read_as(parts, false);
}

fn read_as(parts: &[&[u8]], recognised: bool) {
    let Some(mut export) = open(parts, recognised) else { return };
    if let Ok(scored) = rfm::score(&mut export, &rfm::Options::default()) {
        assert!(scored.ledger.balances(), "read = accepted + quarantined + ignored");
    }
}

/// Reads `bytes` as orders and takes them to a forecast and to cohorts, by both of which nothing may go missing.
///
/// # Panics
/// When the ledger does not balance, or the tables of results cannot be made.
pub fn analyse(bytes: &[u8]) {
    let parts: [&[u8]; 2] = [b"customer_id,order_date,amount\n", bytes];
    let Some(mut export) = open(&parts, false) else { return };
    let Ok(read) = Orders::read(&mut export, &OrdersQuery::default()) else { return };
    assert!(read.ledger.balances(), "read = accepted + quarantined + ignored");
    let accepted = read.ledger.accepted;
    let mut export = open(&parts, false).expect("opened before");
    assert!(read.result.len() as u64 <= accepted, "no order comes from nowhere");
    if let Ok(found) = cohorts::acquisition(&mut export, &cohorts::Options::default()) {
        found.result.table().expect("columns of one length");
    }
    if let Ok(set) = SeriesSet::of_orders(&read.result, &Query::default())
        && let Ok(forecasts) = forecast::forecast(&set, &forecast::Options::default())
    {
        forecasts.table(Lang::En).expect("columns of one length");
    }
}

/// Reads `bytes` as everything that a user writes by hand: a profile, rates, cut points, a span, a discount.
///
/// # Panics
/// When a profile that was read is not the one that it writes.
pub fn by_hand(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(profile) = Profile::from_toml(text) {
        let again = Profile::from_toml(&profile.to_toml()).expect("a profile reads what it writes");
        assert_eq!(again.to_toml(), profile.to_toml());
    }
    let _ = Rates::from_text(text);
    let _ = rfm::cuts_from_text(text);
    let _ = clv::span_from_text(text);
    let _ = clv::discount_from_text(text);
}

/// Reads `bytes` as a model of every kind, with the envelope and the checksum that it needs to be looked at.
pub fn model(bytes: &[u8]) {
    let Ok(model) = std::str::from_utf8(bytes) else { return };
    for kind in ["rfm", "segments", "churn", "clv", "forecast"] {
        let checksum = model.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        let text = format!(
            "{{\"crmstat\":\"0\",\"kind\":\"{kind}\",\"schema\":1,\"checksum\":\"{checksum:016x}\",\"model\":{model}}}"
        );
        let text = text.as_bytes();
        match kind {
            "rfm" => drop(rfm::Model::from_bytes(text)),
            "segments" => drop(segments::Model::from_bytes(text)),
            "churn" => drop(churn::Model::from_bytes(text)),
            "clv" => drop(clv::Model::from_bytes(text)),
            _ => drop(forecast::State::from_bytes(text)),
        }
    }
}

/// Cells of a date, an amount and a customer in which only the date and the amount are of `bytes`, split at line ends.
pub fn cells(bytes: &[u8]) {
    let mut rows = b"customer_id\torder_date\tamount\n".to_vec();
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(0_u32..) {
        let mut parts = line.splitn(2, |byte| *byte == b'\t');
        let date = parts.next().unwrap_or_default();
        let amount = parts.next().unwrap_or(b"10");
        rows.extend_from_slice(format!("c{}\t", number % 7).as_bytes());
        rows.extend_from_slice(date);
        rows.push(b'\t');
        rows.extend_from_slice(amount);
        rows.push(b'\n');
    }
    read(&[&rows]);
}

/// An archive of `parts`.
fn archive(parts: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in parts {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).expect("a part in memory");
        for content in *contents {
            archive.write_all(content).expect("a part in memory");
        }
    }
    archive.finish().expect("an archive in memory").into_inner()
}

/// XLSX: the bytes are the rows of a sheet and, after the first 0xFF, the shared texts and the styles.
pub fn xlsx(bytes: &[u8]) {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    read(&[b"PK\x03\x04", bytes]);
    let mut parts = bytes.splitn(3, |byte| *byte == 0xFF);
    let mut next = || parts.next().unwrap_or_default();
    let (rows, texts, styles) = (next(), next(), next());
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"r1\" Type=\"{RELATIONS}/{kind}\" \
             Target=\"{target}\"/></Relationships>"
        )
    };
    let (root, book) =
        (relation("officeDocument", "xl/workbook.xml"), relation("worksheet", "sheet.xml"));
    let sheets = format!(
        "<workbook xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"S\" sheetId=\"1\" \
         r:id=\"r1\"/></sheets></workbook>"
    );
    read(&[&archive(&[
        ("_rels/.rels", &[root.as_bytes()]),
        ("xl/_rels/workbook.xml.rels", &[book.as_bytes()]),
        ("xl/workbook.xml", &[sheets.as_bytes()]),
        ("xl/sheet.xml", &[b"<worksheet><sheetData>", rows, b"</sheetData></worksheet>"]),
        ("xl/sharedStrings.xml", &[b"<sst>", texts, b"</sst>"]),
        ("xl/styles.xml", &[b"<styleSheet>", styles, b"</styleSheet>"]),
    ])]);
}

/// ODS: the bytes are the rows of a table.
pub fn ods(bytes: &[u8]) {
    const NAMES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
        xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
        xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"";
    const HEADER: &str = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>customer_id</text:p>\
        </table:table-cell><table:table-cell office:value-type=\"string\"><text:p>order_date</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"string\"><text:p>amount</text:p></table:table-cell></table:table-row>";
    let head = format!(
        "<office:document-content {NAMES}><office:body><office:spreadsheet><table:table table:name=\"S\">{HEADER}"
    );
    let tail = b"</table:table></office:spreadsheet></office:body></office:document-content>";
    read(&[&archive(&[
        ("mimetype", &[b"application/vnd.oasis.opendocument.spreadsheet"]),
        (
            "META-INF/manifest.xml",
            &[b"<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>"],
        ),
        ("content.xml", &[head.as_bytes(), bytes, tail]),
    ])]);
}

/// The HTML table that some CRMs call `.xls`.
pub fn html(bytes: &[u8]) {
    const HEADER: &[u8] = b"<table><tr><th>customer_id<th>order_date<th>amount</tr>";
    read(&[b"<table>", bytes]);
    read(&[HEADER, bytes]);
}

/// The workbook of before 2007, whose signature is all that the target supplies.
pub fn xls(bytes: &[u8]) {
    read(&[bytes]);
    read(&[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", bytes]);
    read(&[b"\x09\x08\x10\x00\x00\x06\x05\x00", bytes]);
}

/// Parquet, whose magic is all that the target supplies.
pub fn parquet(bytes: &[u8]) {
    read(&[bytes]);
    read(&[b"PAR1", bytes, b"PAR1"]);
}

/// Delimited text in any encoding and compression, under a header that is recognised.
pub fn text(bytes: &[u8]) {
    read_as(&[bytes], true);
    read(&[b"customer_id,order_date,amount\n", bytes]);
}

/// JSON, as an array of objects and an object per line.
pub fn json(bytes: &[u8]) {
    read(&[bytes]);
    read(&[b"[{\"customer_id\":\"a\",\"order_date\":\"2025-01-02\",\"amount\":5},", bytes]);
    read(&[b"{\"customer_id\":\"a\",\"order_date\":\"2025-01-02\",\"amount\":5}\n", bytes]);
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Every seed and every kept input goes through its target without a panic that leaves the library.
    #[test]
    fn seeds_are_read() {
        let targets: [(&str, fn(&[u8])); 11] = [
            ("analyse", crate::analyse),
            ("by_hand", crate::by_hand),
            ("cells", crate::cells),
            ("html", crate::html),
            ("json", crate::json),
            ("model", crate::model),
            ("ods", crate::ods),
            ("parquet", crate::parquet),
            ("text", crate::text),
            ("xls", crate::xls),
            ("xlsx", crate::xlsx),
        ];
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        for (name, target) in targets {
            let mut count = 0;
            for entry in fs::read_dir(folder.join(name)).unwrap() {
                target(&fs::read(entry.unwrap().path()).unwrap());
                count += 1;
            }
            assert!(count > 0, "{name} has no seed");
        }
    }
}
