//! The tables of a change of revenue.

use super::{Contribution, Factor, MovementKind, Why};
use crate::{
    Lang, Money, Result,
    analysis::funnel::tables::title,
    data::{
        Field,
        table::{Column, Table},
    },
};

impl Factor {
    /// The code that scripts rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Frequency => "frequency",
            Self::MeanOrder => "mean_order",
            Self::Units => "units_per_order",
            Self::Mix => "mix",
            Self::Price => "price",
            Self::Refunds => "refunds",
            Self::Nobody => "no_customer",
        }
    }

    /// The words.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Customers => lang.pick("customers", "число клиентов"),
            Self::Frequency => lang.pick("orders per customer", "заказов на клиента"),
            Self::MeanOrder => lang.pick("mean order", "средний чек"),
            Self::Units => lang.pick("units per order", "единиц в заказе"),
            Self::Mix => lang.pick("product mix", "структура товаров"),
            Self::Price => lang.pick("prices", "цены"),
            Self::Refunds => lang.pick("refunds", "возвраты"),
            Self::Nobody => lang.pick("orders without a customer", "заказы без клиента"),
        }
    }
}

impl MovementKind {
    /// The code that scripts rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::New => "new",
            Self::Reactivated => "reactivated",
            Self::Growing => "growing",
            Self::Shrinking => "shrinking",
            Self::Unchanged => "unchanged",
            Self::RefundsAlone => "refunds_alone",
            Self::Nobody => "no_customer",
        }
    }

    /// The words.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Lost => lang.pick("lost", "ушли"),
            Self::New => lang.pick("new", "новые"),
            Self::Reactivated => lang.pick("reactivated", "вернулись"),
            Self::Growing => lang.pick("growing", "выросли"),
            Self::Shrinking => lang.pick("shrinking", "снизились"),
            Self::Unchanged => lang.pick("unchanged", "без изменений"),
            Self::RefundsAlone => lang.pick("refunds alone", "только возвраты"),
            Self::Nobody => lang.pick("without a customer", "без клиента"),
        }
    }
}

/// One row of the answer.
#[derive(Clone, Debug)]
struct Row<'a> {
    level: &'a str,
    name: Option<String>,
    code: Option<&'static str>,
    earlier: Option<f64>,
    later: Option<f64>,
    change: Money,
    customers: Option<u64>,
    p_value: Option<f64>,
    is_beyond_chance: Option<bool>,
}

impl Why {
    /// The change of net revenue; 0 past the range of money, which sums of periods are not.
    pub fn change(&self) -> Money {
        self.revenue[1].checked_sub(self.revenue[0]).unwrap_or_default()
    }

    /// One row per factor, movement, customer and group under its `level`: `total`, `factor`, `movement`,
    /// `customer_id`, `product` …; the rows of each level add up to the total. Of customers and of the groups of
    /// a dimension the `top` with the largest changes, the others in one row.
    ///
    /// # Errors
    /// A sum past the range of money.
    pub fn table(&self, top: Option<usize>, lang: Lang) -> Result<Table> {
        let mut rows = self.total();
        rows.extend(self.factors(lang));
        rows.extend(self.moved(lang));
        rows.extend(self.groups(top, lang)?);
        self.shown(lang.pick("why", "почему"), &rows, true)
    }

    /// One row per factor; they add up to the change.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn factors_table(&self, lang: Lang) -> Result<Table> {
        let mut rows = self.factors(lang);
        rows.extend(self.total());
        self.shown(lang.pick("factors", "факторы"), &rows, false)
    }

    /// One row per way in which customers moved; they add up to the change.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn movements_table(&self, lang: Lang) -> Result<Table> {
        self.shown(lang.pick("customers", "клиенты"), &self.moved(lang), false)
    }

    /// One row per customer and group, as [`Why::table`] has them.
    ///
    /// # Errors
    /// A sum past the range of money.
    pub fn contributions_table(&self, top: Option<usize>, lang: Lang) -> Result<Table> {
        self.shown(lang.pick("contributions", "вклады"), &self.groups(top, lang)?, true)
    }

    fn total(&self) -> Vec<Row<'_>> {
        let [earlier, later] = self.revenue.map(|revenue| Some(revenue.to_f64()));
        vec![Row {
            level: "total",
            name: None,
            code: Some("revenue"),
            earlier,
            later,
            change: self.change(),
            customers: None,
            p_value: None,
            is_beyond_chance: None,
        }]
    }

    fn factors(&self, lang: Lang) -> Vec<Row<'_>> {
        let row = |effect: &super::Effect| Row {
            level: "factor",
            name: Some(effect.factor.name(lang).to_owned()),
            code: Some(effect.factor.code()),
            earlier: effect.earlier,
            later: effect.later,
            change: effect.change,
            customers: None,
            p_value: None,
            is_beyond_chance: None,
        };
        self.effects.iter().map(row).collect()
    }

    fn moved(&self, lang: Lang) -> Vec<Row<'_>> {
        let row = |movement: &super::Movement| Row {
            level: "movement",
            name: Some(movement.kind.name(lang).to_owned()),
            code: Some(movement.kind.code()),
            earlier: Some(movement.earlier.to_f64()),
            later: Some(movement.later.to_f64()),
            change: movement.change,
            customers: movement.customers,
            p_value: None,
            is_beyond_chance: None,
        };
        self.movements.iter().map(row).collect()
    }

    fn groups(&self, top: Option<usize>, lang: Lang) -> Result<Vec<Row<'_>>> {
        let mut rows = Vec::new();
        for own in self.contributions.chunk_by(|left, right| left.dimension == right.dimension) {
            let shown = top.unwrap_or(own.len()).min(own.len());
            rows.extend(own[..shown].iter().map(Row::of));
            if shown < own.len() {
                rows.push(others(&own[shown..], lang)?);
            }
        }
        Ok(rows)
    }

    fn shown(&self, name: &str, rows: &[Row<'_>], has_chance: bool) -> Result<Table> {
        let rows = || rows.iter();
        let change = self.change().to_f64();
        let share = |row: &Row<'_>| (change != 0.0).then(|| row.change.to_f64() / change);
        let mut columns = vec![
            Column::text("level", "Разрез", rows().map(|row| row.level)),
            Column::text("name", "Название", rows().map(|row| row.name.as_deref())),
            Column::text("code", "Код", rows().map(|row| row.code)),
            Column::float("earlier", "Было", 2, rows().map(|row| row.earlier)),
            Column::float("later", "Стало", 2, rows().map(|row| row.later)),
            Column::money("change", "Изменение выручки", rows().map(|row| row.change)),
            Column::float("share_of_change", "Доля изменения", 4, rows().map(share)),
            Column::int("customers", "Клиентов", rows().map(|r| r.customers.map(|n| n as i64))),
        ];
        if has_chance {
            columns.push(Column::float("p_value", "p", 4, rows().map(|row| row.p_value)));
            columns.push(Column::bool(
                "beyond_chance",
                "Не случайно",
                rows().map(|row| row.is_beyond_chance),
            ));
        }
        Table::new(name, columns)
    }

    /// The change in a sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        let [earlier, later] = self.revenue;
        let (was, is) = (self.earlier, self.later);
        let change = self.change();
        let sign = if change.is_negative() { "" } else { "+" };
        let largest = self.effects.iter().max_by_key(|effect| effect.change.units().unsigned_abs());
        let largest = largest.filter(|effect| effect.change != Money::ZERO).map(|effect| {
            let sign = if effect.change.is_negative() { "" } else { "+" };
            format!("{} {sign}{}", effect.factor.name(lang), effect.change)
        });
        let largest = match (largest, lang) {
            (None, _) => String::new(),
            (Some(largest), Lang::En) => format!("; the largest factor: {largest}"),
            (Some(largest), Lang::Ru) => format!("; главный фактор: {largest}"),
        };
        match lang {
            Lang::En => format!(
                "revenue of {} to {} is {later}, that of {} to {} was {earlier}: {sign}{change}{largest}",
                is.first, is.last, was.first, was.last
            ),
            Lang::Ru => format!(
                "выручка за {} – {}: {later}, за {} – {}: {earlier}; изменение {sign}{change}{largest}",
                is.first, is.last, was.first, was.last
            ),
        }
    }
}

impl<'a> Row<'a> {
    fn of(group: &'a Contribution) -> Self {
        Self {
            level: &group.dimension,
            name: group.label.clone(),
            code: None,
            earlier: Some(group.earlier.to_f64()),
            later: Some(group.later.to_f64()),
            change: group.change,
            customers: (group.field != Some(Field::CustomerId)).then_some(group.changed),
            p_value: group.p_value,
            is_beyond_chance: group.is_beyond_chance,
        }
    }
}

/// The rest of a dimension in one row.
fn others(rest: &[Contribution], lang: Lang) -> Result<Row<'_>> {
    let sum = |of: fn(&Contribution) -> Money| rest.iter().map(of).sum::<Option<Money>>();
    let change = sum(|group| group.change);
    let change = change
        .ok_or_else(|| crate::Error::data("the revenue of a group is past the range of money"))?;
    let count = rest.len();
    let Contribution { dimension, field, .. } = &rest[0];
    let russian = match field {
        Some(field) => title(*field),
        None => dimension,
    };
    Ok(Row {
        level: dimension,
        name: Some(match lang {
            Lang::En => format!("({count} others)"),
            Lang::Ru => format!("({}: ещё {count})", russian.to_lowercase()),
        }),
        code: Some("others"),
        earlier: sum(|group| group.earlier).map(Money::to_f64),
        later: sum(|group| group.later).map(Money::to_f64),
        change,
        customers: None,
        p_value: None,
        is_beyond_chance: None,
    })
}
