//! Every type that Arrow data have for what an export holds gives what the same export gives as CSV.

use crate::{
    Result,
    analysis::rfm,
    ingest::{Export, ExportFile, ReadOptions},
};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal32Array, Decimal64Array,
    Decimal128Array, Decimal256Array, DictionaryArray, Float32Array, Float64Array, Int32Array,
    Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, RecordBatchIterator,
    StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
    types::{ArrowPrimitiveType, Decimal256Type, Int8Type, Int32Type},
};
use arrow_ipc::{
    CompressionType,
    writer::{FileWriter, IpcWriteOptions, StreamWriter},
};
use std::sync::Arc;

type Wide = <Decimal256Type as ArrowPrimitiveType>::Native;

const CSV: &str = "customer_id,order_date,amount\n10,2025-01-05,10.5\n11,2025-01-06,-2\n,2025-02-07,3\n10,2025-03-08,\n10,2025-04-01,7.25\n";

fn batch(customers: ArrayRef, dates: ArrayRef, amounts: ArrayRef) -> RecordBatch {
    let columns = [("customer_id", customers), ("order_date", dates), ("amount", amounts)];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn texts() -> ArrayRef {
    Arc::new(StringArray::from(vec![Some("10"), Some("11"), None, Some("10"), Some("10")]))
}

const DAYS: [i32; 5] = [20_093, 20_094, 20_126, 20_155, 20_179];

fn days() -> ArrayRef {
    Arc::new(Date32Array::from(DAYS.to_vec()))
}

const AMOUNTS: [Option<f64>; 5] = [Some(10.5), Some(-2.0), Some(3.0), None, Some(7.25)];

fn amounts() -> ArrayRef {
    Arc::new(Float64Array::from(AMOUNTS.to_vec()))
}

/// What a run says of `file`: figures, counts and rejections.
fn told(file: ExportFile) -> Result<String> {
    let mut export = Export::of([file], ReadOptions::default())?;
    let scored = rfm::score(&mut export, &rfm::Options::default())?;
    let figures: Vec<String> = (scored.result.customers())
        .map(|found| {
            format!("{} {} {} {}", found.id, found.last_order, found.frequency, found.monetary)
        })
        .collect();
    let rejected = scored.rejections.groups();
    let rejected: Vec<_> = rejected.iter().map(|group| (group.first.reason, group.rows)).collect();
    Ok(format!("{figures:?} {:?} {rejected:?}", scored.ledger))
}

fn stream(batch: &RecordBatch) -> ExportFile {
    let reader = RecordBatchIterator::new([Ok(batch.clone())], batch.schema());
    ExportFile::arrow("export", reader).unwrap()
}

#[test]
fn every_type_says_what_the_text_says() {
    let expected = told(ExportFile::bytes("export", CSV)).unwrap();
    let customers: Vec<ArrayRef> = vec![
        texts(),
        Arc::new(LargeStringArray::from(vec![
            Some("10"),
            Some("11"),
            None,
            Some("10"),
            Some("10"),
        ])),
        Arc::new(StringViewArray::from(vec![Some("10"), Some("11"), None, Some("10"), Some("10")])),
        Arc::new(DictionaryArray::<Int8Type>::from_iter([
            Some("10"),
            Some("11"),
            None,
            Some("10"),
            Some("10"),
        ])),
        Arc::new(Int32Array::from(vec![Some(10), Some(11), None, Some(10), Some(10)])),
        Arc::new(Int64Array::from(vec![Some(10), Some(11), None, Some(10), Some(10)])),
        Arc::new(UInt64Array::from(vec![Some(10), Some(11), None, Some(10), Some(10)])),
        Arc::new(Float64Array::from(vec![Some(10.0), Some(11.0), None, Some(10.0), Some(10.0)])),
        Arc::new(
            DictionaryArray::<Int32Type>::try_new(
                Int32Array::from(vec![Some(0), Some(1), None, Some(0), Some(0)]),
                Arc::new(Int64Array::from(vec![10, 11])),
            )
            .unwrap(),
        ),
    ];
    let seconds = DAYS.map(|day| i64::from(day) * 86_400);
    let times = |factor: i64| seconds.map(|at| at * factor).to_vec();
    let dates: Vec<ArrayRef> = vec![
        days(),
        Arc::new(Date64Array::from(times(1_000))),
        Arc::new(TimestampSecondArray::from(times(1))),
        Arc::new(TimestampMillisecondArray::from(times(1_000))),
        Arc::new(TimestampMicrosecondArray::from(times(1_000_000))),
        Arc::new(TimestampNanosecondArray::from(times(1_000_000_000))),
        Arc::new(TimestampNanosecondArray::from(times(1_000_000_000)).with_timezone("UTC")),
        Arc::new(StringArray::from(vec![
            "2025-01-05",
            "2025-01-06",
            "2025-02-07",
            "2025-03-08",
            "2025-04-01",
        ])),
    ];
    let digits = [Some(1_050), Some(-200), Some(300), None, Some(725)];
    let narrow: Vec<Option<i32>> = digits.to_vec();
    let wide: Vec<Option<i128>> = digits.map(|digits| digits.map(i128::from)).to_vec();
    let money: Vec<ArrayRef> = vec![
        amounts(),
        Arc::new(Float32Array::from(
            AMOUNTS.map(|amount| amount.map(|amount| amount as f32)).to_vec(),
        )),
        Arc::new(Decimal32Array::from(narrow).with_precision_and_scale(9, 2).unwrap()),
        Arc::new(
            Decimal64Array::from(digits.map(|digits| digits.map(i64::from)).to_vec())
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        Arc::new(Decimal128Array::from(wide).with_precision_and_scale(38, 2).unwrap()),
        Arc::new(
            Decimal256Array::from(
                digits.map(|digits| digits.map(|digits| Wide::from_i128(digits.into()))).to_vec(),
            )
            .with_precision_and_scale(76, 2)
            .unwrap(),
        ),
        Arc::new(StringArray::from(vec![Some("10.5"), Some("-2"), Some("3"), None, Some("7.25")])),
    ];
    for customers in &customers {
        let given = batch(customers.clone(), days(), amounts());
        assert_eq!(told(stream(&given)).unwrap(), expected, "{}", customers.data_type());
    }
    for dates in &dates {
        let given = batch(texts(), dates.clone(), amounts());
        assert_eq!(told(stream(&given)).unwrap(), expected, "{}", dates.data_type());
    }
    for money in &money {
        let given = batch(texts(), days(), money.clone());
        assert_eq!(told(stream(&given)).unwrap(), expected, "{}", money.data_type());
    }
}

#[test]
fn files_and_streams_are_read_compressed_or_not_in_any_number_of_batches() {
    let expected = told(ExportFile::bytes("export", CSV)).unwrap();
    let whole = batch(texts(), days(), amounts());
    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        for size in [1, 2, 5] {
            let parts = (0..5).step_by(size).map(|row| whole.slice(row, size.min(5 - row)));
            let mut file =
                FileWriter::try_new_with_options(Vec::new(), &whole.schema(), options.clone())
                    .unwrap();
            let mut stream =
                StreamWriter::try_new_with_options(Vec::new(), &whole.schema(), options.clone())
                    .unwrap();
            for part in parts {
                file.write(&part).unwrap();
                stream.write(&part).unwrap();
            }
            for bytes in [file.into_inner().unwrap(), stream.into_inner().unwrap()] {
                assert_eq!(told(ExportFile::bytes("orders.arrow", bytes)).unwrap(), expected);
            }
        }
    }
}

#[test]
fn what_is_nested_or_cut_short_is_refused_by_name() {
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..5).map(|value| Some(vec![Some(value)])),
    ));
    let error = told(stream(&batch(texts(), days(), lists))).unwrap_err();
    assert_eq!(error.to_string(), "export, column `amount`: cannot be read: it is nested");
    // A nested column beside is nobody's business.
    let whole = batch(texts(), days(), amounts());
    let beside = RecordBatch::try_from_iter(
        ["customer_id", "order_date", "amount"]
            .into_iter()
            .zip(whole.columns().iter().cloned())
            .chain([
                (
                    "tags",
                    Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
                        (0..5).map(|_| Some(vec![Some(1)])),
                    )) as ArrayRef,
                ),
                ("paid", Arc::new(BooleanArray::from(vec![true; 5])) as ArrayRef),
                ("note", Arc::new(NullArray::new(5)) as ArrayRef),
            ]),
    );
    assert_eq!(
        told(stream(&beside.unwrap())).unwrap(),
        told(ExportFile::bytes("export", CSV)).unwrap()
    );
    let mut file = FileWriter::try_new(Vec::new(), &whole.schema()).unwrap();
    file.write(&whole).unwrap();
    let bytes = file.into_inner().unwrap();
    for length in [8, 50, bytes.len() / 2, bytes.len() - 1] {
        let error = told(ExportFile::bytes("orders.arrow", &bytes[..length])).unwrap_err();
        assert!(error.is_data() && error.to_string().starts_with("orders.arrow"), "{error}");
    }
}
