//! Products as tables.

use super::{Products, Status};
use crate::{
    Lang, Money, Result,
    analysis::sales::Value,
    data::table::{Column, Table},
};

/// The label of sales that name no product.
pub(super) const MISSING: (&str, &str) = ("(none)", "(нет)");

impl Status {
    /// The code that output uses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Steady => "steady",
            Self::Dying => "dying",
            Self::Dormant => "dormant",
        }
    }

    /// What people call it.
    pub const fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::New, Lang::En) => "new",
            (Self::New, Lang::Ru) => "новинка",
            (Self::Steady, Lang::En) => "steady",
            (Self::Steady, Lang::Ru) => "без изменений",
            (Self::Dying, Lang::En) => "dying",
            (Self::Dying, Lang::Ru) => "угасает",
            (Self::Dormant, Lang::En) => "dormant",
            (Self::Dormant, Lang::Ru) => "не продаётся",
        }
    }
}

impl Products {
    /// One row per product, those with the most of the measure first.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | the column that makes a product | its label |
    /// | `revenue`, `share`, `cumulative_share` | net amount; share of the measure, of it and of all before it |
    /// | `abc`, `xyz` | classes by value and by steadiness |
    /// | `quantity`, `orders`, `customers` | pieces, purchases, customers who bought |
    /// | `margin`, `margin_share` | revenue less cost, where the cost is known |
    /// | `mean_demand`, `variation` | of a whole period: the mean and its coefficient of variation |
    /// | `first_sale`, `last_sale` | days of purchases |
    /// | `status`, `status_code` | new, steady, dying, dormant |
    /// | `lead_demand`, `reorder_point`, `safety_stock`, `order_quantity`, `model` | with stock: see [`Stock`](super::Stock) |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.all.iter();
        let missing = lang.pick(MISSING.0, MISSING.1);
        let (abc, xyz): (Vec<String>, Vec<Option<String>>) =
            rows().map(|own| (own.abc.to_string(), own.xyz.map(String::from))).unzip();
        let ours = [
            "revenue",
            "share",
            "abc",
            "xyz",
            "quantity",
            "orders",
            "customers",
            "margin",
            "status",
            "model",
        ];
        let name = if ours.contains(&self.by.as_str()) {
            format!("by_{}", self.by)
        } else {
            self.by.clone()
        };
        let mut columns = vec![
            Column::text(
                name.clone(),
                if name == "product" { "Товар".to_owned() } else { name },
                rows().map(|own| own.label.as_deref().unwrap_or(missing)),
            ),
            Column::money("revenue", "Выручка", rows().map(|own| own.revenue.money())),
            Column::float("share", "Доля", 4, rows().map(|own| own.share)),
            Column::float(
                "cumulative_share",
                "Доля нарастающим итогом",
                4,
                rows().map(|own| own.cumulative),
            ),
            Column::text("abc", "ABC", abc.iter().map(String::as_str)),
            Column::text("xyz", "XYZ", xyz.iter().map(Option::as_deref)),
            Column::float("quantity", "Количество", 2, rows().map(|own| own.quantity)),
            Column::int("orders", "Заказов", rows().map(|own| own.orders as i64)),
            Column::int("customers", "Клиентов", rows().map(|own| own.customers as i64)),
            Column::money("margin", "Маржа", rows().map(|own| own.margin.and_then(Value::money))),
            Column::float("margin_share", "Рентабельность", 4, rows().map(|own| own.margin_share)),
            Column::float(
                "mean_demand",
                "Средний спрос",
                2,
                rows().map(|own| own.demand.map(|own| own.0)),
            ),
            Column::float(
                "variation",
                "Коэффициент вариации",
                4,
                rows().map(|own| own.demand.map(|own| own.1)),
            ),
            Column::date(
                "first_sale",
                "Первая продажа",
                rows().map(|own| own.sold.map(|own| own.0)),
            ),
            Column::date(
                "last_sale",
                "Последняя продажа",
                rows().map(|own| own.sold.map(|own| own.1)),
            ),
            Column::text("status", "Состояние", rows().map(|own| own.status.text(lang))),
            Column::text("status_code", "Код состояния", rows().map(|own| own.status.code())),
        ];
        if self.has_stock {
            let of = |value: fn(&super::Stock) -> f64| {
                rows().map(move |own| own.stock.as_ref().map(value))
            };
            columns.extend([
                Column::float(
                    "lead_demand",
                    "Спрос за срок поставки",
                    2,
                    of(|own| own.lead_demand),
                ),
                Column::float("reorder_point", "Точка заказа", 0, of(|own| own.reorder_point)),
                Column::float("safety_stock", "Страховой запас", 2, of(|own| own.safety)),
                Column::float("order_quantity", "Размер заказа", 0, of(|own| own.order_quantity)),
                Column::text(
                    "model",
                    "Модель",
                    rows().map(|own| own.stock.as_ref().map(|own| own.model.as_str())),
                ),
            ]);
        }
        Table::new("products", columns)
    }

    /// One row per cell of ABC × XYZ: `abc`, `xyz` (missing where nothing is said of steadiness), `products`,
    /// `revenue`, `share`.
    ///
    /// # Errors
    /// Revenue past the range of money.
    pub fn matrix(&self) -> Result<Table> {
        let mut cells: Vec<(char, Option<char>)> =
            self.all.iter().map(|own| (own.abc, own.xyz)).collect();
        // Those of which nothing is said come last.
        cells.sort_unstable_by_key(|(abc, xyz)| (*abc, xyz.unwrap_or('~')));
        cells.dedup();
        let of = |cell: &(char, Option<char>)| {
            let cell = *cell;
            self.all.iter().filter(move |own| (own.abc, own.xyz) == cell)
        };
        let sum = |cell: &(char, Option<char>)| {
            of(cell).filter_map(|own| own.revenue.money()).sum::<Option<Money>>()
        };
        let all: f64 = self.all.iter().map(|own| own.revenue.to_f64()).sum();
        let texts: Vec<(String, Option<String>)> =
            cells.iter().map(|(abc, xyz)| (abc.to_string(), xyz.map(String::from))).collect();
        Table::new(
            "product_matrix",
            vec![
                Column::text("abc", "ABC", texts.iter().map(|own| own.0.as_str())),
                Column::text("xyz", "XYZ", texts.iter().map(|own| own.1.as_deref())),
                Column::int(
                    "products",
                    "Товаров",
                    cells.iter().map(|cell| of(cell).count() as i64),
                ),
                Column::money("revenue", "Выручка", cells.iter().map(sum)),
                Column::float(
                    "share",
                    "Доля",
                    4,
                    cells.iter().map(|cell| {
                        let own: f64 = of(cell).map(|own| own.revenue.to_f64()).sum();
                        (all > 0.0).then(|| own / all)
                    }),
                ),
            ],
        )
    }
}
