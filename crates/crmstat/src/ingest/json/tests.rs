use crate::{
    Result,
    ingest::{
        ExportFile,
        source::{Source, SourceOptions},
    },
};
use proptest::prelude::*;
use std::io::Read;

fn source(text: &str) -> Result<Source> {
    Source::open(ExportFile::bytes("export.json", text), &SourceOptions::default())
}

/// The comma-separated form of `text`, and the lines of its records.
fn converted(text: &str) -> (String, Vec<u64>) {
    let source = source(text).unwrap();
    let mut csv = String::new();
    source.reader().unwrap().read_to_string(&mut csv).unwrap();
    let records = (2..=csv.lines().count() as u64).map(|line| source.line(line)).collect();
    (csv, records)
}

fn refused(text: &str) -> String {
    let error = source(text).unwrap_err();
    assert!(error.is_data(), "{error}");
    error.to_string()
}

#[test]
fn keys_are_columns_in_the_order_in_which_they_come() {
    let (csv, lines) = converted(
        "{\"id\":1,\"paid\":true,\"note\":null}\n\n{\"note\":\"a \\\"b\\\", c\",\"id\":\"x\\u00e9\"}\n",
    );
    assert_eq!(csv, "id,paid,note\n1,true,\nxé,,\"a \"\"b\"\", c\"\n");
    assert_eq!(lines, [1, 3]);
}

#[test]
fn the_digits_of_numbers_stay() {
    let (csv, _) =
        converted("[{\"a\":12.3400, \"b\":-0.1e-3, \"c\":123456789012345678901234567890}]");
    assert_eq!(csv, "a,b,c\n12.3400,-0.1e-3,123456789012345678901234567890\n");
}

#[test]
fn objects_of_a_pretty_array_are_told_by_their_lines() {
    let (csv, lines) =
        converted("[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2\n  },\n  {\"id\": 3}\n]\n");
    assert_eq!((csv.as_str(), lines), ("id\n1\n2\n3\n", vec![2, 5, 8]));
    // Those on one line by their numbers.
    assert_eq!(converted("[{\"id\":1},{\"id\":2},{\"id\":3}]").1, [1, 2, 3]);
}

#[test]
fn an_object_within_is_flattened_once_and_what_is_deeper_is_not_read() {
    let text =
        "{\"id\":1,\"customer\":{\"id\":\"A\",\"tags\":[1]},\"lines\":[{\"x\":1}],\"none\":[]}";
    let source = source(&format!("{text}\n{text}\n")).unwrap();
    let nested: Vec<usize> = (0..5).filter(|column| source.nested(*column) == Some(1)).collect();
    assert_eq!((nested, source.numbers()), (vec![2, 3], &[0][..]));
    let decisions: Vec<_> = source.decisions().iter().map(|found| found.topic.as_str()).collect();
    assert!(decisions.contains(&"column `customer.tags`"), "{decisions:?}");
}

#[test]
fn a_key_that_comes_late_is_a_column_of_all_rows() {
    let mut text: String = (0..10_005).map(|id| format!("{{\"id\":{id}}}\n")).collect();
    text.push_str("{\"id\":0,\"late\":\"x\"}\n");
    let (csv, lines) = converted(&text);
    assert!(csv.starts_with("id,late\n0,\n1,\n"), "{}", &csv[..30]);
    assert!(csv.ends_with("10004,\n0,x\n"));
    assert_eq!(lines.last(), Some(&10_006));
}

#[test]
fn line_breaks_in_texts_do_not_move_the_lines() {
    let (_, lines) = converted("{\"id\":\"a\\nb\\nc\"}\n{\"id\":2}\n{\"id\":3}\n");
    // Lines 2 to 4 of the text are the first object's.
    assert_eq!(lines[3..], [2, 3]);
}

#[test]
fn any_encoding_is_read() {
    for text in ["\u{feff}[{\"имя\":\"Анна\"}]", "[{\"имя\":\"Анна\"}]"] {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let file = ExportFile::bytes("export.json", utf16);
        let mut csv = String::new();
        let source = Source::open(file, &SourceOptions::default()).unwrap();
        source.reader().unwrap().read_to_string(&mut csv).unwrap();
        assert_eq!(csv, "имя\nАнна\n");
    }
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    for (text, expected) in [
        ("[]", "export.json: holds no object, and so no row"),
        ("[1,2]", "export.json:1: a number stands where an object is expected"),
        ("[\n{\"a\":1},\n\"b\"]", "export.json:3: a text stands where an object is expected"),
        ("[{\"a\":1} {\"a\":2}]", "export.json:1: a comma is missing between two objects"),
        ("[{\"a\":1},]", "export.json:1: nothing stands where an object is expected"),
        ("[{\"a\":1}", "export.json:1: the array is never closed"),
        ("{\"a\":1}\n{\"a\":", "export.json:2: an object begins here and is never closed"),
        ("[{\"a\":1}]\n{}", "export.json:2: something follows the end of the array"),
        ("{\"a\":1}\n{\"a\":\n01}", "export.json:3: the object is not valid JSON: invalid number"),
        ("{\"a\":1,\"a\":2}", "export.json:1: the key `a` stands twice in an object"),
        (
            "{\"total\":2,\"results\":[{\"id\":1},{\"id\":2}]}",
            "export.json: is one JSON object, not an array of objects",
        ),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
    let error = source("{\"_embedded\":{\"leads\":[{\"id\":1}]}}").unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("`_embedded.leads`")), "{error:?}");
}

#[test]
fn a_header_in_brackets_is_no_json() {
    for text in ["[id],[date]\n1,2025-01-01\n", "{id};{date}\n1;2025-01-01\n", "[ID]\t[Name]\n"] {
        assert!(
            matches!(source(text).unwrap().kind(), crate::ingest::source::Kind::Text { .. }),
            "{text}"
        );
    }
}

proptest! {
    /// An array is read object by object, lines of one shape are read side by side.
    #[test]
    fn lines_are_read_as_the_objects_of_an_array(
        rows in prop::collection::vec(
            (
                prop::sample::select(vec!["1", "-2.50", "null", "\"7\"", "true"]),
                prop::sample::select(vec![
                    "\"\"", "\"x\"", "\"x, y\"", "\"a \\\"b\\\"\"", "\"two\\nlines\"", "\"я\"", "null", "[1]",
                ]),
                prop::sample::select(vec![0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
            ),
            1..60,
        ),
        ending in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
    ) {
        let objects: Vec<String> = rows
            .iter()
            .map(|(number, text, way)| match way {
                0 => format!("{{\"n\":{number},\"t\":{text}}}"),
                1 => format!("{{\"t\":{text},\"n\":{number}}}"),
                2 => format!("{{ \"n\" : {number}, \"t\" : {text} }}"),
                _ => format!("{{\"n\":{number}}}"),
            })
            .collect();
        let (array, lines) = (format!("[{}]", objects.join(",\n")), objects.join(ending) + ending);
        let (of_array, of_lines) = (source(&array).unwrap(), source(&lines).unwrap());
        let text = |source: &Source| {
            let mut csv = String::new();
            source.reader().unwrap().read_to_string(&mut csv).unwrap();
            csv
        };
        let csv = text(&of_array);
        prop_assert_eq!(&text(&of_lines), &csv);
        prop_assert_eq!(of_array.numbers(), of_lines.numbers());
        let step = if ending == "\n\n" { 2 } else { 1 };
        for record in 2..=csv.lines().count() as u64 {
            let row = of_array.line(record);
            prop_assert_eq!(of_lines.line(record), (row - 1) * step + 1);
        }
        for column in 0..2 {
            let nested = of_array.nested(column).map(|row| (row - 1) * step + 1);
            prop_assert_eq!(of_lines.nested(column), nested);
        }
    }
}
