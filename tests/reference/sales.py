"""Recomputes the figures of tests/reference/sales.rs from the shipped data sets, with DuckDB's SQL alone.

    python tests/reference/sales.py            # from the root of the repository; needs duckdb

Every figure stands beside the name by which the test knows it.
"""

import math
import duckdb

db = duckdb.connect()
for name in ["orders", "lines", "customers", "spend"]:
    db.sql(f"create table {name} as from read_csv('datasets/{name}.csv')")


def show(title, sql):
    print(f"\n{title}")
    for row in db.sql(sql).fetchall():
        print("  ", *[round(value, 12) if isinstance(value, float) else value for value in row])


# A refund is a negative amount: it lowers revenue and is no order.
for column in ["region", "channel", "manager", "product"]:
    show(
        f"2025 by {column}: revenue, orders",
        f"""select {column}, sum(amount)::decimal(18, 2), count(*) filter (amount >= 0) from orders
            where order_date >= '2025-01-01' and order_date < '2026-01-01' group by 1 order by 1""",
    )
show(
    "revenue of 2024 and 2025",
    "select year(order_date), sum(amount)::decimal(18, 2) from orders where year(order_date) in (2024, 2025) "
    "group by 1 order by 1",
)
show(
    "2025 by category: revenue, margin, pieces, discounts",
    """select category, sum(quantity * price - discount)::decimal(18, 2),
              sum(quantity * price - discount - cost)::decimal(18, 2), sum(quantity), sum(discount)::decimal(18, 2)
       from lines join orders using (order_id) where year(order_date) = 2025 group by 1 order by 1""",
)
show(
    "quarters: active before, kept, active, new",
    """with active as (select distinct customer_id, date_trunc('quarter', order_date) as quarter from orders where amount >= 0),
            first as (select customer_id, min(quarter) as quarter from active group by 1)
       select own.quarter, (select count(*) from active where quarter = own.quarter - interval 3 month),
              count(*) filter (exists (from active as before where before.customer_id = own.customer_id
                                       and before.quarter = own.quarter - interval 3 month)),
              count(*), count(*) filter (exists (from first where first.customer_id = own.customer_id
                                                 and first.quarter = own.quarter))
       from active as own group by 1 order by 1""",
)
show(
    "spend and new customers of 2025 by channel, new there: CAC, ROI",
    """with first as (select customer_id, channel, min(order_date) as began from orders where amount >= 0 group by all),
            new as (select channel, count(*) as new from first where year(began) = 2025 group by 1),
            spent as (select channel, sum(amount) as spent from spend where year(period) = 2025 group by 1),
            earned as (select channel, sum(amount) as revenue from orders where year(order_date) = 2025 group by 1)
       select channel, new, spent, spent / new, (revenue - spent) / spent
       from new join spent using (channel) join earned using (channel) order by 1""",
)
show(
    "ROMI, margin share and discount share of 2025",
    """with sold as (select sum(quantity * price - discount) as net, sum(cost) as cost, sum(discount) as off
                     from lines join orders using (order_id) where year(order_date) = 2025),
            spent as (select sum(amount) as spent from spend where year(period) = 2025)
       select (net - cost - spent) / spent, (net - cost) / net, off / (net + off) from sold, spent""",
)

# NPS with its normal interval, of the customers with an order.
scores = [row[0] for row in db.sql(
    "select satisfaction from customers where satisfaction is not null "
    "and customer_id in (select customer_id from orders where amount >= 0)").fetchall()]
points = [100 * ((score >= 9) - (score <= 6)) for score in scores]
mean = sum(points) / len(points)
error = math.sqrt(sum((point - mean) ** 2 for point in points) / len(points) / len(points))
print("\nNPS and its interval\n  ", mean, mean - 1.959963984540054 * error, mean + 1.959963984540054 * error)

# Concentration: revenue of customers, those below zero as nothing.
revenue = sorted((max(0.0, float(row[0])) for row in db.sql(
    "select sum(amount) from orders where customer_id in (select customer_id from orders where amount >= 0) "
    "group by customer_id").fetchall()), reverse=True)
print("\nshares of the top 1, 5 and 20 %, Gini")
for percent in [1, 5, 20]:
    count = max(1, math.ceil(len(revenue) * percent / 100))
    print("  ", percent, sum(revenue[:count]) / sum(revenue))
count, ranked = len(revenue), sorted(revenue)
print("   Gini", 2 * sum((at + 1) * own for at, own in enumerate(ranked)) / count / sum(ranked) - (count + 1) / count)

# Lifetime in quarters, times the revenue of an active customer in a quarter.
show(
    "mean quarters from the first to the last purchase, simple lifetime value",
    """with lived as (select avg(date_diff('day', began, ended)) / (365.25 / 4) as quarters
                     from (select min(order_date) as began, max(order_date) as ended from orders where amount >= 0
                           group by customer_id)),
            active as (select count(*) as active from (select distinct customer_id, date_trunc('quarter', order_date)
                                                       from orders where amount >= 0))
       select quarters, quarters * (select sum(amount) from orders) / active from lived, active""",
)
