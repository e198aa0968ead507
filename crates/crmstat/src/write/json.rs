//! JSON: one object `{meta, rows}`, or one object per line.
//!
//! Amounts are written as exact decimals, dates as ISO text, a missing cell as `null`. Numbers are
//! finite by construction.

use std::io::{self, Write};

use serde_json::Value;

use crate::{
    collections::write_cells::{push_date, push_float, push_money, push_signed, push_timestamp},
    data::table::{Cell, Table},
    write::chunks::write_in_chunks,
};

/// Writes `{"meta": …, "rows": [ … ]}`, a row on each line.
pub(super) fn write_document(
    table: &Table,
    meta: &Value,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    out.write_all(b"{\n\"meta\": ")?;
    serde_json::to_writer(&mut *out, meta)?;
    out.write_all(b",\n\"rows\": [")?;
    let keys = keys(table);
    write_in_chunks(table.rows(), out, |rows, bytes| {
        for row in rows {
            bytes.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
            push_row(bytes, table, &keys, row);
        }
    })?;
    out.write_all(b"\n]\n}\n")
}

/// Writes one object per line.
pub(super) fn write_lines(table: &Table, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let keys = keys(table);
    write_in_chunks(table.rows(), out, |rows, bytes| {
        for row in rows {
            push_row(bytes, table, &keys, row);
            bytes.push(b'\n');
        }
    })
}

/// What stands before each value of a row: `{"first":`, `,"second":` …
fn keys(table: &Table) -> Vec<String> {
    let names = table.columns().iter().map(|column| Value::from(column.name()));
    names
        .enumerate()
        .map(|(index, name)| format!("{}{name}:", if index == 0 { '{' } else { ',' }))
        .collect()
}

fn push_row(bytes: &mut Vec<u8>, table: &Table, keys: &[String], row: usize) {
    for (key, column) in keys.iter().zip(table.columns()) {
        bytes.extend_from_slice(key.as_bytes());
        match column.values().get(row) {
            None => bytes.extend_from_slice(b"null"),
            Some(Cell::Text(text)) => push_text(bytes, text),
            Some(Cell::Int(number)) => push_signed(bytes, number),
            Some(Cell::Float(number, _)) => push_float(bytes, number),
            Some(Cell::Money(amount)) => push_money(bytes, amount),
            Some(Cell::Bool(value)) => {
                bytes.extend_from_slice(if value { b"true" } else { b"false" });
            }
            Some(Cell::Date(date)) => {
                bytes.push(b'"');
                push_date(bytes, date);
                bytes.push(b'"');
            }
            Some(Cell::Timestamp(at)) => {
                bytes.push(b'"');
                push_timestamp(bytes, at);
                bytes.push(b'"');
            }
        }
    }
    bytes.push(b'}');
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        bytes.extend_from_slice(Value::from(text).to_string().as_bytes());
    } else {
        bytes.push(b'"');
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{write_document, write_lines};
    use crate::{
        data::table::{Column, Table},
        write::tests::sample,
    };

    #[test]
    fn a_document_holds_meta_and_rows() {
        let mut out = Vec::new();
        write_document(&sample(), &json!({"seed": 42}), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let first = r#"{"customer_id":"C1","segment":"Champions","last_order":"2024-02-29","at":"2024-02-29T10:05:09","orders":1234567,"revenue":1234.50,"p_alive":0.9371250000000001,"active":true}"#;
        assert!(text.contains(first), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["meta"]["seed"], 42);
        assert_eq!(value["rows"].as_array().unwrap().len(), 4);
        assert_eq!(value["rows"][1]["customer_id"], "a \"b\", c");
        assert_eq!(value["rows"][2]["orders"], Value::Null);
    }

    #[test]
    fn a_table_without_rows_is_an_empty_array() {
        let table = Table::new("t", vec![Column::int("a", "а", [0; 0])]).unwrap();
        let mut out = Vec::new();
        write_document(&table, &Value::Null, &mut out).unwrap();
        assert_eq!(out, b"{\n\"meta\": null,\n\"rows\": [\n]\n}\n");
    }

    #[test]
    fn every_line_is_an_object_of_its_own() {
        let mut out = Vec::new();
        write_lines(&sample(), &mut out).unwrap();
        let lines: Vec<Value> = out
            .split(|&b| b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3]["customer_id"], "");
    }
}
