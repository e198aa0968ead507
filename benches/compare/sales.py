"""Sales by month and column from file to written table: crmstat beside DuckDB's SQL, on the same file in one run.

Both read an export and write, for each month and label, the revenue, that of the month before and of the month a
year before, the growth since both, the share of the month and the rank. Each is a process of its own; CPU time, wall
time and peak memory are the process's. `crmstat rfm` on the same file is the yardstick of reading. Afterwards every
revenue, previous revenue, revenue of the year before, share and rank are compared: a disagreement makes the run fail.

    python sales.py --crmstat PATH [--orders 10000000] [--runs 3] [--work DIR] [--by region] [--formats csv,parquet]
"""

import argparse
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF = "2026-01-01"
CONTENDERS = ["crmstat", "duckdb", "crmstat rfm", "crmstat kpi"]


def duckdb_sales(source: str, target: str, by: str) -> None:
    import duckdb

    if source.endswith(".parquet"):
        table = f"read_parquet('{source}')"
    else:
        types = "{'order_date': 'DATE', 'amount': 'DECIMAL(18, 2)'}"
        table = f"read_csv('{source}', types = {types})"
    duckdb.sql(f"""
        COPY (
            WITH sums AS (
                SELECT date_trunc('month', order_date)::DATE AS period, "{by}" AS label, sum(amount) AS value
                FROM {table} WHERE order_date < DATE '{AS_OF}' GROUP BY ALL),
            months AS (
                SELECT unnest(generate_series(min(period), max(period), INTERVAL 1 MONTH))::DATE AS period
                FROM sums),
            grid AS (
                SELECT period, label, coalesce(value, 0) AS value
                FROM months CROSS JOIN (SELECT DISTINCT label FROM sums) LEFT JOIN sums USING (period, label)),
            beside AS (
                SELECT *, lag(value) OVER months AS previous, lag(value, 12) OVER months AS year_ago
                FROM grid WINDOW months AS (PARTITION BY label ORDER BY period))
            SELECT period, label, value, previous, value / nullif(previous, 0) - 1 AS growth, year_ago,
                   value / nullif(year_ago, 0) - 1 AS growth_year,
                   value::DOUBLE / sum(value) OVER (PARTITION BY period) AS share,
                   rank() OVER (PARTITION BY period ORDER BY value DESC) AS rank
            FROM beside ORDER BY period, rank, label
        ) TO '{target}' (HEADER)""")


def command(contender: str, crmstat: Path, source: Path, target: Path, by: str) -> list[str]:
    out = ["--as-of", AS_OF, "-q", "-o", str(target)]
    if contender == "crmstat":
        return [str(crmstat), "sales", str(source), "--by", by, *out]
    if contender.startswith("crmstat"):
        return [str(crmstat), contender.split()[1], str(source), *out]
    return [sys.executable, __file__, "--only", str(source), str(target), by]


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """CPU time and wall time in seconds and peak memory in MiB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def differences(expected: Path, found: Path, by: str) -> int:
    """Cells of which the two tables say different things; told by a process of its own, as memory is inherited."""
    arguments = [sys.executable, __file__, "--differ", str(expected), str(found), by]
    return int(subprocess.run(arguments, check=True, capture_output=True).stdout)


def differ(expected: str, found: str, by: str) -> int:
    import duckdb

    return duckdb.sql(f"""
        SELECT count(*) FROM (SELECT * FROM read_csv('{expected}') WHERE value <> 0 OR previous <> 0 OR year_ago <> 0) e
        FULL JOIN read_csv('{found}') f ON e.period = f.period AND e.label IS NOT DISTINCT FROM f."{by}"
        WHERE e.value IS DISTINCT FROM f.value OR e.previous IS DISTINCT FROM f.previous
           OR e.year_ago IS DISTINCT FROM f.year_ago OR e.rank IS DISTINCT FROM f.rank
           OR abs(e.share - f.share) > 1e-9
    """).fetchall()[0][0]


def main() -> None:
    if sys.argv[1:2] == ["--only"]:
        return duckdb_sales(*sys.argv[2:5])
    if sys.argv[1:2] == ["--differ"]:
        return print(differ(*sys.argv[2:5]))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--crmstat", type=Path, required=True, help="the release binary")
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--by", default="region")
    parser.add_argument("--work", type=Path, help="keeps the generated files here")
    parser.add_argument("--formats", default="csv")
    options = parser.parse_args()

    work = options.work or Path(tempfile.mkdtemp(prefix="crmstat-compare-"))
    work.mkdir(parents=True, exist_ok=True)
    version = importlib.metadata.version("duckdb")
    print(f"{options.orders} orders, best of {options.runs} runs; duckdb {version}; {os.cpu_count()} cores")
    failed = False
    for format in options.formats.split(","):
        source = work / f"orders-{options.orders}.{format}"
        if not source.exists():
            customers = options.customers or options.orders // 10
            size = ["--orders", str(options.orders), "--customers", str(customers), "--to", AS_OF]
            subprocess.run([options.crmstat, "generate", "-q", "-o", source, *size], check=True)
        best: dict[str, tuple[float, float, float]] = {}
        for _ in range(options.runs):
            # In turns, so that a slow minute of the machine is everyone's.
            for contender in CONTENDERS:
                target = work / f"sales-{contender.replace(' ', '-')}.csv"
                cost = measured(command(contender, options.crmstat, source, target, options.by))
                best[contender] = tuple(map(min, zip(cost, best.get(contender, cost))))
        wrong = differences(work / "sales-duckdb.csv", work / "sales-crmstat.csv", options.by)
        failed |= wrong > 0
        print(f"\n{format}: {wrong} cells differ")
        for contender, (cpu, wall, memory) in best.items():
            of_duckdb, of_rfm = cpu / best["duckdb"][0], cpu / best["crmstat rfm"][0]
            print(
                f"{contender:12} {cpu:6.2f} s CPU {wall:6.2f} s wall {memory:7.0f} MiB"
                f"  {of_duckdb:5.2f} x DuckDB's CPU  {of_rfm:5.2f} x rfm's"
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
