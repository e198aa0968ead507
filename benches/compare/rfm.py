"""RFM from file to written table: crmstat beside DuckDB, polars and pandas, on the same files in one run.

All four read an export, count and sum by customer, cut each metric at type 7 quantiles (a value equal to a cut
belongs below it) and write one row per customer. Each is a process of its own; wall time and peak memory are the
process's. Afterwards every customer's recency, frequency, monetary, r, f and m are compared: a contender that
disagrees makes the run fail.

    python rfm.py --crmstat PATH [--orders 10000000] [--runs 3] [--work DIR] [--evidence FILE]
"""

import argparse
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evidence import write_figure

AS_OF = "2026-01-01"
CONTENDERS = ["crmstat", "duckdb", "polars", "pandas"]
COLUMNS = ["recency_days", "frequency", "monetary", "r", "f", "m"]
BINS = 5
NAMES = {"csv": "CSV", "parquet": "Parquet"}


def duckdb_rfm(source: str, target: str) -> None:
    import duckdb

    if source.endswith(".parquet"):
        table = f"read_parquet('{source}')"
    else:
        types = "{'customer_id': 'VARCHAR', 'order_date': 'DATE', 'amount': 'DECIMAL(18, 2)'}"
        table = f"read_csv('{source}', types = {types})"
    cuts = ", ".join(str(bin / BINS) for bin in range(1, BINS))

    def score(metric: str) -> str:
        value, cut = f"customers.{metric}::DOUBLE", f"cuts.{metric}"
        return " + ".join([f"({value} > {cut}[{bin}])::INT" for bin in range(1, BINS)])

    duckdb.sql(f"""
        COPY (
            WITH customers AS (
                SELECT customer_id,
                       DATE '{AS_OF}' - max(order_date) FILTER (amount >= 0) AS recency,
                       count(*) FILTER (amount >= 0) AS frequency,
                       sum(amount) AS monetary
                FROM {table} WHERE order_date < DATE '{AS_OF}' GROUP BY customer_id),
            cuts AS (
                SELECT quantile_cont(recency::DOUBLE, [{cuts}]) AS recency,
                       quantile_cont(frequency::DOUBLE, [{cuts}]) AS frequency,
                       quantile_cont(monetary::DOUBLE, [{cuts}]) AS monetary
                FROM customers)
            SELECT customer_id, customers.recency AS recency_days, customers.frequency, customers.monetary,
                   {BINS} - ({score("recency")}) AS r,
                   1 + {score("frequency")} AS f,
                   1 + {score("monetary")} AS m
            FROM customers, cuts ORDER BY customer_id
        ) TO '{target}' (HEADER)""")


def polars_rfm(source: str, target: str) -> None:
    import polars as pl

    if source.endswith(".parquet"):
        orders = pl.scan_parquet(source)
    else:
        types = {"customer_id": pl.String, "order_date": pl.Date, "amount": pl.Float64}
        orders = pl.scan_csv(source, schema_overrides=types)
    as_of = pl.lit(AS_OF).str.to_date()
    purchase = pl.col("amount") >= 0
    customers = (
        orders.filter(pl.col("order_date") < as_of)
        .group_by("customer_id")
        .agg(
            recency_days=(as_of - pl.col("order_date").filter(purchase).max()).dt.total_days(),
            frequency=purchase.sum().cast(pl.Int64),
            monetary=pl.col("amount").cast(pl.Float64).sum().round(4),
        )
        .sort("customer_id")
        .collect(engine="streaming")
    )

    def score(metric: str) -> pl.Expr:
        column = customers[metric].cast(pl.Float64)
        cuts = [column.quantile(bin / BINS, interpolation="linear") for bin in range(1, BINS)]
        return pl.sum_horizontal([(pl.col(metric) > cut).cast(pl.Int8) for cut in cuts])

    customers.with_columns(
        r=BINS - score("recency_days"), f=1 + score("frequency"), m=1 + score("monetary")
    ).write_csv(target)


def pandas_rfm(source: str, target: str) -> None:
    import pandas as pd

    columns = ["customer_id", "order_date", "amount"]
    if source.endswith(".parquet"):
        orders = pd.read_parquet(source, columns=columns)
        orders["order_date"] = pd.to_datetime(orders["order_date"])
        orders["amount"] = orders["amount"].astype(float)
    else:
        orders = pd.read_csv(
            source, usecols=columns, dtype={"customer_id": str}, parse_dates=["order_date"]
        )
    as_of = pd.Timestamp(AS_OF)
    orders = orders[orders["order_date"] < as_of]
    purchases = orders[orders["amount"] >= 0].groupby("customer_id")["order_date"]
    customers = pd.DataFrame(
        {
            "recency_days": (as_of - purchases.max()).dt.days,
            "frequency": purchases.size(),
            "monetary": orders.groupby("customer_id")["amount"].sum().round(4),
        }
    )
    for score, metric in [("r", "recency_days"), ("f", "frequency"), ("m", "monetary")]:
        cuts = customers[metric].quantile([bin / BINS for bin in range(1, BINS)]).to_numpy()
        above = cuts.searchsorted(customers[metric].to_numpy(dtype=float), side="left")
        customers[score] = BINS - above if score == "r" else 1 + above
    customers.to_csv(target)


def command(contender: str, crmstat: Path, source: Path, target: Path) -> list[str]:
    if contender == "crmstat":
        return [str(crmstat), "rfm", str(source), "--as-of", AS_OF, "-q", "-o", str(target)]
    return [sys.executable, __file__, "--only", contender, str(source), str(target)]


def measured(arguments: list[str]) -> tuple[float, float]:
    """The wall time in seconds and the peak memory in MiB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}")
    return wall, usage.ru_maxrss / 1024


def disagreements(expected: Path, found: Path) -> int:
    """Customers of which two tables say different things; told by a process of its own, since the peak memory
    of a process is at least that of the one that started it."""
    arguments = [sys.executable, __file__, "--differ", str(expected), str(found)]
    return int(subprocess.run(arguments, check=True, capture_output=True).stdout)


def differ(expected: str, found: str) -> int:
    import pandas as pd

    def table(path: str) -> pd.DataFrame:
        return pd.read_csv(path, dtype={"customer_id": str}).set_index("customer_id")[COLUMNS]

    expected, found = table(expected).sort_index(), table(found).sort_index()
    if not expected.index.equals(found.index):
        return len(expected.index.symmetric_difference(found.index))
    # Money is exact in crmstat and DuckDB and a sum of floats elsewhere: half a cent is the difference allowed.
    return int(((expected - found).abs() >= 0.005).any(axis=1).sum())


def generate(crmstat: Path, path: Path, orders: int, customers: int) -> None:
    if not path.exists():
        size = ["--orders", str(orders), "--customers", str(customers), "--to", AS_OF]
        subprocess.run([crmstat, "generate", "-q", "-o", path, *size], check=True)


def label(contender: str) -> str:
    """A contender as the figures call it, with its version."""
    if contender == "crmstat":
        return contender
    version = ".".join(importlib.metadata.version(contender).split(".")[:2])
    return {"duckdb": f"DuckDB {version}", "polars": f"polars {version} (Python)"}.get(contender, f"{contender} {version}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--crmstat", type=Path, required=True, help="the release binary")
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--work", type=Path, help="keeps the generated files here")
    parser.add_argument("--formats", default="csv,parquet")
    parser.add_argument("--evidence", type=Path, help="write the table `rfm` of this file of evidence anew")
    options = parser.parse_args()

    work = options.work or Path(tempfile.mkdtemp(prefix="crmstat-compare-"))
    work.mkdir(parents=True, exist_ok=True)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in CONTENDERS[1:])
    print(f"{options.orders} orders, best of {options.runs} runs; {versions}; {os.cpu_count()} cores")
    failed = False
    title, columns = "| |", {contender: "" for contender in CONTENDERS}
    for format in options.formats.split(","):
        source = work / f"orders-{options.orders}.{format}"
        generate(options.crmstat, source, options.orders, options.customers or options.orders // 10)
        best: dict[str, tuple[float, float]] = {}
        for _ in range(options.runs):
            # In turns, so that a slow minute of the machine is everyone's.
            for contender in CONTENDERS:
                target = work / f"{contender}.csv"
                wall, memory = measured(command(contender, options.crmstat, source, target))
                known = best.get(contender, (wall, memory))
                best[contender] = (min(known[0], wall), min(known[1], memory))
        size = f"{source.stat().st_size / 1e6:.0f} MB"
        print(f"\n{format}, {size}")
        title += f" {NAMES[format]}, {size} | peak memory |"
        print("            wall s  / DuckDB   peak MiB  / DuckDB  disagreeing customers")
        for contender, (wall, memory) in best.items():
            wrong = disagreements(work / "duckdb.csv", work / f"{contender}.csv")
            failed |= wrong > 0
            base_wall, base_memory = best["duckdb"]
            columns[contender] += f" {wall:.2f} s | {memory:,.0f} MiB |"
            print(
                f"{contender:<10} {wall:>7.2f} {wall / base_wall:>9.2f} {memory:>10.0f} "
                f"{memory / base_memory:>9.2f} {wrong:>22}"
            )
    if options.evidence and not failed:
        ruler = "|---" * (title.count("|") - 1) + "|"
        rows = [f"| {label(contender)} |{cells}" for contender, cells in columns.items()]
        write_figure(options.evidence, "rfm", [title, ruler, *rows])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--differ"]:
        print(differ(*sys.argv[2:]))
    elif sys.argv[1:2] == ["--only"]:
        contender, source, target = sys.argv[2:]
        {"duckdb": duckdb_rfm, "polars": polars_rfm, "pandas": pandas_rfm}[contender](source, target)
    else:
        main()
