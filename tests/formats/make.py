#!/usr/bin/env python3
"""Writes the same orders as every common writer of Parquet and Arrow does, to `tests/formats`.

    python -m venv v && v/bin/pip install duckdb polars pyarrow pandas fastparquet
    v/bin/python tests/formats/make.py

The files are small and are kept with the tests, so that these need no Python. `orders.csv` is what each must read as.
"""
import datetime, decimal, os
import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv, pyarrow.feather

HERE = os.path.dirname(os.path.abspath(__file__))
PARQUET = os.path.join(HERE, "parquet")
ROWS = 60

first = datetime.datetime(2024, 1, 3, 9, 30)
ids = [1000 + row * 7 % 61 for row in range(ROWS)]
customers = [f"C{row * row % 13:03}" for row in range(ROWS)]
dates = [first + datetime.timedelta(days=row * 11 % 400, minutes=row) for row in range(ROWS)]
cents = [(row * 7919 % 90000) - (1000 if row % 10 == 3 else 0) for row in range(ROWS)]
amounts = [None if row == 17 else decimal.Decimal(value) / 100 for row, value in enumerate(cents)]
regions = [None if row % 7 == 0 else ["North", "Юг", "East"][row % 3] for row in range(ROWS)]

text = pa.array
money = pa.decimal128(12, 2)
base = {
    "order_id": text(ids, pa.int64()),
    "customer_id": text(customers, pa.string()),
    "order_date": text(dates, pa.timestamp("us")),
    "amount": text(amounts, money),
    "region": text(regions, pa.string()),
}
table = pa.table(base)


def changed(**columns):
    return pa.table({**base, **columns})


def put(name, data, **options):
    pq.write_table(data, os.path.join(PARQUET, name + ".parquet"), **options)


floats = [None if amount is None else float(amount) for amount in amounts]
put("pyarrow", table)
put("pyarrow_plain", table, use_dictionary=False, compression="none")
put("pyarrow_v2_pages", table, data_page_version="2.0", version="2.6")
put("pyarrow_v2_pages_zstd_small", table, data_page_version="2.0", compression="zstd", data_page_size=128, row_group_size=17)
put("pyarrow_delta", table, use_dictionary=False, version="2.6", data_page_version="2.0", column_encoding={
    "order_id": "DELTA_BINARY_PACKED", "customer_id": "DELTA_BYTE_ARRAY", "order_date": "DELTA_BINARY_PACKED",
    "amount": "PLAIN", "region": "DELTA_LENGTH_BYTE_ARRAY"})
put("pyarrow_delta_v1_pages", table, use_dictionary=False, column_encoding={
    "order_id": "DELTA_BINARY_PACKED", "customer_id": "DELTA_LENGTH_BYTE_ARRAY", "order_date": "DELTA_BINARY_PACKED",
    "amount": "PLAIN", "region": "DELTA_BYTE_ARRAY"})
put("pyarrow_byte_stream_split", changed(amount=text(floats, pa.float64())), use_dictionary=False,
    column_encoding={"amount": "BYTE_STREAM_SPLIT", "order_id": "PLAIN", "customer_id": "PLAIN", "order_date": "PLAIN", "region": "PLAIN"})
put("pyarrow_int96", table, use_deprecated_int96_timestamps=True)
put("pyarrow_int96_flavor_spark", table, flavor="spark")
put("pyarrow_brotli", table, compression="brotli")
put("pyarrow_gzip", table, compression="gzip")
put("pyarrow_lz4", table, compression="lz4")
put("pyarrow_decimal_as_integer", table, store_decimal_as_integer=True)
put("pyarrow_decimal_38", changed(amount=text(amounts, pa.decimal128(38, 2))))
put("pyarrow_decimal_256", changed(amount=text(amounts, pa.decimal256(60, 2))))
put("pyarrow_float32", changed(amount=text(floats, pa.float32())))
put("pyarrow_large_string", changed(customer_id=text(customers, pa.large_string()), region=text(regions, pa.large_string())))
put("pyarrow_string_view", changed(customer_id=text(customers, pa.string_view())))
put("pyarrow_categories", changed(region=text(regions, pa.string()).dictionary_encode(), customer_id=text(customers, pa.string()).dictionary_encode()))
for unit in ("s", "ms", "ns"):
    put(f"pyarrow_{unit}", changed(order_date=text(dates, pa.timestamp(unit))))
put("pyarrow_utc", changed(order_date=text(dates, pa.timestamp("us", tz="UTC"))))
put("pyarrow_uint64_ids", changed(order_id=text(ids, pa.uint64())))
put("pyarrow_nested_beside", changed(
    tags=text([["a", "b"]] * ROWS), address=text([{"city": "Perm", "zip": 1}] * ROWS),
    pairs=text([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int64())), empty=pa.nulls(ROWS)))
put("pyarrow_no_statistics", table, write_statistics=False, store_schema=False)
put("pyarrow_page_index_checksums", table, write_page_index=True, write_page_checksum=True)

frame = pl.from_arrow(table)
frame.write_parquet(os.path.join(PARQUET, "polars.parquet"))
frame.write_parquet(os.path.join(PARQUET, "polars_uncompressed.parquet"), compression="uncompressed", row_group_size=13)
frame.with_columns(pl.col("region", "customer_id").cast(pl.Categorical), pl.col("amount").cast(pl.Float64)).write_parquet(
    os.path.join(PARQUET, "polars_categorical.parquet"), compression="snappy")
frame.write_parquet(os.path.join(PARQUET, "polars_brotli.parquet"), compression="brotli")

con = duckdb.connect()
for name, options in {
    "duckdb": "", "duckdb_v2": ", parquet_version v2", "duckdb_v2_zstd_no_dictionary": ", parquet_version v2, compression zstd, dictionary_size_limit 1",
    "duckdb_brotli": ", compression brotli", "duckdb_small_groups": ", row_group_size 20",
}.items():
    con.execute(f"copy (select * from \"table\") to '{PARQUET}/{name}.parquet' (format parquet{options})")
con.execute(f"copy (select order_id, customer_id, order_date, amount::double amount, region from \"table\") to '{PARQUET}/duckdb_double.parquet' (format parquet)")
con.execute(f"copy (select order_id::hugeint order_id, customer_id, order_date::timestamptz order_date, amount, region::enum('North', 'Юг', 'East') region from \"table\") to '{PARQUET}/duckdb_enum.parquet' (format parquet)")

try:
    import fastparquet
    data = table.to_pandas()
    data["amount"] = data["amount"].astype(float)
    # It takes every instant for nanoseconds when it writes INT96.
    data["order_date"] = data["order_date"].astype("datetime64[ns]")
    for name, options in {"fastparquet": {}, "fastparquet_int96": {"times": "int96"}, "fastparquet_zstd": {"compression": "ZSTD"}}.items():
        fastparquet.write(os.path.join(PARQUET, name + ".parquet"), data, **options)
except ImportError:
    print("fastparquet is not there: its files are left as they are")

ARROW = os.path.join(HERE, "arrow")
os.makedirs(ARROW, exist_ok=True)
pa.feather.write_feather(table, os.path.join(ARROW, "pyarrow_lz4.feather"))
pa.feather.write_feather(table, os.path.join(ARROW, "pyarrow_zstd.feather"), compression="zstd")
with pa.OSFile(os.path.join(ARROW, "pyarrow.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
    writer.write_table(table, max_chunksize=25)
with pa.OSFile(os.path.join(ARROW, "pyarrow_stream.arrows"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table, max_chunksize=25)
with pa.OSFile(os.path.join(ARROW, "pyarrow_dictionary_stream.arrows"), "wb") as sink:
    data = changed(region=text(regions, pa.string()).dictionary_encode())
    with pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data)
frame.write_ipc(os.path.join(ARROW, "polars.arrow"))
frame.write_ipc(os.path.join(ARROW, "polars_zstd.arrow"), compression="zstd")
frame.write_ipc_stream(os.path.join(ARROW, "polars_stream.arrows"))

with open(os.path.join(HERE, "orders.csv"), "w", encoding="utf-8", newline="\n") as file:
    file.write("order_id,customer_id,order_date,amount,region\n")
    for row in range(ROWS):
        amount = "" if amounts[row] is None else f"{amounts[row]:.2f}"
        file.write(f"{ids[row]},{customers[row]},{dates[row]:%Y-%m-%dT%H:%M:%S},{amount},{regions[row] or ''}\n")
