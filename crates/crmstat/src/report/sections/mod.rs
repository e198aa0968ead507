//! From results to words, figures, charts and tables: one file per section.

mod answer;
mod churn;
mod clusters;
mod clv;
mod cohorts;
mod figures;
mod funnel;
mod kpi;
mod managers;
mod methods;
mod parts;
mod products;
mod quality;
mod refusals;
mod rfm;
mod sales;
mod since;
mod strategy;
mod why;

use super::{
    Absent, Content, Exhibit, Locale, Options, Reason, Report, Results, Section, SectionId,
    locale::capitalised,
};
use crate::{
    Result,
    data::table::{Cell, Column, Table},
};
use rayon::prelude::*;

/// Rows of a ranking that a page shows.
const TOP: usize = 12;

impl Report {
    /// The report on `results`, with the sections that `options` ask for.
    ///
    /// # Errors
    /// A sum past the range of money.
    pub fn new(results: &Results, options: &Options) -> Result<Self> {
        let locale = Locale::new(options.lang, results.account.currency);
        let page = Page { results, locale };
        let wanted: Vec<SectionId> =
            SectionId::ALL.into_iter().filter(|id| options.wants(*id)).collect();
        let sections = wanted
            .into_par_iter()
            .map(|id| {
                Ok(Section { id, content: page.section(id)?.map(Content::with_single_stops) })
            })
            .collect::<Result<_>>()?;
        let files: Vec<String> =
            results.files.iter().map(|file| name_of(file).to_owned()).collect();
        let title = options.title.clone().unwrap_or_else(|| {
            format!("{}: {}", locale.pick("Customers and sales", "Клиенты и продажи"), list(&files))
        });
        Ok(Self {
            title,
            as_of: results.as_of,
            span: results.span,
            files,
            locale,
            logo: options.logo.clone(),
            sections,
        })
    }
}

/// The last part of a path: where the files lay is nobody's business.
fn name_of(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// The first few of `files`.
fn list(files: &[String]) -> String {
    const NAMED: usize = 3;
    let named = files[..files.len().min(NAMED)].join(", ");
    if files.len() > NAMED { format!("{named}, …") } else { named }
}

/// What the sections are made of.
struct Page<'a> {
    results: &'a Results,
    locale: Locale,
}

/// What a section says, or why it says nothing.
type Told = Result<Content, Absent>;

impl Page<'_> {
    fn section(&self, id: SectionId) -> Result<Told> {
        let results = self.results;
        Ok(match id {
            SectionId::Answer => Ok(self.answer()?),
            SectionId::Since => match &results.since {
                Some(since) => Ok(self.since(since)?),
                None => Err(self.absent(&Reason::NotAsked)),
            },
            SectionId::Figures => Ok(self.figures()?),
            SectionId::Sales => match &results.sales {
                Ok(sales) => Ok(self.sales(sales)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Why => match &results.why {
                Ok(why) => Ok(self.why(why)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Parts if results.divisions.is_empty() => {
                let reason = results.activity.recent.map_or(Reason::ShortSpan, |_| Reason::NoParts);
                Err(self.absent(&reason))
            }
            SectionId::Parts => Ok(self.parts()?),
            SectionId::Strategy => match &results.strategies {
                Ok(strategies) => Ok(self.strategies(strategies)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Rfm => match &results.rfm {
                Ok(scored) => Ok(self.rfm(scored)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Clusters => match &results.clusters {
                Ok(clusters) => Ok(self.clusters(clusters)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Churn => match &results.churn {
                Ok(churn) => Ok(self.churn(churn)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Clv => match &results.clv {
                Ok(clv) => Ok(self.clv(clv)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Cohorts => match &results.cohorts {
                Ok(cohorts) => Ok(self.cohorts(cohorts)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Funnel => match &results.funnel {
                Ok(funnel) => Ok(self.funnel(funnel)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Products => match &results.products {
                Ok(products) => Ok(self.products(products)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Managers => match &results.team {
                Ok(team) => Ok(self.managers(team)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Kpi => match &results.kpis {
                Ok(kpis) => Ok(self.kpis(kpis)?),
                Err(reason) => Err(self.absent(reason)),
            },
            SectionId::Quality => Ok(self.quality()?),
            SectionId::Methods => Ok(self.methods()?),
        })
    }

    /// A reason in words.
    fn absent(&self, reason: &Reason) -> Absent {
        let locale = self.locale;
        let number = |count: u64| locale.decimal(count as f64, 0);
        let said = |reason: String, hint: Option<String>| Absent { reason, hint };
        let later = locale
            .pick("Give an export that reaches further back.", "Дайте выгрузку за больший срок.");
        match reason {
            Reason::NotAsked => {
                said(locale.pick("It was not asked for.", "Раздел не запрошен.").to_owned(), None)
            }
            Reason::ShortSpan => said(
                locale
                    .pick(
                        "The orders cover fewer than four weeks.",
                        "Заказы охватывают меньше четырёх недель.",
                    )
                    .to_owned(),
                Some(later.to_owned()),
            ),
            Reason::NoParts => said(
                locale
                    .pick(
                        "The export has no column of products, regions, channels, sources or managers.",
                        "В выгрузке нет столбцов с товарами, регионами, каналами, источниками или менеджерами.",
                    )
                    .to_owned(),
                Some(
                    locale
                        .pick("Export these columns too.", "Добавьте эти столбцы в выгрузку.")
                        .to_owned(),
                ),
            ),
            Reason::NoDeals => said(
                locale
                    .pick(
                        "The export holds orders, not deals with stages and outcomes.",
                        "В выгрузке заказы, а не сделки со стадиями и исходами.",
                    )
                    .to_owned(),
                Some(
                    locale
                        .pick(
                            "Give an export of deals, the lost and open ones included.",
                            "Дайте выгрузку сделок вместе с проигранными и открытыми.",
                        )
                        .to_owned(),
                ),
            ),
            Reason::NoManagers => said(
                locale
                    .pick(
                        "The export does not say whose deals they are.",
                        "В выгрузке не указано, кто ведёт сделки.",
                    )
                    .to_owned(),
                Some(
                    locale
                        .pick(
                            "Export the column of the manager, or name it with `--map owner=COLUMN`.",
                            "Добавьте в выгрузку столбец с менеджером или назовите его: `--map owner=СТОЛБЕЦ`.",
                        )
                        .to_owned(),
                ),
            ),
            Reason::NoProducts => said(
                locale
                    .pick("The export does not say what was sold.", "В выгрузке не указано, что продано.")
                    .to_owned(),
                Some(
                    locale
                        .pick(
                            "Export the column of the product, or give the order lines with `--lines`.",
                            "Добавьте в выгрузку столбец с товаром или дайте строки заказов через `--lines`.",
                        )
                        .to_owned(),
                ),
            ),
            Reason::FewCustomers { found, needed } => said(
                match locale.lang() {
                    crate::Lang::En => format!(
                        "There {} with a purchase, fewer than the {} that this needs.",
                        match found {
                            1 => "is one customer".to_owned(),
                            found => format!("are {}", locale.customers(*found)),
                        },
                        number(*needed)
                    ),
                    crate::Lang::Ru => format!(
                        "Покупателей {}, а для этого раздела нужно не меньше {}.",
                        number(*found),
                        number(*needed)
                    ),
                },
                Some(later.to_owned()),
            ),
            Reason::FewRepeatCustomers { found, needed } => said(
                match locale.lang() {
                    crate::Lang::En => format!(
                        "{} came back for a second purchase, fewer than the {} that this needs.",
                        match found {
                            0 => "No customer".to_owned(),
                            found => format!("Only {}", locale.customers(*found)),
                        },
                        number(*needed)
                    ),
                    crate::Lang::Ru => format!(
                        "Повторно купивших {}, а для этого раздела нужно не меньше {}.",
                        number(*found),
                        number(*needed)
                    ),
                },
                Some(later.to_owned()),
            ),
            Reason::ShortHistory { found, needed } => said(
                match locale.lang() {
                    crate::Lang::En => format!(
                        "The orders cover {}, fewer than the {} that this needs.",
                        locale.days(*found),
                        number(*needed)
                    ),
                    crate::Lang::Ru => format!(
                        "Заказы охватывают {}, а для этого раздела нужно не меньше {}.",
                        locale.days(*found),
                        number(*needed)
                    ),
                },
                Some(later.to_owned()),
            ),
            Reason::Refused { message, hint } => said(
                format!(
                    "{}: {}.",
                    locale.pick("The data do not bear it", "Данные не позволяют"),
                    refusals::said(message, locale.lang())
                ),
                hint.as_deref()
                    .map(|hint| format!("{}.", capitalised(&refusals::said(hint, locale.lang())))),
            ),
        }
    }

    /// The name of the customer `id`, where names are asked for.
    fn name(&self, id: &str) -> Option<&str> {
        self.results.names.get(id).map(String::as_str)
    }

    /// `table` with the names of its customers behind their ids, where names are asked for.
    fn with_names(&self, table: &Table) -> Result<Table> {
        let mut columns = table.columns().to_vec();
        let ids = columns.iter().position(|column| column.name() == "customer_id");
        if let Some(at) = ids.filter(|_| !self.results.names.is_empty()) {
            let id = |row: usize| match columns[at].values().get(row) {
                Some(Cell::Text(id)) => self.name(id),
                _ => None,
            };
            let names: Vec<Option<&str>> = (0..table.rows()).map(id).collect();
            columns.insert(at + 1, Column::text("name", "Имя", names));
        }
        Table::new(table.name(), columns)
    }

    /// The columns of ids and, where names are asked for, of names.
    fn id_columns<'a>(&self, ids: impl Iterator<Item = &'a str> + Clone) -> Vec<Column> {
        let mut columns = vec![Column::text("customer_id", "Клиент", ids.clone())];
        if !self.results.names.is_empty() {
            columns.push(Column::text("name", "Имя", ids.map(|id| self.name(id))));
        }
        columns
    }
}

impl Content {
    /// An abbreviation at the end of a Russian sentence brings its own full stop.
    fn with_single_stops(mut self) -> Self {
        let sentences = self.warnings.iter_mut().chain(&mut self.summary).chain(&mut self.notes);
        for sentence in sentences {
            *sentence = sentence.replace("тыс..", "тыс.");
        }
        self
    }
}

/// `text` as a sentence: a capital in front, a full stop behind.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    format!("{}.", capitalised(text))
}

/// A table of which a page shows everything.
fn whole(caption: impl Into<String>, table: Table) -> Exhibit {
    Exhibit { caption: caption.into(), shown: table.rows(), table }
}

/// A table of which a page shows the first rows.
fn top(caption: impl Into<String>, table: Table, shown: usize) -> Exhibit {
    Exhibit { caption: caption.into(), shown: shown.min(table.rows()), table }
}

/// A table for files alone.
fn file_only(caption: impl Into<String>, table: Table) -> Exhibit {
    Exhibit { caption: caption.into(), shown: 0, table }
}
