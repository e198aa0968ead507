//! The sales team: who won what, whose win rate stands out, what waits.

use super::{Page, TOP, file_only, top};
use crate::{
    Lang, Money, Result,
    analysis::managers::{Manager, Team, Verdict},
    data::table::{Column, Table},
    report::{BarSeries, Chart, ChartKind, Content, Unit},
};

/// Bars of a chart: more are in the table.
const BARS: usize = 12;

impl Page<'_> {
    pub(super) fn managers(&self, team: &Team) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let speed = team.speed.as_ref();
        let mut summary = vec![self.most_won(team), self.told_apart(team)];
        summary.extend(
            speed.and_then(|speed| speed.sentence(lang)).map(|said| super::sentence(&said)),
        );
        summary.retain(|said| !said.is_empty());
        let mut tables =
            vec![top(locale.pick("Managers", "Менеджеры"), self.managers_table(team)?, TOP)];
        if let Some(speed) = speed {
            let caption = locale.pick("Speed of the first response", "Скорость первого ответа");
            tables.push(file_only(caption, speed.table(lang)?.renamed("first_response")));
        }
        let caption = locale.pick("Managers in full", "Менеджеры подробно");
        tables.push(file_only(caption, team.table(lang)?.renamed("managers_full")));
        let mut notes: Vec<String> =
            team.notices.iter().map(|notice| super::sentence(&notice.text(lang))).collect();
        notes.push(match lang {
            Lang::En => format!(
                "A manager is told apart where the interval of the win rate, shrunk toward the team, leaves the team's \
                 out; with fewer than {} closed deals nothing is told.",
                team.fewest
            ),
            Lang::Ru => format!(
                "Отличие засчитано, если интервал доли побед с поправкой на команду не включает долю команды; меньше \
                 {} закрытых сделок для вывода мало.",
                team.fewest
            ),
        });
        Ok(Content {
            summary,
            charts: vec![self.won_chart(team)],
            tables,
            notes,
            ..Content::default()
        })
    }

    fn manager<'a>(&self, row: &'a Manager) -> &'a str {
        row.name.as_deref().unwrap_or(self.locale.pick("nobody", "не указан"))
    }

    /// Who won most, in a sentence.
    fn most_won(&self, team: &Team) -> String {
        let locale = self.locale;
        let amount = |row: &Manager| row.won.worth().filter(|worth| worth.is_positive());
        let all = team.rows.iter().find(|row| row.is_team).and_then(amount);
        let first = team.rows.iter().find(|row| !row.is_team);
        let (Some(all), Some(first)) = (all, first) else { return String::new() };
        let Some(won) = amount(first) else { return String::new() };
        let share = locale.percent(won.to_f64() / all.to_f64(), 0);
        let won = locale.compact(won.to_f64(), Unit::Money);
        let name = self.manager(first);
        match locale.lang() {
            Lang::En => format!("{name} won most: {won}, {share} of the team's."),
            Lang::Ru => format!("Больше всех выиграл\u{A0}— {name}: {won}, {share} суммы команды."),
        }
    }

    /// Whose win rate is told apart from the team's.
    fn told_apart(&self, team: &Team) -> String {
        let locale = self.locale;
        let of = |verdict: Verdict| {
            let rows = team.rows.iter().filter(move |row| row.verdict == Some(verdict));
            rows.map(|row| self.manager(row)).collect::<Vec<_>>().join(", ")
        };
        let (above, below) = (of(Verdict::Above), of(Verdict::Below));
        let managers = team.rows.iter().filter(|row| !row.is_team).count();
        match (above.as_str(), below.as_str()) {
            ("", "") if managers < 2 => String::new(),
            ("", "") => locale
                .pick(
                    "No manager's win rate is told apart from the team's: the differences may be chance.",
                    "Ни у кого доля побед не отличается от команды: различия могут быть случайными.",
                )
                .to_owned(),
            (above, "") => match locale.lang() {
                Lang::En => format!("Win more often than the team, beyond chance: {above}."),
                Lang::Ru => format!("Выигрывают чаще команды, и это не случайно: {above}."),
            },
            ("", below) => match locale.lang() {
                Lang::En => format!("Win less often than the team, beyond chance: {below}."),
                Lang::Ru => format!("Выигрывают реже команды, и это не случайно: {below}."),
            },
            (above, below) => match locale.lang() {
                Lang::En => format!("Beyond chance {above} win more often than the team, {below} less."),
                Lang::Ru => {
                    format!("Не случайно выигрывают чаще команды: {above}; реже: {below}.")
                }
            },
        }
    }

    fn won_chart(&self, team: &Team) -> Chart {
        let locale = self.locale;
        let managers: Vec<&Manager> =
            team.rows.iter().filter(|row| !row.is_team).take(BARS).collect();
        let mut series = vec![BarSeries {
            name: locale.pick("won", "выиграно").to_owned(),
            values: managers.iter().map(|row| row.won.worth().map(Money::to_f64)).collect(),
        }];
        if managers.iter().any(|row| row.plan.is_some()) {
            series.push(BarSeries {
                name: locale.pick("plan", "план").to_owned(),
                values: managers.iter().map(|row| row.plan).collect(),
            });
        }
        Chart {
            name: "owners_chart".to_owned(),
            title: locale.pick("Won by manager", "Выиграно по менеджерам").to_owned(),
            description: locale
                .pick("The amount of won deals.", "Сумма выигранных сделок.")
                .to_owned(),
            unit: Unit::Money,
            kind: ChartKind::Bars {
                axis: locale.pick("manager", "менеджер").to_owned(),
                labels: managers.iter().map(|row| self.manager(row).to_owned()).collect(),
                series,
            },
        }
    }

    /// The columns of the team that a page has room for, without those that the data do not bear.
    fn managers_table(&self, team: &Team) -> Result<Table> {
        let lang = self.locale.lang();
        let rows = || team.rows.iter();
        let whole = self.locale.pick("team", "команда");
        let names = rows().map(|row| if row.is_team { whole } else { self.manager(row) });
        let percent = |share: f64| self.locale.decimal(100.0 * share, 0);
        let intervals: Vec<Option<String>> = rows()
            .map(|row| {
                let rate = row.win_rate?;
                Some(format!("{}–{}", percent(rate.lower), self.locale.percent(rate.upper, 0)))
            })
            .collect();
        let mut columns = vec![
            Column::text("manager", "Менеджер", names),
            Column::money("amount_won", "Выиграно на сумму", rows().map(|row| row.won.worth())),
        ];
        if rows().any(|row| row.plan.is_some()) {
            columns.push(Column::float("plan", "План", 2, rows().map(|row| row.plan)));
            let attained = rows().map(|row| row.attainment);
            columns.push(Column::float("attainment", "Выполнение плана", 4, attained));
        }
        columns.extend([
            Column::int("won", "Выиграно", rows().map(|row| row.won.deals as i64)),
            Column::float(
                "win_rate",
                "Доля побед",
                4,
                rows().map(|row| row.win_rate.map(|r| r.value)),
            ),
            Column::text("interval", "Интервал", intervals.iter().map(Option::as_deref)),
            Column::text("verdict", "Вывод", rows().map(|row| row.verdict.map(|v| v.name(lang)))),
            Column::float("mean_won", "Средняя сделка", 2, rows().map(|row| row.mean_won)),
            Column::float("cycle_days", "Цикл, дней", 1, rows().map(|row| row.cycle_days)),
            Column::money(
                "amount_open",
                "Открыто на сумму",
                rows().map(|row| row.open.and_then(|open| open.worth())),
            ),
        ]);
        if rows().any(|row| row.overdue.is_some()) {
            let overdue = rows().map(|row| row.overdue.map(|deals| deals as i64));
            columns.push(Column::int("overdue", "Просрочено", overdue));
        }
        if rows().any(|row| row.activities.is_some()) {
            columns.push(Column::float(
                "activities_per_won",
                "Касаний на победу",
                1,
                rows().map(|row| row.activities_per_won),
            ));
            columns.push(Column::float(
                "response_hours",
                "Первый ответ, часов",
                1,
                rows().map(|row| row.response_hours),
            ));
        }
        Table::new("managers", columns)
    }
}
