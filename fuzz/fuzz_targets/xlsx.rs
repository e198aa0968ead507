//! XLSX: the bytes are the rows of a sheet and, after the first 0xFF, the shared texts and the styles.

#![no_main]

use std::io::{Cursor, Write};

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    crmstat_fuzz::read(&[b"PK\x03\x04", bytes]);
    let mut parts = bytes.splitn(3, |byte| *byte == 0xFF);
    let mut next = || parts.next().unwrap_or_default();
    crmstat_fuzz::read(&[&workbook(next(), next(), next())]);
});

/// A workbook of one sheet.
fn workbook(rows: &[u8], texts: &[u8], styles: &[u8]) -> Vec<u8> {
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
    let parts: [(&str, [&[u8]; 3]); 6] = [
        ("_rels/.rels", [root.as_bytes(), b"", b""]),
        ("xl/_rels/workbook.xml.rels", [book.as_bytes(), b"", b""]),
        ("xl/workbook.xml", [sheets.as_bytes(), b"", b""]),
        ("xl/sheet.xml", [b"<worksheet><sheetData>", rows, b"</sheetData></worksheet>"]),
        ("xl/sharedStrings.xml", [b"<sst>", texts, b"</sst>"]),
        ("xl/styles.xml", [b"<styleSheet>", styles, b"</styleSheet>"]),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in parts {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name, options).expect("a part in memory");
        for content in contents {
            archive.write_all(content).expect("a part in memory");
        }
    }
    archive.finish().expect("an archive in memory").into_inner()
}
