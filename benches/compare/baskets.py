"""How fast are pairs and rules found beside mlxtend, and how good are offers beside implicit?

    pip install mlxtend implicit duckdb
    cargo build --release -p crmstat-cli
    python benches/compare/baskets.py target/release/crmstat --work /tmp/baskets
    python benches/compare/baskets.py target/release/crmstat --work /tmp/baskets --retail FILE.parquet

The first writes orders of a million baskets over ten thousand products (a few often, most rarely, a bundle in every
tenth basket) and has both find the frequent pairs and their rules in one run. Ours reads the CSV file and writes the
rules as CSV, start-up included; mlxtend reads the same file with pandas, puts the baskets into its sparse form and runs
FP-growth. The time of FP-growth and the rules alone, with everything in memory, is printed beside. Both must find the same
pairs with the same counts, and ours must take at most a twentieth of the CPU time from file to rules.

The second offers ten products to each customer of Online Retail II (2009-2010, UCI, CC BY 4.0) from what was bought
before 2010-09-10, judged on the three months from there: the products new to the customer, and all. The mean recall of
ours must be within 5 % of the best model of implicit or above it, on the same customers, purchases and products.
"""

import argparse
import csv
import os
import resource
import subprocess
import sys
import time

BASKETS, PRODUCTS, LEAST = 1_000_000, 10_000, 500
FASTER = 20
TOP = 10


def generate(path):
    import numpy as np

    random = np.random.default_rng(17)
    weights = 1.0 / (np.arange(PRODUCTS) + 20.0)
    cumulative = np.cumsum(weights / weights.sum())
    sizes = 1 + random.poisson(5, BASKETS)
    drawn = np.searchsorted(cumulative, random.random(sizes.sum()))
    bundles = random.integers(0, PRODUCTS, (200, 3))
    with open(path, "w") as file:
        file.write("order_id,customer_id,order_date,amount,product\n")
        at = 0
        for basket, size in enumerate(sizes):
            products = set(drawn[at : at + size].tolist())
            at += size
            if basket % 10 == 0:
                products.update(bundles[basket // 10 % 200].tolist())
            day = f"2025-{1 + basket % 12:02}-{1 + basket % 28:02}"
            for product in sorted(products):
                file.write(f"{basket},C{basket % 200_000},{day},{1 + product % 97}.90,P{product}\n")


def baskets_of(path):
    import pandas

    lines = pandas.read_csv(path, usecols=["order_id", "product"])
    return lines.groupby("order_id", sort=False)["product"].agg(list).tolist()


def ours(binary, path, work):
    output = os.path.join(work, "rules.csv")
    command = [binary, "baskets", path, "--least", str(LEAST), "--false-discovery", "100", "-o", output]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.check_call(["/usr/bin/time", "-f", "%M", "-o", output + ".memory", *command])
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with open(output) as file:
        pairs = {
            frozenset((row["antecedent"], row["consequent"])): int(row["baskets"]) for row in csv.DictReader(file)
        }
    memory = int(open(output + ".memory").read()) / 1024
    return wall, cpu, memory, pairs


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def mlxtend(path):
    import pandas
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    def read():
        baskets = baskets_of(path)
        encoder = TransactionEncoder()
        matrix = encoder.fit(baskets).transform(baskets, sparse=True)
        return pandas.DataFrame.sparse.from_spmatrix(matrix, columns=encoder.columns_)

    def find():
        sets = fpgrowth(frame, min_support=LEAST / BASKETS, use_colnames=True, max_len=2)
        association_rules(sets, metric="confidence", min_threshold=0.0)
        return sets

    *reading, frame = timed(read)
    *finding, sets = timed(find)
    pairs = {own: round(share * BASKETS) for own, share in zip(sets.itemsets, sets.support) if len(own) == 2}
    return reading, finding, pairs


def speed(binary, work):
    path = os.path.join(work, "orders.csv")
    if not os.path.exists(path):
        generate(path)
    wall, cpu, memory, pairs = ours(binary, path, work)
    print(f"crmstat, file to rules: {wall:.2f} s, {cpu:.2f} s CPU, {memory:.0f} MiB, {len(pairs)} pairs", flush=True)
    reading, finding, theirs = mlxtend(path)
    same, whole = theirs == pairs, reading[1] + finding[1]
    print(f"mlxtend, file to memory: {reading[0]:.2f} s, {reading[1]:.2f} s CPU")
    print(f"mlxtend, memory to rules: {finding[0]:.2f} s, {finding[1]:.2f} s CPU, {len(theirs)} pairs, same: {same}")
    print(f"ratio of CPU time: {whole / cpu:.1f}, wanted {FASTER}; of memory to rules alone: {finding[1] / cpu:.1f}")
    return same and whole / cpu >= FASTER


def retail(binary, path):
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import duckdb
    import numpy as np
    import scipy.sparse
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

    # As crmstat has it: orders worth something, and of them the lines that are no return.
    rows = duckdb.sql(
        f"""with lines as (select "Customer ID" c, StockCode p, cast(InvoiceDate as timestamp)::date d, Quantity * Price a,
        sum(Quantity * Price) over (partition by Invoice, "Customer ID") total from '{path}' where "Customer ID" is not null)
        select distinct c, p, d < date '2010-09-10' before from lines where a >= 0 and total >= 0 order by all"""
    ).fetchnumpy()
    before = rows["before"]
    customers, c = np.unique(rows["c"][before], return_inverse=True)
    products, p = np.unique(rows["p"][before].astype(str), return_inverse=True)
    train = scipy.sparse.csr_matrix((np.ones(len(c), np.float32), (c, p)), (len(customers), len(products)))
    later_c, later_p = rows["c"][~before], rows["p"][~before].astype(str)
    known = np.isin(later_c, customers) & np.isin(later_p, products)
    at = (np.searchsorted(customers, later_c[known]), np.searchsorted(products, later_p[known]))
    test = scipy.sparse.csr_matrix((np.ones(len(at[0]), np.float32), at), train.shape)
    owned, bought = train.toarray() > 0, test.toarray() > 0

    def recall(scores, new):
        scores = np.where(owned & new, -np.inf, scores)
        wanted = bought & ~(owned & new)
        judged = wanted.any(axis=1)
        top = np.argsort(-scores[judged], axis=1, kind="stable")[:, :TOP]
        hits = np.take_along_axis(wanted[judged], top, axis=1).sum(axis=1)
        return (hits / wanted[judged].sum(axis=1)).mean()

    best = {True: 0.0, False: 0.0}
    models = [AlternatingLeastSquares(factors=f, regularization=r, alpha=a, iterations=15, random_state=1)
              for f, r, a in ((64, 0.01, 1), (100, 0.01, 1), (32, 0.1, 5))]
    models += [kind(K=k) for kind in (CosineRecommender, TFIDFRecommender, BM25Recommender) for k in (20, 200)]
    for model in models:
        model.fit(train, show_progress=False)
        als = hasattr(model, "user_factors")
        scores = model.user_factors @ model.item_factors.T if als else (train @ model.similarity).toarray()
        found = {new: recall(scores, new) for new in (True, False)}
        best = {new: max(best[new], found[new]) for new in best}
        name = f"{type(model).__name__} {model.factors if als else model.K}"
        print(f"implicit {name}: recall@10 new {found[True]:.4f}, all {found[False]:.4f}", flush=True)
    output = subprocess.check_output(
        [binary, "baskets", path, "--by", "StockCode", "--show", "judged", "--top", str(TOP), "--holdout", "91d", "-q"],
        text=True,
    )
    held = True
    for row in csv.DictReader(output.splitlines()):
        print(f"crmstat {row['method_code']}, {row['target_code']}: recall@10 {float(row['recall']):.4f}, "
              f"hit rate {float(row['hit_rate']):.4f}, MRR {float(row['mrr']):.4f}")
        if row["method_code"] == "model":
            held &= float(row["recall"]) >= 0.95 * best[row["target_code"] == "new"]
    return held


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--work", required=True)
    parser.add_argument("--retail")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    held = retail(args.binary, args.retail) if args.retail else speed(args.binary, args.work)
    sys.exit(not held)


if __name__ == "__main__":
    main()
