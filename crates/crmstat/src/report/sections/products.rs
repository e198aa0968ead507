//! Products by value, steadiness of demand and margin.

use super::{Page, file_only, top};
use crate::{
    Lang, Result,
    analysis::{
        products::{Product, Products, Status},
        sales::Value,
    },
    data::table::{Column, Table},
    report::{Content, Unit},
};

/// Products that a page shows, and that a sentence names.
const SHOWN: usize = 15;
const NAMED: usize = 3;

impl Page<'_> {
    pub(super) fn products(&self, products: &Products) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let mut notes: Vec<String> =
            products.notes().iter().map(|note| super::sentence(note.text(lang))).collect();
        notes.push(
            locale
                .pick(
                    "A brings the first 80% of revenue, B the next 15%, C the rest. X sells steadily (coefficient of \
                     variation by month up to 0.5), Y up to 1, Z beyond. Dying: less than half of the revenue of the \
                     three months before.",
                    "A\u{A0}— первые 80\u{A0}% выручки, B\u{A0}— следующие 15\u{A0}%, C\u{A0}— остальное. X\u{A0}— \
                     ровный спрос (коэффициент вариации по месяцам до 0,5), Y\u{A0}— до 1, Z\u{A0}— выше. Угасающий: \
                     меньше половины выручки трёх предыдущих месяцев.",
                )
                .to_owned(),
        );
        let caption = locale.pick("Products, largest first", "Товары, сначала крупные");
        Ok(Content {
            summary: self.products_summary(products),
            tables: vec![
                top(caption, self.products_table(products)?, SHOWN),
                file_only(
                    locale.pick("Products in full", "Товары подробно"),
                    products.table(lang)?.renamed("products_full"),
                ),
            ],
            notes,
            ..Content::default()
        })
    }

    /// How few bring most, and which are on their way in or out.
    fn products_summary(&self, products: &Products) -> Vec<String> {
        let locale = self.locale;
        let all = products.products();
        let of_class = |abc: char| all.iter().filter(move |product| product.abc == abc);
        let share: f64 = of_class('A').filter_map(|product| product.share).sum();
        let number = |count: usize| locale.decimal(count as f64, 0);
        let (first, count, share) =
            (number(of_class('A').count()), number(all.len()), locale.percent(share, 0));
        let mut said = vec![match locale.lang() {
            Lang::En => format!("{first} of {count} products bring {share} of revenue."),
            Lang::Ru => format!("{first} из {count} товаров дают {share} выручки."),
        }];
        for (status, english, russian) in [
            (Status::Dying, "Dying", "Угасают"),
            (Status::Dormant, "Not sold for three months", "Не продаются три месяца"),
            (Status::New, "New", "Новые"),
        ] {
            let found: Vec<&Product> = all.iter().filter(|own| own.status == status).collect();
            if found.is_empty() {
                continue;
            }
            let names: Vec<&str> =
                found.iter().take(NAMED).map(|product| self.product(product)).collect();
            let more = found.len().saturating_sub(NAMED);
            let more = match (more, locale.lang()) {
                (0, _) => String::new(),
                (more, Lang::En) => format!(" and {} more", number(more)),
                (more, Lang::Ru) => format!(" и ещё {}", number(more)),
            };
            said.push(format!("{}: {}{more}.", locale.pick(english, russian), names.join(", ")));
        }
        if let Some(margin) = self.margin() {
            let (whole, share) =
                (locale.compact(margin.0, Unit::Money), locale.percent(margin.1, 0));
            said.push(match locale.lang() {
                Lang::En => {
                    format!("Margin where the cost is known: {whole}, {share} of that revenue.")
                }
                Lang::Ru => {
                    format!("Маржа там, где известна себестоимость: {whole}, {share} этой выручки.")
                }
            });
        }
        said
    }

    /// The margin of all products whose cost is known, and its share of their revenue.
    fn margin(&self) -> Option<(f64, f64)> {
        let products = self.results.products.as_ref().ok()?.products();
        let known = products.iter().filter_map(|own| {
            let margin = own.margin?.to_f64();
            Some((margin, margin / own.margin_share.filter(|share| *share != 0.0)?))
        });
        let (margin, revenue) = known.fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        (revenue > 0.0).then_some((margin, margin / revenue))
    }

    fn product<'a>(&self, product: &'a Product) -> &'a str {
        product.label.as_deref().unwrap_or(self.locale.pick("not stated", "не указано"))
    }

    fn products_table(&self, products: &Products) -> Result<Table> {
        let lang = self.locale.lang();
        let rows = || products.products().iter();
        let classes: Vec<String> = rows()
            .map(|own| {
                own.xyz.map_or_else(|| own.abc.to_string(), |xyz| format!("{}{xyz}", own.abc))
            })
            .collect();
        let mut columns = vec![
            Column::text("product", "Товар", rows().map(|own| self.product(own))),
            Column::money("revenue", "Выручка", rows().map(|own| own.revenue.money())),
            Column::float("share", "Доля", 4, rows().map(|own| own.share)),
            Column::text("class", "ABC и XYZ", classes.iter().map(String::as_str)),
            Column::int("orders", "Заказов", rows().map(|own| own.orders as i64)),
            Column::text("status", "Состояние", rows().map(|own| own.status.text(lang))),
        ];
        if rows().any(|own| own.margin.is_some()) {
            let margin = rows().map(|own| own.margin.and_then(Value::money));
            columns.push(Column::money("margin", "Маржа", margin));
            columns.push(Column::float(
                "margin_share",
                "Рентабельность",
                4,
                rows().map(|own| own.margin_share),
            ));
        }
        Table::new("products", columns)
    }
}
