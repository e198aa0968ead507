use std::sync::{Arc, Mutex};

use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    column::writer::ColumnWriter,
    data_type::{ByteArray, FixedLenByteArray, Int96},
    file::{
        properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};
use proptest::prelude::*;

use super::*;
use crate::{
    Error, Result,
    data::{Ignored, Orders, OrdersQuery},
    ingest::source::{ExportFile, Source, SourceOptions},
    ingest::{Export, ReadOptions},
};

/// What a column of a test file holds, by physical type; `None` is missing.
#[derive(Clone, Debug)]
enum Cells {
    Bool(Vec<Option<bool>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Int96(Vec<Option<[u32; 3]>>),
    Float(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Fixed(Vec<Option<Vec<u8>>>),
}

/// The values that are there, and the definition level of every row.
fn split<T: Clone, U>(cells: &[Option<T>], make: impl Fn(T) -> U) -> (Vec<U>, Vec<i16>) {
    let values = cells.iter().flatten().cloned().map(make).collect();
    (values, cells.iter().map(|cell| i16::from(cell.is_some())).collect())
}

/// A file of `schema` with the row groups `groups`, each a list of columns.
fn write(schema: &str, properties: WriterPropertiesBuilder, groups: &[Vec<Cells>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for group in groups {
        let mut row_group = writer.next_row_group().unwrap();
        for cells in group {
            let mut column = row_group.next_column().unwrap().unwrap();
            macro_rules! put {
                ($writer:ident, $cells:expr, $make:expr) => {{
                    let (values, levels) = split($cells, $make);
                    $writer.write_batch(&values, Some(&levels), None).unwrap();
                }};
            }
            match (column.untyped(), cells) {
                (ColumnWriter::BoolColumnWriter(w), Cells::Bool(c)) => put!(w, c, |v| v),
                (ColumnWriter::Int32ColumnWriter(w), Cells::Int32(c)) => put!(w, c, |v| v),
                (ColumnWriter::Int64ColumnWriter(w), Cells::Int64(c)) => put!(w, c, |v| v),
                (ColumnWriter::Int96ColumnWriter(w), Cells::Int96(c)) => put!(w, c, |v| {
                    let mut instant = Int96::new();
                    instant.set_data(v[0], v[1], v[2]);
                    instant
                }),
                (ColumnWriter::FloatColumnWriter(w), Cells::Float(c)) => put!(w, c, |v| v),
                (ColumnWriter::DoubleColumnWriter(w), Cells::Double(c)) => put!(w, c, |v| v),
                (ColumnWriter::ByteArrayColumnWriter(w), Cells::Bytes(c)) => {
                    put!(w, c, ByteArray::from);
                }
                (ColumnWriter::FixedLenByteArrayColumnWriter(w), Cells::Fixed(c)) => {
                    put!(w, c, FixedLenByteArray::from);
                }
                _ => panic!("the cells are not of the type of their column"),
            }
            column.close().unwrap();
        }
        row_group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn plain() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_dictionary_enabled(false)
}

fn open(bytes: &[u8]) -> Result<ParquetFile> {
    let source = Source::open(ExportFile::bytes("file", bytes), &SourceOptions::default())?;
    ParquetFile::open(&source)
}

/// Every row of `columns` as text, `null` for what is missing, in the order of the file.
fn rows(file: &ParquetFile, columns: &[usize]) -> Result<Vec<Vec<String>>> {
    let slices = Mutex::new(Vec::new());
    file.scan(
        columns,
        || (),
        |(), slice| {
            assert!(slice.rows > 0 && slice.rows <= SLICE_ROWS);
            slices.lock().unwrap().push(slice);
            Ok(())
        },
    )?;
    let mut slices = slices.into_inner().unwrap();
    slices.sort_by_key(|slice| slice.first_row);
    let mut rows = Vec::new();
    for slice in &slices {
        assert_eq!(slice.first_row, rows.len() as u64, "slices leave no gap");
        rows.extend(
            (0..slice.rows).map(|row| {
                slice.columns.iter().map(|column| show(column, row)).collect::<Vec<_>>()
            }),
        );
    }
    Ok(rows)
}

fn show(column: &Column, row: usize) -> String {
    if !column.is_valid(row) {
        return "null".to_owned();
    }
    match &column.values {
        Values::Text(text) => String::from_utf8_lossy(text.get(row)).into_owned(),
        Values::Int(values) => values[row].to_string(),
        Values::Float(values) => values[row].to_string(),
        Values::Decimal { unscaled, scale } => format!("{}e-{scale}", unscaled[row]),
        Values::Date(values) => crate::Date::from_days(values[row]).to_string(),
        Values::Timestamp(values) => crate::Timestamp::from_seconds(values[row]).to_string(),
        Values::Bool(values) => values[row].to_string(),
    }
}

#[test]
fn a_row_of_totals_is_no_order() {
    let text = |texts: &[&str]| {
        Cells::Bytes(texts.iter().map(|text| Some(text.as_bytes().to_vec())).collect())
    };
    let bytes = write(
        "message m { optional binary customer_id (STRING); optional int32 order_date (DATE); \
         optional double amount; optional binary note (STRING); }",
        plain(),
        &[vec![
            text(&["anna", "toby", "TOTAL"]),
            Cells::Int32(vec![Some(19_800), Some(19_801), Some(19_802)]),
            Cells::Double(vec![Some(10.0), Some(20.0), Some(30.0)]),
            Cells::Bytes(vec![Some(b"x".to_vec()), Some(b"y".to_vec()), None]),
        ]],
    );
    let mut export = Export::from_bytes("orders.parquet", bytes, ReadOptions::default()).unwrap();
    let read = Orders::read(&mut export, &OrdersQuery::default()).unwrap();
    assert_eq!(read.result.len(), 2);
    assert_eq!(read.ledger.ignored_by(Ignored::Footer), 1);
    assert!(read.ledger.balances());
}

/// The only column of a file with the one field `field`.
fn column(field: &str, cells: Cells) -> Result<Vec<String>> {
    let bytes = write(&format!("message m {{ {field}; }}"), plain(), &[vec![cells]]);
    Ok(rows(&open(&bytes)?, &[0])?.into_iter().flatten().collect())
}

#[test]
fn every_type_arrives_as_what_it_means() {
    let date = column("optional int32 d (DATE)", Cells::Int32(vec![Some(-1), None, Some(17_293)]));
    assert_eq!(date.unwrap(), ["1969-12-31", "null", "2017-05-07"]);

    for (unit, ticks) in [("MILLIS", 1_000), ("MICROS", 1_000_000), ("NANOS", 1_000_000_000)] {
        let cells = vec![Some(90 * ticks + 1), Some(-1), None];
        let stamps =
            column(&format!("optional int64 t (TIMESTAMP({unit},false))"), Cells::Int64(cells));
        // A fraction of a second before 1970 lies in the second before.
        assert_eq!(stamps.unwrap(), ["1970-01-01T00:01:30", "1969-12-31T23:59:59", "null"]);
    }
    let julian = Cells::Int96(vec![Some([1_000_000_000, 0, 2_440_589]), None]);
    assert_eq!(column("optional int96 t", julian).unwrap(), ["1970-01-02T00:00:01", "null"]);

    let ints = Cells::Int32(vec![Some(-7), Some(i32::MAX)]);
    assert_eq!(column("required int32 n", ints).unwrap(), ["-7", "2147483647"]);
    let unsigned = Cells::Int32(vec![Some(-1)]);
    assert_eq!(column("required int32 n (UINT_32)", unsigned).unwrap(), ["4294967295"]);
    let flags = Cells::Bool(vec![Some(true), None, Some(false)]);
    assert_eq!(column("optional boolean b", flags).unwrap(), ["true", "null", "false"]);
    let floats = Cells::Float(vec![Some(0.5), None]);
    assert_eq!(column("optional float f", floats).unwrap(), ["0.5", "null"]);
    let doubles = Cells::Double(vec![Some(0.1), Some(f64::NAN)]);
    assert_eq!(column("required double f", doubles).unwrap(), ["0.1", "NaN"]);
    let uuid = Cells::Fixed(vec![Some((0..16).collect()), None]);
    assert_eq!(
        column("optional fixed_len_byte_array(16) id (UUID)", uuid).unwrap(),
        ["00010203-0405-0607-0809-0a0b0c0d0e0f", "null"]
    );
}

#[test]
fn decimals_are_exact_in_every_physical_form() {
    let expected = ["12345e-2", "-1e-2", "null"];
    let big_endian = |digits: i64, width: usize| digits.to_be_bytes()[8 - width..].to_vec();
    for (field, cells) in [
        ("int32 a (DECIMAL(9,2))", Cells::Int32(vec![Some(12_345), Some(-1), None])),
        ("int64 a (DECIMAL(18,2))", Cells::Int64(vec![Some(12_345), Some(-1), None])),
        (
            "fixed_len_byte_array(5) a (DECIMAL(11,2))",
            Cells::Fixed(vec![Some(big_endian(12_345, 5)), Some(big_endian(-1, 5)), None]),
        ),
        (
            "binary a (DECIMAL(11,2))",
            Cells::Bytes(vec![Some(big_endian(12_345, 3)), Some(big_endian(-1, 1)), None]),
        ),
    ] {
        assert_eq!(column(&format!("optional {field}"), cells).unwrap(), expected, "{field}");
    }
    let all_null = Cells::Fixed(vec![None, None]);
    let shown = column("optional fixed_len_byte_array(5) a (DECIMAL(11,2))", all_null).unwrap();
    assert_eq!(shown, ["null", "null"]);
    // 17 bytes of which the first only repeats the sign are a number of 128 bits; others are not.
    let mut long = i128::MAX.to_be_bytes().to_vec();
    long.insert(0, 0);
    let shown = column("optional binary a (DECIMAL(38,0))", Cells::Bytes(vec![Some(long.clone())]));
    assert_eq!(shown.unwrap(), [format!("{}e-0", i128::MAX)]);
    long[0] = 1;
    let error = column("optional binary a (DECIMAL(38,0))", Cells::Bytes(vec![Some(long)]));
    assert!(error.unwrap_err().to_string().contains("longer than 128 bits"));
}

#[test]
fn instants_at_the_ends_of_their_range_do_not_wrap() {
    let ends = Cells::Int64(vec![Some(i64::MIN), Some(i64::MAX)]);
    for unit in ["MILLIS", "MICROS", "NANOS"] {
        let field = format!("required int64 t (TIMESTAMP({unit},true))");
        let bytes = write(&format!("message m {{ {field}; }}"), plain(), &[vec![ends.clone()]]);
        let file = open(&bytes).unwrap();
        assert_eq!(file.columns()[0].column_type, ColumnType::Timestamp { is_utc: true });
        let seconds = Mutex::new(Vec::new());
        let collect = |(): &mut (), slice: Slice| {
            if let Values::Timestamp(values) = &slice.columns[0].values {
                seconds.lock().unwrap().extend_from_slice(values);
            }
            Ok(())
        };
        file.scan(&[0], || (), collect).unwrap();
        let seconds = seconds.into_inner().unwrap();
        assert!(seconds[0] < -9_000_000_000 && seconds[1] > 9_000_000_000, "{seconds:?}");
    }
    let far = Cells::Int96(vec![Some([u32::MAX; 3])]);
    let bytes = write("message m { required int96 t; }", plain(), &[vec![far]]);
    assert!(open(&bytes).unwrap().scan(&[0], || (), |(), _| Ok(())).is_ok());
    let wide = Cells::Int64(vec![Some(-1)]);
    // Ids made by hashing use all 64 bits.
    assert_eq!(column("required int64 n (UINT_64)", wide).unwrap(), ["18446744073709551615e-0"]);
}

#[test]
fn nested_columns_are_refused_by_name_and_do_not_disturb_the_others() {
    let schema = "message m { required int32 a; required group g { required int32 b; }
        repeated int32 c; required binary d (UTF8); required int32 t (TIME(MILLIS,true)); }";
    let schema_file = write(schema, plain(), &[]);
    let file = open(&schema_file).unwrap();
    let names: Vec<_> = file.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "g", "c", "d", "t"]);
    assert!(file.scan(&[0, 3], || (), |(), _| Ok(())).is_ok());
    for (at, reason) in
        [(1, "it is nested"), (2, "it is nested"), (4, "it holds"), (9, "no column")]
    {
        let error = file.scan(&[at], || (), |(), _| Ok(())).unwrap_err();
        assert!(error.is_data() && error.to_string().contains(reason), "{error}");
    }
    let error = file.scan(&[1], || (), |(), _| Ok(())).unwrap_err();
    assert!(error.to_string().contains("column `g`"), "{error}");
}

#[test]
fn a_dictionary_is_one_for_all_slices_of_a_row_group() {
    let cells = |from: usize| {
        let ids = (0..5_000).map(|row| Some(format!("c{}", (row + from) % 50).into_bytes()));
        Cells::Bytes(ids.collect())
    };
    let properties = WriterProperties::builder().set_data_page_row_count_limit(700);
    let schema = "message m { optional binary id (UTF8); }";
    let bytes = write(schema, properties, &[vec![cells(0)], vec![cells(7)]]);
    let seen = Mutex::new(Vec::new());
    let collect = |(): &mut (), slice: Slice| {
        let Values::Text(TextColumn::Dictionary { dictionary, codes }) = &slice.columns[0].values
        else {
            panic!("the column has a dictionary");
        };
        assert_eq!((dictionary.len(), codes.len()), (50, slice.rows));
        seen.lock().unwrap().push((slice.first_row / 5_000, Arc::clone(dictionary)));
        Ok(())
    };
    open(&bytes).unwrap().scan(&[0], || (), collect).unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() > 4, "each row group has several slices");
    for (group, dictionary) in &seen {
        let same = seen.iter().filter(|(other, _)| other == group);
        assert!(same.clone().all(|(_, other)| Arc::ptr_eq(dictionary, other)));
    }
}

#[test]
fn the_error_of_the_earliest_row_group_wins_on_any_number_of_threads() {
    let group = || vec![Cells::Int32(vec![Some(1); 10])];
    let groups: Vec<_> = (0..20).map(|_| group()).collect();
    let file = open(&write("message m { required int32 n; }", plain(), &groups)).unwrap();
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let result = pool.install(|| {
            file.scan(
                &[0],
                || (),
                |(), slice| {
                    // The later ones fail sooner.
                    let group = slice.first_row / 10;
                    if group == 3 {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                    }
                    match group {
                        3.. => Err(Error::data(format!("group {group}"))),
                        _ => Ok(()),
                    }
                },
            )
        });
        assert!(result.unwrap_err().to_string().ends_with("group 3"));
    }
}

#[test]
fn a_page_that_says_it_takes_gigabytes_is_refused() {
    let texts = Cells::Bytes(vec![Some(b"some text".to_vec()); 4]);
    let properties = plain().set_compression(Compression::SNAPPY);
    let mut bytes = write("message m { required binary id (UTF8); }", properties, &[vec![texts]]);
    // The first page header follows the magic: type 0, then the uncompressed size, here one byte.
    assert_eq!(bytes[4..7], [0x15, 0x00, 0x15]);
    let header: Vec<u8> = [0x15, 0x00, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0x15, 0xFE].into();
    bytes[4..4 + header.len()].copy_from_slice(&header);
    let error = rows(&open(&bytes).unwrap(), &[0]).unwrap_err();
    assert!(error.to_string().contains("2147483647 bytes; at most"), "{error}");
}

#[test]
fn what_is_not_parquet_after_the_magic_is_an_error() {
    for bytes in [&b"PAR1"[..], b"PAR1PAR1", b"PAR1\xFF\xFF\xFF\x7FPAR1", b"PAR1 and text\n"] {
        let error = open(bytes).unwrap_err();
        assert!(error.is_data() && error.to_string().contains("Parquet"), "{error}");
    }
}

/// How a file may be written without meaning anything else.
fn layouts() -> impl Strategy<Value = WriterPropertiesBuilder> {
    let encodings = prop::sample::select(vec![
        Encoding::PLAIN,
        Encoding::DELTA_LENGTH_BYTE_ARRAY,
        Encoding::DELTA_BYTE_ARRAY,
    ]);
    let codecs = prop::sample::select(vec![
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ]);
    (encodings, codecs, any::<(bool, bool)>(), 1_usize..40, 20_usize..400).prop_map(
        |(encoding, codec, (has_dictionary, is_second), page_rows, dictionary_bytes)| {
            WriterProperties::builder()
                .set_encoding(encoding)
                .set_compression(codec)
                .set_dictionary_enabled(has_dictionary)
                .set_dictionary_page_size_limit(dictionary_bytes)
                .set_data_page_row_count_limit(page_rows)
                .set_write_batch_size(7)
                .set_writer_version(if is_second {
                    WriterVersion::PARQUET_2_0
                } else {
                    WriterVersion::PARQUET_1_0
                })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Text reads back as written, whatever the encodings, pages, dictionaries and missing values.
    #[test]
    fn text_reads_back_as_written(
        layout in layouts(),
        groups in prop::collection::vec(
            prop::collection::vec((prop::option::of("[a-c]{0,3}|[а-я]{0,9}"), "[xy]{1,2}"), 1..120),
            1..4,
        ),
    ) {
        let bytes = |text: &String| text.clone().into_bytes();
        let cells: Vec<_> = groups
            .iter()
            .map(|group| {
                let first = group.iter().map(|(text, _)| text.as_ref().map(bytes)).collect();
                let second = group.iter().map(|(_, text)| Some(bytes(text))).collect();
                vec![Cells::Bytes(first), Cells::Bytes(second)]
            })
            .collect();
        let schema = "message m { optional binary a (UTF8); required binary b (UTF8); }";
        let file = open(&write(schema, layout, &cells)).unwrap();
        let expected: Vec<_> = groups
            .concat()
            .into_iter()
            .map(|(a, b)| vec![a.unwrap_or_else(|| "null".to_owned()), b])
            .collect();
        prop_assert_eq!(rows(&file, &[0, 1]).unwrap(), expected);
    }

    /// A damaged file ends in an error or in other values, never in a panic.
    #[test]
    fn damaged_files_never_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        layout in layouts().prop_map(|layout| layout.set_dictionary_enabled(true)),
    ) {
        let ids = (0..300).map(|row| (row % 7 > 0).then(|| format!("c{}", row % 40).into_bytes()));
        let times = (0..300).map(|row| (row % 5 > 0).then_some(row * 1_000_000));
        let amounts = (0..300_i64).map(|row| Some(row.to_be_bytes().to_vec()));
        let group = vec![
            Cells::Bytes(ids.collect()),
            Cells::Int64(times.collect()),
            Cells::Fixed(amounts.collect()),
        ];
        let schema = "message m { optional binary id (UTF8); optional int64 t (TIMESTAMP(MICROS,true));
            optional fixed_len_byte_array(8) a (DECIMAL(18,2)); }";
        let mut bytes = write(schema, layout.set_encoding(Encoding::PLAIN), &[group]);
        // Past the magic, which would make it another kind of file.
        for (index, value) in damage {
            let at = 4 + index.index(bytes.len() - 4);
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()).max(4));
        }
        if let Ok(file) = open(&bytes) {
            for column in 0..file.columns().len() {
                // The number of rows is part of what may be damaged, so it is not materialised.
                let _ = file.scan(&[column], || 0_u64, |rows, slice| {
                    *rows += slice.rows as u64;
                    if *rows > 1_000_000 { Err(Error::data("enough")) } else { Ok(()) }
                });
            }
        }
    }
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn online_retail_reads_whole_needs_shared_data() {
    let path = crmstat_testkit::shared_text(
        "data/customers/retail/online_retail_ii_year_2009_2010.parquet",
    );
    let source = Source::open(&path, &SourceOptions::default()).unwrap();
    let file = ParquetFile::open(&source).unwrap();
    assert_eq!(file.rows_hint(), 525_461);
    let at = |name: &str| file.columns().iter().position(|c| c.name.contains(name)).unwrap();
    let (invoice, customer) = (at("nvoice"), at("ustomer"));
    let counts = file
        .scan(
            &[invoice, customer],
            || [0_u64; 3],
            |[lines, cancelled, anonymous], slice| {
                for row in 0..slice.rows {
                    *lines += 1;
                    *cancelled += u64::from(show(&slice.columns[0], row).starts_with('C'));
                    *anonymous += u64::from(!slice.columns[1].is_valid(row));
                }
                Ok(())
            },
        )
        .unwrap();
    let total = |at: usize| counts.iter().map(|count| count[at]).sum::<u64>();
    // The figures of the data's README, which come from UCI.
    assert_eq!([total(0), total(1), total(2)], [525_461, 10_206, 107_927]);
}
