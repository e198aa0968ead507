//! Why revenue moved: by which factor, by which customers, by which part.

use super::{Page, top, whole};
use crate::{
    Lang, Money, Result,
    analysis::{
        funnel::tables::title,
        why::{Contribution, Why},
    },
    data::{
        Field,
        table::{Column, Table},
    },
    report::{BarSeries, Chart, ChartKind, Content, Unit},
};

/// The Russian name of the column of `part`.
fn russian(part: &Contribution) -> &str {
    match part.field {
        Some(field) => title(field),
        None => &part.dimension,
    }
}

/// Rows of contributions that a page shows.
const SHOWN: usize = 10;

impl Page<'_> {
    pub(super) fn why(&self, why: &Why) -> Result<Content> {
        let locale = self.locale;
        let movements = locale.pick("How customers moved", "Как изменились клиенты");
        let mut tables = vec![
            whole(locale.pick("What moved", "Что изменилось"), self.factors(why)?),
            whole(movements, self.movements(why)?),
        ];
        let contributions = self.contributions(why)?;
        if contributions.rows() > 0 {
            let caption = locale.pick("Who moved it most", "Кто повлиял сильнее всего");
            tables.push(top(caption, contributions, SHOWN));
        }
        let notes = [
            locale.pick(
                "The change is divided among its factors by Shapley's value: it treats them alike, and they add up.",
                "Изменение разделено между факторами по Шепли: все факторы равноправны, их вклады в сумме дают \
                 изменение.",
            ),
            locale.pick(
                "“Beyond chance”: the group changed more than customers who go up as often as down would \
                 (random signs, all groups of a column told at once by Holm, 5%).",
                "«Не случайно»: группа изменилась сильнее, чем если бы её клиенты с равной вероятностью росли и \
                 падали (случайные знаки, поправка Холма на все группы столбца, 5\u{A0}%).",
            ),
        ];
        Ok(Content {
            summary: self.why_sentence(why).into_iter().collect(),
            charts: vec![self.factors_chart(why)],
            tables,
            notes: notes.map(str::to_owned).to_vec(),
            ..Content::default()
        })
    }

    /// The change, its largest factor, and the part beyond chance that moved it most.
    pub(super) fn why_sentence(&self, why: &Why) -> Option<String> {
        let locale = self.locale;
        let lang = locale.lang();
        let change = why.change();
        if change == Money::ZERO {
            return None;
        }
        let signed = |money: Money| {
            let sign = if money.is_negative() { "−" } else { "+" };
            format!("{sign}{}", locale.compact(money.to_f64().abs(), Unit::Money))
        };
        // A factor that went the other way explains nothing.
        let same =
            |money: Money| money.is_negative() == change.is_negative() && money != Money::ZERO;
        let size = |money: Money| money.units().unsigned_abs();
        let factor = why.effects.iter().filter(|effect| same(effect.change));
        let factor = factor.max_by_key(|effect| size(effect.change));
        let part = why.contributions.iter().filter(|part| {
            same(part.change)
                && part.field != Some(Field::CustomerId)
                && part.is_beyond_chance == Some(true)
        });
        let part = part.max_by_key(|part| size(part.change));
        let is_year = why.earlier.last.days() <= why.later.first.days() - 180;
        let size_told = locale.compact(change.to_f64().abs(), Unit::Money);
        let is_fall = change.is_negative();
        Some(match lang {
            Lang::En => {
                let moved = if is_fall { "fell" } else { "rose" };
                let then = if is_year { "a year ago" } else { "the days before" };
                let factor = factor.map_or_else(String::new, |effect| {
                    let name = effect.factor.name(lang).to_lowercase();
                    format!(" The largest factor is {name} ({}).", signed(effect.change))
                });
                let part = part.map_or_else(String::new, |part| {
                    let (column, label) = (&part.dimension, self.part_of(part));
                    format!(
                        " The part that moved most is the {column} {label} ({}).",
                        signed(part.change)
                    )
                });
                format!("Revenue {moved} by {size_told} on {then}.{factor}{part}")
            }
            Lang::Ru => {
                let moved = if is_fall { "снизилась" } else { "выросла" };
                let then = if is_year {
                    "к прошлому году"
                } else {
                    "к предыдущим дням"
                };
                let factor = factor.map_or_else(String::new, |effect| {
                    let name = effect.factor.name(lang).to_lowercase();
                    format!(" Главный фактор\u{A0}— {name} ({}).", signed(effect.change))
                });
                let part = part.map_or_else(String::new, |part| {
                    let (column, label) = (russian(part).to_lowercase(), self.part_of(part));
                    let moved = match part.field {
                        Some(Field::Category) => "повлияла",
                        _ => "повлиял",
                    };
                    format!(" Сильнее всего {moved} {column} «{label}» ({}).", signed(part.change))
                });
                format!("Выручка {moved} на {size_told} {then}.{factor}{part}")
            }
        })
    }

    fn part_of<'a>(&self, part: &'a Contribution) -> &'a str {
        part.label.as_deref().unwrap_or(self.locale.pick("not stated", "не указано"))
    }

    fn factors_chart(&self, why: &Why) -> Chart {
        let locale = self.locale;
        let effects = || why.effects.iter().filter(|effect| effect.change != Money::ZERO);
        Chart {
            name: "why_chart".to_owned(),
            title: locale.pick("What changed revenue", "Что изменило выручку").to_owned(),
            description: locale
                .pick(
                    "What the change of each factor did to revenue; together they are the whole change.",
                    "Вклад каждого фактора в изменение выручки; вместе они дают всё изменение.",
                )
                .to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Bars {
                axis: locale.pick("factor", "фактор").to_owned(),
                labels: effects().map(|effect| effect.factor.name(locale.lang()).to_owned()).collect(),
                series: vec![BarSeries {
                    name: locale.pick("change", "изменение").to_owned(),
                    values: effects().map(|effect| Some(effect.change.to_f64())).collect(),
                }],
            },
        }
    }

    fn factors(&self, why: &Why) -> Result<Table> {
        let rows = || why.effects.iter();
        Table::new(
            "why_factors",
            vec![
                Column::text(
                    "factor",
                    "Фактор",
                    rows().map(|own| own.factor.name(self.locale.lang())),
                ),
                Column::float("before", "Было", 2, rows().map(|own| own.earlier)),
                Column::float("now", "Стало", 2, rows().map(|own| own.later)),
                Column::money("change", "Изменение выручки", rows().map(|own| own.change)),
            ],
        )
    }

    fn movements(&self, why: &Why) -> Result<Table> {
        let rows = || why.movements.iter();
        Table::new(
            "why_movements",
            vec![
                Column::text(
                    "movement",
                    "Клиенты",
                    rows().map(|own| own.kind.name(self.locale.lang())),
                ),
                Column::int(
                    "customers",
                    "Сколько",
                    rows().map(|own| own.customers.map(|count| count as i64)),
                ),
                Column::money("revenue_before", "Было", rows().map(|own| own.earlier)),
                Column::money("revenue", "Стало", rows().map(|own| own.later)),
                Column::money("change", "Изменение выручки", rows().map(|own| own.change)),
            ],
        )
    }

    /// The groups of every column by their change, customers left out: they are in their own lists.
    fn contributions(&self, why: &Why) -> Result<Table> {
        let mut groups: Vec<&Contribution> = why
            .contributions
            .iter()
            .filter(|group| group.field != Some(Field::CustomerId))
            .collect();
        // Stable: equals stay in the order of the analysis.
        groups.sort_by_key(|group| std::cmp::Reverse(group.change.units().unsigned_abs()));
        let rows = || groups.iter().copied();
        let is_english = self.locale.lang() == Lang::En;
        let dimension = |group: &'_ Contribution| {
            if is_english { group.dimension.clone() } else { russian(group).to_owned() }
        };
        let dimensions: Vec<String> = rows().map(dimension).collect();
        Table::new(
            "why_groups",
            vec![
                Column::text("dimension", "Столбец", dimensions.iter().map(String::as_str)),
                Column::text("group", "Группа", rows().map(|group| self.part_of(group))),
                Column::money("revenue_before", "Было", rows().map(|group| group.earlier)),
                Column::money("revenue", "Стало", rows().map(|group| group.later)),
                Column::money("change", "Изменение", rows().map(|group| group.change)),
                Column::bool(
                    "beyond_chance",
                    "Не случайно",
                    rows().map(|group| group.is_beyond_chance),
                ),
            ],
        )
    }
}
