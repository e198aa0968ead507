//! RFM map, segments, and who moved between them.

use super::{Page, file_only, whole};
use crate::{
    Lang, Result,
    analysis::rfm::Rfm,
    data::table::{Cell, Table},
    report::{BarSeries, Chart, ChartKind, Content, Scored, Unit},
};

impl Page<'_> {
    pub(super) fn rfm(&self, scored: &Scored) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let summary = scored.now.summary(lang)?.renamed("rfm_segments");
        let mut charts = vec![self.map(&scored.now), self.segments_chart(&summary)];
        let mut tables = vec![whole(locale.pick("Segments", "Сегменты"), summary.clone())];
        let mut notes = vec![
            locale
                .pick(
                    "Customers are scored from 1 to 5 by the days since their last order, the number of \
                     orders and the money they brought; equal customers have equal scores.",
                    "Клиенты получают баллы от 1 до 5 по давности последнего заказа, числу заказов и \
                     сумме; у равных клиентов баллы равны.",
                )
                .to_owned(),
        ];
        let mut sentences = vec![self.shares(&summary)];
        if let Some((earlier, moves)) = &scored.moves {
            let table = moves.table(lang)?;
            let caption = match lang {
                Lang::En => format!("Moves between segments since {}", locale.date(earlier.date())),
                Lang::Ru => format!("Переходы между сегментами с {}", locale.date(earlier.date())),
            };
            charts.extend(self.moves_chart(&table, &caption));
            sentences.extend(self.moved(&table));
            tables.push(file_only(caption, table.renamed("rfm_moves")));
            notes.push(
                locale
                    .pick(
                        "Both days are scored by today's cut points, so that a move is the customer's \
                         and not the yardstick's.",
                        "Обе даты оценены по сегодняшним границам: переместился клиент, а не линейка.",
                    )
                    .to_owned(),
            );
        }
        tables.push(file_only(
            locale.pick("Cut points of the scores", "Границы баллов"),
            scored.now.thresholds(lang)?.renamed("rfm_thresholds"),
        ));
        tables.push(file_only(
            locale.pick("Scores by customer", "Баллы клиентов"),
            scored.now.table(lang)?,
        ));
        if scored.now.refunded_only() > 0 {
            notes.push(match lang {
                Lang::En => format!(
                    "{} with refunds only are not scored.",
                    locale.customers(scored.now.refunded_only())
                ),
                Lang::Ru => format!(
                    "Без оценки: {} с одними возвратами.",
                    locale.customers(scored.now.refunded_only())
                ),
            });
        }
        Ok(Content { summary: sentences, charts, tables, notes, ..Content::default() })
    }

    /// Customers by recency and frequency score.
    fn map(&self, rfm: &Rfm) -> Chart {
        let locale = self.locale;
        let [bins_r, bins_f, _] = rfm.fitted().cuts().bins().map(usize::from);
        let mut counts = vec![vec![0_u64; bins_r]; bins_f];
        for customer in rfm.customers() {
            let (r, f) = (customer.scores.recency, customer.scores.frequency);
            counts[bins_f - usize::from(f)][usize::from(r) - 1] += 1;
        }
        let scores = |bins: usize| (1..=bins).map(|score| score.to_string());
        Chart {
            name: "rfm_map".to_owned(),
            title: locale.pick("RFM map", "Карта RFM").to_owned(),
            description: locale
                .pick(
                    "Customers by score: the best are at the top right, those who used to buy often and \
                     have stopped at the top left.",
                    "Клиенты по баллам: лучшие вверху справа, прежде частые и замолчавшие вверху слева.",
                )
                .to_owned(),
            unit: Unit::Count,
            kind: ChartKind::Heat {
                row_axis: locale.pick("frequency score", "балл частоты").to_owned(),
                rows: scores(bins_f).rev().collect(),
                column_axis: locale.pick("recency score", "балл давности").to_owned(),
                columns: scores(bins_r).collect(),
                values: counts
                    .into_iter()
                    .map(|row| row.into_iter().map(|count| Some(count as f64)).collect())
                    .collect(),
            },
        }
    }

    fn segments_chart(&self, summary: &Table) -> Chart {
        let locale = self.locale;
        let labels = texts(summary, "segment");
        let series = [
            ("share_customers", locale.pick("of customers", "клиентов")),
            ("share_revenue", locale.pick("of revenue", "выручки")),
        ]
        .map(|(column, name)| BarSeries {
            name: name.to_owned(),
            values: numbers(summary, column),
        });
        Chart {
            name: "rfm_segments_chart".to_owned(),
            title: locale.pick("Segments by share", "Доли сегментов").to_owned(),
            description: locale
                .pick(
                    "Where the second bar is longer, few customers bring much.",
                    "Где вторая полоса длиннее, там немногие клиенты приносят много.",
                )
                .to_owned(),
            unit: Unit::Share,
            kind: ChartKind::Bars {
                axis: locale.pick("segment", "сегмент").to_owned(),
                labels,
                series: series.into(),
            },
        }
    }

    /// Moves as a grid, from rows to columns; `None` where there are none.
    fn moves_chart(&self, moves: &Table, caption: &str) -> Option<Chart> {
        let locale = self.locale;
        let (from, to) = (texts(moves, "from"), texts(moves, "to"));
        let customers = numbers(moves, "customers");
        let distinct = |labels: &[String]| {
            let mut seen: Vec<String> = Vec::new();
            for label in labels {
                if !seen.contains(label) {
                    seen.push(label.clone());
                }
            }
            seen
        };
        let (rows, mut columns) = (distinct(&from), distinct(&to));
        // The same order on both sides, as far as they share segments.
        columns.sort_by_key(|label| rows.iter().position(|row| row == label));
        let mut values = vec![vec![None; columns.len()]; rows.len()];
        for ((from, to), count) in from.iter().zip(&to).zip(customers) {
            let row = rows.iter().position(|label| label == from)?;
            let column = columns.iter().position(|label| label == to)?;
            values[row][column] = count;
        }
        Some(Chart {
            name: "rfm_moves_chart".to_owned(),
            title: caption.to_owned(),
            description: locale
                .pick(
                    "Rows are the segments then, columns the segments now; cells count customers.",
                    "Строки: сегменты тогда, столбцы: сегменты сейчас; в клетках число клиентов.",
                )
                .to_owned(),
            unit: Unit::Count,
            kind: ChartKind::Heat {
                row_axis: locale.pick("then", "тогда").to_owned(),
                rows,
                column_axis: locale.pick("now", "сейчас").to_owned(),
                columns,
                values,
            },
        })
    }

    /// The segment with the most revenue, in a sentence.
    fn shares(&self, summary: &Table) -> String {
        let locale = self.locale;
        let names = texts(summary, "segment");
        let (customers, revenue) =
            (numbers(summary, "share_customers"), numbers(summary, "share_revenue"));
        let best = (0..names.len())
            .max_by(|a, b| revenue[*a].unwrap_or(0.0).total_cmp(&revenue[*b].unwrap_or(0.0)));
        let Some(best) = best else { return String::new() };
        let share = |values: &[Option<f64>]| locale.percent(values[best].unwrap_or(0.0), 0);
        let (customers, revenue) = (share(&customers), share(&revenue));
        match locale.lang() {
            Lang::En => format!(
                "“{}” are {customers} of the customers and bring {revenue} of the revenue.",
                names[best]
            ),
            Lang::Ru => format!("«{}»: {customers} клиентов и {revenue} выручки.", names[best]),
        }
    }

    /// How many stayed in their segment, in a sentence; `None` where nobody was there before.
    fn moved(&self, moves: &Table) -> Option<String> {
        let locale = self.locale;
        let (from, to) = (texts(moves, "from"), texts(moves, "to"));
        let absent = locale.pick("(no purchase)", "(нет покупок)");
        let (mut known, mut moved) = (0.0, 0.0);
        for ((from, to), count) in from.iter().zip(&to).zip(numbers(moves, "customers")) {
            if from != absent && to != absent {
                let count = count.unwrap_or(0.0);
                known += count;
                moved += if from == to { 0.0 } else { count };
            }
        }
        (known > 0.0).then(|| {
            let share = locale.percent(moved / known, 0);
            match locale.lang() {
                Lang::En => {
                    format!("{share} of the customers known then are in another segment now.")
                }
                Lang::Ru => format!("{share} известных тогда клиентов теперь в другом сегменте."),
            }
        })
    }
}

/// The texts of a column; a missing one is empty.
pub(super) fn texts(table: &Table, name: &str) -> Vec<String> {
    let column = table.columns().iter().find(|column| column.name() == name);
    let Some(column) = column else { return Vec::new() };
    (0..table.rows())
        .map(|row| match column.values().get(row) {
            Some(Cell::Text(text)) => text.to_owned(),
            _ => String::new(),
        })
        .collect()
}

/// The numbers of a column.
pub(super) fn numbers(table: &Table, name: &str) -> Vec<Option<f64>> {
    let column = table.columns().iter().find(|column| column.name() == name);
    let Some(column) = column else { return vec![None; table.rows()] };
    (0..table.rows())
        .map(|row| match column.values().get(row) {
            Some(Cell::Int(value)) => Some(value as f64),
            Some(Cell::Float(value, _)) => Some(value),
            Some(Cell::Money(value)) => Some(value.to_f64()),
            _ => None,
        })
        .collect()
}
