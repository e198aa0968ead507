//! The tables of a sales team.

use super::{Bucket, Manager, Speed, Team, Verdict};
use crate::{
    Lang, Result,
    analysis::funnel::tables::rate_columns,
    data::table::{Column, Table},
};

impl Verdict {
    /// The code that scripts rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::NotApart => "not_apart",
            Self::TooFew => "too_few",
        }
    }

    /// The words.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Above => lang.pick("above the team", "выше команды"),
            Self::Below => lang.pick("below the team", "ниже команды"),
            Self::NotApart => lang.pick("not told apart", "не отличается"),
            Self::TooFew => lang.pick("too few to tell", "мало сделок для вывода"),
        }
    }
}

impl Bucket {
    /// What it holds, in words.
    pub fn name(&self, lang: Lang) -> String {
        match (self.from_hours, self.to_hours) {
            _ if self.is_never => lang.pick("never", "не было").to_owned(),
            (None, Some(to)) => match lang {
                Lang::En => format!("within {to} h"),
                Lang::Ru => format!("до {to} ч"),
            },
            (Some(from), Some(to)) => match lang {
                Lang::En => format!("{from} to {to} h"),
                Lang::Ru => format!("{from}–{to} ч"),
            },
            (from, None) => {
                let from = from.unwrap_or_default();
                match lang {
                    Lang::En => format!("later than {from} h"),
                    Lang::Ru => format!("позже {from} ч"),
                }
            }
        }
    }
}

impl Team {
    /// One row per manager, the team first; where periods were asked for, one per manager and period behind
    /// that of the whole time.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.rows.iter();
        let team = lang.pick("team", "команда");
        let names = rows().map(|row| if row.is_team { Some(team) } else { row.name.as_deref() });
        let team_rate = |row: &Manager| {
            let own = |other: &&Manager| other.is_team && other.period == row.period;
            self.rows.iter().find(own).and_then(|team| team.win_rate).map(|rate| rate.value)
        };
        let mut columns = vec![
            match &self.by {
                None => Column::text("manager", "Менеджер", names),
                Some(by) => Column::text(by.clone(), by.clone(), names),
            },
            Column::date("period", "Период", rows().map(|row| row.period)),
            Column::money("amount_won", "Выиграно на сумму", rows().map(|row| row.won.worth())),
            Column::float("plan", "План", 2, rows().map(|row| row.plan)),
            Column::float("attainment", "Выполнение плана", 4, rows().map(|row| row.attainment)),
            Column::int("won", "Выиграно", rows().map(|row| row.won.deals as i64)),
            Column::int("lost", "Проиграно", rows().map(|row| row.lost.deals as i64)),
            Column::int("created", "Создано", rows().map(|row| row.created as i64)),
        ];
        columns.extend(rate_columns("win_rate", "Доля побед", rows().map(|row| row.win_rate)));
        let shrunk = |part: fn(super::Shrunk) -> f64| rows().map(move |row| row.shrunk.map(part));
        columns.extend([
            Column::float("win_rate_shrunk", "С поправкой на команду", 4, shrunk(|s| s.value)),
            Column::float("shrunk_lower", "С поправкой, от", 4, shrunk(|own| own.lower)),
            Column::float("shrunk_upper", "С поправкой, до", 4, shrunk(|own| own.upper)),
            Column::float("team_win_rate", "Доля побед команды", 4, rows().map(team_rate)),
            Column::text("verdict", "Вывод", rows().map(|row| row.verdict.map(|v| v.name(lang)))),
            Column::text(
                "verdict_code",
                "Код вывода",
                rows().map(|r| r.verdict.map(Verdict::code)),
            ),
            Column::float("mean_won", "Средняя сделка", 2, rows().map(|row| row.mean_won)),
            Column::float("cycle_days", "Цикл, дней, медиана", 1, rows().map(|row| row.cycle_days)),
            Column::int("open", "Открыто", rows().map(|row| row.open.map(|d| d.deals as i64))),
            Column::money(
                "amount_open",
                "Сумма открытых",
                rows().map(|row| row.open.and_then(|open| open.worth())),
            ),
            Column::int(
                "open_without_amount",
                "Открыто без суммы",
                rows().map(|row| row.open.map(|open| open.without_amount() as i64)),
            ),
            Column::int("overdue", "Просрочено", rows().map(|r| r.overdue.map(|n| n as i64))),
            Column::int("activities", "Касаний", rows().map(|r| r.activities.map(|n| n as i64))),
            Column::float(
                "activities_per_won",
                "Касаний на победу",
                1,
                rows().map(|row| row.activities_per_won),
            ),
            Column::float(
                "response_hours",
                "Часов до первого касания, медиана",
                1,
                rows().map(|row| row.response_hours),
            ),
            Column::float(
                "within_hour",
                "Первое касание в течение часа",
                4,
                rows().map(|row| row.within_hour.map(|rate| rate.value)),
            ),
            Column::float("discount_share", "Доля скидки", 4, rows().map(|r| r.discount_share)),
            Column::float(
                "discounted",
                "Доля побед со скидкой",
                4,
                rows().map(|row| row.discounted.map(|rate| rate.value)),
            ),
            Column::float(
                "usual_discount",
                "Скидка, медиана",
                4,
                rows().map(|row| row.usual_discount),
            ),
        ]);
        Table::new(lang.pick("managers", "менеджеры"), columns)
    }
}

impl Speed {
    /// One row per time to the first response.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let buckets = || self.buckets.iter();
        let names: Vec<String> = buckets().map(|bucket| bucket.name(lang)).collect();
        let count = |of: fn(&crate::analysis::funnel::Rate) -> u64| {
            buckets().map(move |bucket| bucket.win_rate.as_ref().map_or(0, of) as i64)
        };
        let mut columns = vec![
            Column::text("first_response", "Первое касание", names.iter().map(String::as_str)),
            Column::int("closed", "Закрыто", count(|rate| rate.trials)),
            Column::int("won", "Выиграно", count(|rate| rate.successes)),
        ];
        columns.extend(rate_columns("win_rate", "Доля побед", buckets().map(|b| b.win_rate)));
        Table::new(lang.pick("speed of the first response", "скорость первого касания"), columns)
    }

    /// What a response within the hour does, in a sentence; `None` where nothing is known of it.
    pub fn sentence(&self, lang: Lang) -> Option<String> {
        let (value, lower, upper) = self.difference?;
        let [value, lower, upper] = [value, lower, upper].map(|share| 100.0 * share);
        let tells = lower > 0.0 || upper < 0.0;
        Some(match (lang, tells) {
            (Lang::En, true) => format!(
                "deals answered within the hour are won {value:+.1} points more often than those answered later \
                 (interval {lower:+.1} to {upper:+.1}); this is an association, not proof"
            ),
            (Lang::En, false) => format!(
                "answering within the hour makes no difference that these deals can tell: {value:+.1} points \
                 (interval {lower:+.1} to {upper:+.1})"
            ),
            (Lang::Ru, true) => format!(
                "сделки с ответом в течение часа выигрывают чаще остальных на {value:+.1} п. п. (интервал от \
                 {lower:+.1} до {upper:+.1}); это связь, а не доказательство"
            ),
            (Lang::Ru, false) => format!(
                "ответ в течение часа не даёт различия, заметного на этих сделках: {value:+.1} п. п. (интервал от \
                 {lower:+.1} до {upper:+.1})"
            ),
        })
    }
}
