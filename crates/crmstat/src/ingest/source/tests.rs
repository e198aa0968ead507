use std::io::{Read, Write};

use proptest::prelude::*;

use super::{ExportFile, Kind, Source, SourceOptions, expand};
use crate::{Error, ingest::parquet::ParquetFile};

/// A temporary file that holds `bytes`; its extension says nothing.
fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn open_with(bytes: &[u8], options: &SourceOptions) -> Result<Source, Error> {
    Source::open(ExportFile::bytes("input", bytes), options)
}

fn open(bytes: &[u8]) -> Result<Source, Error> {
    open_with(bytes, &SourceOptions::default())
}

fn read(source: &Source) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    source.reader()?.read_to_end(&mut bytes).map_err(|cause| source.failure(cause))?;
    Ok(bytes)
}

fn decision(source: &Source, topic: &str) -> Option<String> {
    let decision = source.decisions().iter().find(|decision| decision.topic == topic);
    decision.map(|decision| decision.value.clone())
}

/// `bytes` are recognised as `encoding` and read as `text`, also when read a second time.
#[track_caller]
fn assert_text(bytes: &[u8], encoding: &'static str, text: &str) {
    let source = open(bytes).unwrap();
    assert_eq!(source.kind(), Kind::Text { encoding });
    assert_eq!(decision(&source, "encoding").as_deref(), Some(encoding));
    for _ in 0..2 {
        assert_eq!(String::from_utf8(read(&source).unwrap()).unwrap(), text);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encode(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    let (bytes, _, has_errors) = encoding.encode(text);
    assert!(!has_errors, "the text has characters that the encoding lacks");
    bytes.into_owned()
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

const RUSSIAN: &str = "ID;Название сделки;Бюджет ₽;Ответственный\r\n\
    1;Поставка «Ромашка» №5;350 000;Иванова Мария\r\n2;Внедрение;12,50;Пётр Ёлкин\r\n";
const GERMAN: &str = "Kunde;Straße;Betrag\r\nMüller & Söhne;Königsstraße 7;1.234,56 €\r\n\
    Café Noël;Rue de l'Évêché;10,00 €\r\n";

#[test]
fn utf8_comes_as_it_is_and_without_its_mark() {
    assert_text(RUSSIAN.as_bytes(), "UTF-8", RUSSIAN);
    assert_text(format!("\u{FEFF}{RUSSIAN}").as_bytes(), "UTF-8", RUSSIAN);
    assert_text(b"a,b\n1,2\n", "UTF-8", "a,b\n1,2\n");
    assert_text(b"", "UTF-8", "");
    assert_text("\u{FEFF}".as_bytes(), "UTF-8", "");
}

#[test]
fn utf16_is_recognised_with_and_without_a_mark() {
    for text in [RUSSIAN, "id,amount\n1,2.50\n"] {
        let marked = format!("\u{FEFF}{text}");
        assert_text(&utf16(&marked, u16::to_le_bytes), "UTF-16LE", text);
        assert_text(&utf16(&marked, u16::to_be_bytes), "UTF-16BE", text);
        assert_text(&utf16(text, u16::to_le_bytes), "UTF-16LE", text);
        assert_text(&utf16(text, u16::to_be_bytes), "UTF-16BE", text);
    }
}

#[test]
fn cyrillic_encodings_are_told_apart() {
    use encoding_rs::{IBM866, KOI8_R, WINDOWS_1251};
    // The rouble sign and the quotation marks are not in every one of them.
    let plain = RUSSIAN.replace('₽', "руб").replace(['«', '»'], "");
    assert_text(&encode(&plain, WINDOWS_1251), "windows-1251", &plain);
    assert_text(&encode(&plain.replace('№', "N"), KOI8_R), "KOI8-R", &plain.replace('№', "N"));
    assert_text(&encode(&plain, IBM866), "IBM866", &plain);
    let headers_only = "Дата;Клиент;Сумма\n";
    assert_text(&encode(headers_only, WINDOWS_1251), "windows-1251", headers_only);
}

#[test]
fn western_text_is_not_taken_for_cyrillic() {
    assert_text(&encode(GERMAN, encoding_rs::WINDOWS_1252), "windows-1252", GERMAN);
}

#[test]
fn text_that_turns_legacy_late_is_recognised() {
    let mut text = "id;name\n".to_owned();
    text.push_str(&"1;plain\n".repeat(200_000));
    text.push_str(&"2;Завод «Прогресс»\n".repeat(3));
    assert_text(&encode(&text, encoding_rs::WINDOWS_1251), "windows-1251", &text);
}

#[test]
fn a_few_broken_cells_do_not_turn_utf8_into_something_else() {
    let mut bytes = RUSSIAN.as_bytes().to_vec();
    // A name that the CRM cut in the middle of a letter.
    bytes.extend_from_slice(b"3;\xD0\xB0\xD0;1\r\n");
    let source = open(&bytes).unwrap();
    assert_eq!(source.kind(), Kind::Text { encoding: "UTF-8" });
    assert_eq!(read(&source).unwrap(), bytes);
}

#[test]
fn a_character_at_the_end_of_what_is_checked_is_not_broken() {
    // Letters of two bytes from an odd offset on: every even limit cuts one.
    let text = format!("x{}", "ы\n".repeat(23 << 20));
    assert!(text.len() > 64 << 20);
    let source = open(text.as_bytes()).unwrap();
    let decision = source.decisions().iter().find(|decision| decision.topic == "encoding").unwrap();
    assert_eq!(decision.value, "UTF-8");
    assert!(!decision.reason.contains("broken"), "{}", decision.reason);
    // At the end of the file it is.
    let source = open("имя\nКуз".as_bytes().split_last().unwrap().1).unwrap();
    let reason = &source.decisions()[0].reason;
    assert!(reason.contains("1 broken sequences"), "{reason}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_spooled_and_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, RUSSIAN).unwrap()
    });
    let source = Source::open(path.to_str().unwrap(), &SourceOptions::default()).unwrap();
    writer.join().unwrap();
    for _ in 0..2 {
        assert_eq!(read(&source).unwrap(), RUSSIAN.as_bytes());
    }
}

#[test]
fn what_a_recognised_encoding_cannot_decode_never_looks_like_text() {
    // A lone surrogate between two rows.
    let mut bytes = utf16("\u{FEFF}id,name\n1,a\n2,", u16::to_le_bytes);
    bytes.extend_from_slice(&0xD83D_u16.to_le_bytes());
    bytes.extend(utf16("\n3,b\n", u16::to_le_bytes));
    assert_eq!(read(&open(&bytes).unwrap()).unwrap(), b"id,name\n1,a\n2,\xFF\n3,b\n");
}

#[test]
fn a_forced_encoding_is_used_or_refused_with_the_place() {
    let forced = |name: &str| SourceOptions { encoding: Some(name.into()), ..Default::default() };
    let bytes = encode(RUSSIAN.replace('₽', "").as_str(), encoding_rs::WINDOWS_1251);
    let source = open_with(&bytes, &forced("cp1251")).unwrap();
    assert_eq!(read(&source).unwrap(), RUSSIAN.replace('₽', "").as_bytes());

    let source = open_with(b"id,name\n1,a\n2,\xE9\n", &forced("utf-8")).unwrap();
    let error = read(&source).unwrap_err();
    assert!(error.is_data());
    assert!(error.to_string().ends_with(":3: the bytes at offset 14 are not UTF-8"), "{error}");
    assert!(error.hint().unwrap().contains("--encoding"));

    let error = open_with(b"a\n", &forced("klingon")).unwrap_err();
    assert!(error.is_usage());
}

#[test]
fn compressed_text_is_read_to_the_end_of_its_last_member() {
    let (first, second) = RUSSIAN.split_at(RUSSIAN.find("2;").unwrap());
    let members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    let source = open(&members).unwrap();
    assert_eq!(decision(&source, "compression").as_deref(), Some("gzip"));
    assert_eq!(source.len_hint(), None);
    assert_eq!(read(&source).unwrap(), RUSSIAN.as_bytes());

    let frames: Vec<u8> = [first, second]
        .iter()
        .flat_map(|part| zstd::encode_all(part.as_bytes(), 1).unwrap())
        .collect();
    let source = open(&frames).unwrap();
    assert_eq!(decision(&source, "compression").as_deref(), Some("zstd"));
    assert_eq!(read(&source).unwrap(), RUSSIAN.as_bytes());
}

#[test]
fn truncated_compression_is_an_error_and_not_a_shorter_file() {
    let text = RUSSIAN.repeat(2_000);
    let whole = gzip(text.as_bytes());
    let result = open(&whole[..whole.len() - 20]).and_then(|source| read(&source));
    let error = result.unwrap_err();
    assert!(error.is_data());
    assert!(error.to_string().contains("gzip data is broken"), "{error}");
}

#[test]
fn a_gzip_bomb_ends_in_a_stated_limit() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b'a'; 1 << 20];
    for _ in 0..300 {
        encoder.write_all(&block).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 400_000);
    let result = open(&bomb).and_then(|source| read(&source).map(|bytes| bytes.len()));
    assert!(result.unwrap_err().to_string().contains("expands to more than 200 times its size"));
}

#[test]
fn what_is_not_a_table_is_refused_by_name() {
    for (bytes, what) in [
        (b"%PDF-1.7 and so on".as_slice(), "a PDF document"),
        (b"SQLite format 3\0............", "an SQLite database"),
        (b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "a program"),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "a ZIP archive"),
        (b"<?xml version='1.0'?><note/>", "XML"),
        (b"<html><body>Sign in</body></html>", "an HTML page without a table"),
    ] {
        let error = open(bytes).unwrap_err();
        assert!(error.is_data() && error.hint().is_some(), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let noise: Vec<u8> =
        (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(open(&noise).unwrap_err().to_string().contains("binary data"));
}

/// A tar of one file with this content; `ustar` or the oldest dialect, which has no mark.
fn tar(content: &[u8], mark: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..10].copy_from_slice(b"orders.csv");
    header[100..107].copy_from_slice(b"0000644");
    let size = format!("{:011o}", content.len());
    header[124..135].copy_from_slice(size.as_bytes());
    header[257..257 + mark.len()].copy_from_slice(mark);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend_from_slice(content);
    header.resize(header.len().next_multiple_of(512) + 1024, 0);
    header
}

#[test]
fn a_tar_is_no_table_whatever_it_holds() {
    let content = "order_id,customer_id,order_date,amount\n1,anna,2024-01-05,10\n".repeat(2000);
    for mark in [&b"ustar\x0000"[..], b"ustar  \0", b""] {
        let tar = tar(content.as_bytes(), mark);
        for bytes in [gzip(&tar), zstd::encode_all(&tar[..], 1).unwrap(), tar] {
            let error = open(&bytes).unwrap_err();
            assert!(error.to_string().contains("a tar archive"), "{error}");
        }
    }
    assert!(matches!(open(content.as_bytes()).unwrap().kind(), Kind::Text { .. }));
}

#[test]
fn padding_and_frames_to_skip_are_no_data() {
    let text = RUSSIAN.repeat(100);
    let members = [gzip(text.as_bytes()), vec![0; 5000]].concat();
    assert_eq!(read(&open(&members).unwrap()).unwrap(), text.as_bytes());
    let between = [gzip(text.as_bytes()), vec![0; 7], gzip(text.as_bytes()), vec![0; 1]].concat();
    assert_eq!(read(&open(&between).unwrap()).unwrap(), text.repeat(2).as_bytes());
    // What is no member and no padding is damage.
    let garbage = [gzip(text.as_bytes()), b"garbage".to_vec()].concat();
    let error = open(&garbage).and_then(|source| read(&source)).unwrap_err();
    assert!(error.to_string().contains("gzip data is broken"), "{error}");

    let frame = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let skipped =
        |number: u8| [&[0x50 + number, 0x2A, 0x4D, 0x18, 4, 0, 0, 0][..], b"note"].concat();
    let frames = [skipped(0), frame.clone(), skipped(15), frame].concat();
    assert_eq!(read(&open(&frames).unwrap()).unwrap(), text.repeat(2).as_bytes());
}

/// One row pasted from another program, in the encoding of that one.
#[test]
fn a_row_in_another_encoding_does_not_turn_the_file() {
    let row =
        encode("2;Ромашка и компания без единой латинской буквы\n", encoding_rs::WINDOWS_1251);
    for honest in ["1;Müller\n", "1;Café\n3;ООО «Лето»\n"] {
        let bytes = [b"id;name\n", honest.as_bytes(), &row].concat();
        let source = open(&bytes).unwrap();
        assert_eq!(source.kind(), Kind::Text { encoding: "UTF-8" }, "{honest}");
        assert_eq!(read(&source).unwrap(), bytes);
    }
    let bytes = [b"id;name\n".to_vec(), row.clone(), row.clone(), "1;Café\n".into()].concat();
    assert_eq!(open(&bytes).unwrap().kind(), Kind::Text { encoding: "windows-1251" });
}

#[test]
fn text_that_begins_like_something_else_is_text() {
    for text in ["BZhang,amount\n1,2\n", "ORC,n\n1,2\n", "PAR,n\n", "a,b\0\nlong enough a row\n"] {
        assert!(matches!(open(text.as_bytes()).unwrap().kind(), Kind::Text { .. }), "{text}");
    }
}

#[test]
fn a_folder_and_a_missing_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Source::open(folder.path().to_str().unwrap(), &SourceOptions::default());
    assert!(error.unwrap_err().to_string().ends_with("is a folder, not a file"));
    let error = Source::open("no/such/file.csv", &SourceOptions::default()).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("no/such/file.csv"));
}

#[test]
fn a_deleted_file_is_read_to_its_end_and_a_shrunk_one_is_an_error() {
    let deleted = file(RUSSIAN.as_bytes());
    let source = Source::open(deleted.path().to_str().unwrap(), &SourceOptions::default()).unwrap();
    drop(deleted);
    assert_eq!(read(&source).unwrap(), RUSSIAN.as_bytes());

    let shrunk = file(RUSSIAN.as_bytes());
    let source = Source::open(shrunk.path().to_str().unwrap(), &SourceOptions::default()).unwrap();
    shrunk.as_file().set_len(10).unwrap();
    assert!(read(&source).unwrap_err().to_string().contains("it shrank"));
}

#[test]
fn two_readers_do_not_disturb_each_other() {
    let source = open(b"0123456789").unwrap();
    let (mut one, mut other) = (source.reader().unwrap(), source.reader().unwrap());
    let (mut a, mut b) = ([0; 4], [0; 6]);
    one.read_exact(&mut a).unwrap();
    other.read_exact(&mut b).unwrap();
    one.read_exact(&mut b).unwrap();
    assert_eq!((&a, &b), (b"0123", b"456789"));
    assert_eq!(source.len_hint(), Some(10));
}

#[test]
fn patterns_expand_sorted_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["b.csv", "a.csv", "c[1].csv", "note.txt"] {
        std::fs::write(path(name), "x").unwrap();
    }
    let expanded = expand(&[path("*.csv"), "-".to_owned()]).unwrap();
    assert_eq!(expanded, [path("a.csv"), path("b.csv"), path("c[1].csv"), "-".to_owned()]);
    // The literal name wins over the pattern that it also is.
    assert_eq!(expand(&[path("c[1].csv")]).unwrap(), [path("c[1].csv")]);
    // A file that two patterns match counts once; one that is named twice is a mistake.
    assert_eq!(expand(&[path("a*"), path("?.csv")]).unwrap(), [path("a.csv"), path("b.csv")]);
    assert!(expand(&[path("a.csv"), path("a.csv")]).unwrap_err().is_usage());
    assert!(expand(&[path("*.xlsx")]).unwrap_err().to_string().contains("matches no file"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the bytes, opening and reading end, without a panic, in text or an error.
    #[test]
    fn arbitrary_bytes_never_panic(
        magic in prop::sample::select(vec![
            &b""[..], b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD", b"PAR1", b"PK\x03\x04", b"<table>",
            b"\xFF\xFE", b"\xEF\xBB\xBF", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..600),
        encoding in prop::option::of(prop::sample::select(vec!["utf-8", "cp1251", "utf-16le", "gbk"])),
    ) {
        let options = SourceOptions {
            encoding: encoding.map(str::to_owned),
            ..SourceOptions::default()
        };
        if let Ok(source) = open_with(&[magic, &rest].concat(), &options) {
            match source.kind() {
                Kind::Parquet => drop(ParquetFile::open(&source)),
                _ => drop(read(&source)),
            }
        }
    }

    /// Text survives every encoding that holds it, whatever the place where a block ends. It begins with a letter: what
    /// begins with a brace is read as JSON.
    #[test]
    fn utf16_decodes_like_the_standard_library(text in "(\\PC|\n){0,400}", odd in 1_usize..4) {
        let text = format!("{}{text}", "x".repeat(odd));
        let bytes = utf16(&format!("\u{FEFF}{text}"), u16::to_be_bytes);
        prop_assert_eq!(read(&open(&bytes).unwrap()).unwrap(), text.into_bytes());
    }
}

mod needs_shared_data {
    use super::*;

    #[test]
    #[ignore = "needs CRMSTAT_SHARED"]
    fn crm_exports_are_recognised_needs_shared_data() {
        let folder = crmstat_testkit::shared_text("data/crm/exports");
        let open = |name: &str| {
            Source::open(format!("{folder}/{name}"), &SourceOptions::default()).unwrap()
        };
        for (name, kind, rows) in [
            ("amocrm_new_semicolon_cp1251.csv", Kind::Text { encoding: "windows-1251" }, 301),
            ("amocrm_old_comma_utf8.csv", Kind::Text { encoding: "UTF-8" }, 301),
            ("bitrix24_DEAL.csv", Kind::Text { encoding: "UTF-8" }, 353),
            ("bitrix24_DEAL_20261122_1245eb64.xls", Kind::Sheet, 353),
        ] {
            let source = open(name);
            assert_eq!(source.kind(), kind, "{name}");
            let text = String::from_utf8(read(&source).unwrap()).unwrap();
            assert_eq!(text.lines().count(), rows, "{name}");
            assert!(text.contains("Сделка успешна") || text.contains("Успешно"), "{name}");
        }
    }
}
