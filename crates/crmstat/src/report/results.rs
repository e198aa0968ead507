//! Every analysis of one export, from one reading of its orders.

use super::{
    Options, SectionId, Since,
    activity::{Activity, recent_days, windows},
    calls::{Call, calls},
    divided::{Division, FIELDS, divisions, fields_of},
    team::{Asked, of_deals, recent_margin},
};
use crate::{
    AsOf, Date, Error, Money, Pseudonyms, Result, Window,
    analysis::{
        churn, clv,
        cohorts::{self, Acquisition},
        forecast::{
            self, DealFlow, Forecasts, Period, PipelineForecast, PipelineQuery, Query, SeriesSet,
        },
        funnel::DealFunnel,
        kpi,
        managers::{Team, plan::by_month},
        products, rfm, sales, segments,
        strategy::{self, Strategies},
        why,
    },
    data::{
        ColumnKey, DealFinding, Deals, Field, Finding, Notice, Orders, OrdersQuery, Records,
        Severity, TableKind, table::Table,
    },
    features,
    ingest::{
        Dimension, Export, Imported,
        pass::{input::Input, verdict::no_purchases},
    },
};
use std::collections::BTreeMap;

/// An answer, or the reason why the data do not bear one.
pub type Answer<T> = Result<T, Reason>;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was not asked for.
    NotAsked,
    /// Too few customers with a purchase.
    FewCustomers {
        /// How many there are.
        found: u64,
        /// How many are needed.
        needed: u64,
    },
    /// Too few customers who came back.
    FewRepeatCustomers {
        /// How many there are.
        found: u64,
        /// How many are needed.
        needed: u64,
    },
    /// The data cover too short a time.
    ShortHistory {
        /// The days they cover.
        found: u64,
        /// The days that are needed.
        needed: u64,
    },
    /// The data cover fewer than four weeks.
    ShortSpan,
    /// No column divides the sales.
    NoParts,
    /// The export holds orders, not deals.
    NoDeals,
    /// No column names whose deals they are.
    NoManagers,
    /// No column names products.
    NoProducts,
    /// The analysis refused the data.
    Refused {
        /// Why.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// The analyses of one export.
#[derive(Clone, Debug)]
pub struct Results {
    /// The names of the files of orders or deals.
    pub files: Vec<String>,
    /// The profile by which they were read.
    pub profile: Option<String>,
    /// What their rows are.
    pub kind: TableKind,
    /// The exclusive instant of observation.
    pub as_of: AsOf,
    /// The days of the first and the last order.
    pub span: (Date, Date),
    /// Where every row went, what was decided, and the currency.
    pub account: Imported<()>,
    /// The tables beside the orders, with their rows and those of nobody who has an order.
    pub beside: Vec<(TableKind, u64, u64)>,
    /// The seed of every random choice.
    pub seed: u64,
    /// The orders in sums.
    pub activity: Activity,
    /// What the revenue of the last days left of its cost; `None` where no cost is known.
    pub margin: Option<Money>,
    /// What was planned to be sold, by the first day of the month; empty without a plan.
    pub plan: BTreeMap<Date, f64>,
    /// The revenue of the last days by the fields that the export has.
    pub divisions: Vec<Division>,
    /// Sales by period and their forecast.
    pub sales: Answer<Sales>,
    /// Scores and segments, and where customers came from.
    pub rfm: Answer<Scored>,
    /// One strategy for every customer.
    pub strategies: Answer<Strategies>,
    /// Clusters.
    pub clusters: Answer<segments::Segments>,
    /// Who is about to leave.
    pub churn: Answer<churn::Churn>,
    /// Whom to call, whom a call may change most first; empty without churn.
    pub calls: Vec<Call>,
    /// What customers are worth.
    pub clv: Answer<clv::Clv>,
    /// Acquisition cohorts.
    pub cohorts: Answer<Acquisition>,
    /// What became of an earlier report; `None` where none was given.
    pub since: Option<Since>,
    /// Why revenue moved: the last days beside the same days of a year before or, where the data begin later, the
    /// days before.
    pub why: Answer<why::Why>,
    /// Products by value, steadiness of demand, margin.
    pub products: Answer<products::Products>,
    /// Stages, outcomes, reasons of loss, open deals to look at.
    pub funnel: Answer<DealFunnel>,
    /// The managers beside their team.
    pub team: Answer<Team>,
    /// Every KPI that the data bear.
    pub kpis: Answer<kpi::Kpis>,
    /// Whether pseudonyms stand in the place of ids.
    pub pseudonymised: bool,
    /// Names of customers by id, where they are asked for and known.
    pub names: BTreeMap<String, String>,
}

/// Sales by period and their forecast.
#[derive(Clone, Debug)]
pub struct Sales {
    /// What was sold.
    pub history: SeriesSet,
    /// What will be sold.
    pub forecast: Forecasts,
    /// The models of the forecast, to go on with when more is known; `None` where they cannot be kept.
    pub state: Option<forecast::State>,
    /// What is to be sold over the horizon, where that was asked for.
    pub target: Option<f64>,
    /// What the forecast is made of where it is one of deals; `None` where it is that of the series alone.
    pub pipeline: Option<Pipeline>,
}

/// What deals say of the sales to come.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// The pipeline and the series of sales in one forecast: that of [`Sales`].
    pub forecast: PipelineForecast,
    /// What the series of sales alone would bring over the horizon.
    pub series_alone: f64,
    /// One row per open deal, those that bring most first.
    pub open_deals: Table,
}

/// Scores now, and the segments of an earlier day by the same cut points.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The scores.
    pub now: rfm::Rfm,
    /// The earlier day, and who moved since; `None` where nobody had bought by then.
    pub moves: Option<(AsOf, rfm::Migration)>,
}

/// A step of the work, told when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading the export.
    Reading,
    /// One of the sections.
    Section(SectionId),
    /// Writing the files.
    Writing,
}

/// Customers below whom quintiles say nothing.
const RFM_CUSTOMERS: u64 = 10;
/// Customers below whom clusters are chance.
const CLUSTER_CUSTOMERS: u64 = 100;
/// Customers below whom nobody's churn can be judged.
const CHURN_CUSTOMERS: u64 = 100;
/// Days that hold four horizons of churn at least: one of features, two of labels, one to come.
const CHURN_DAYS: u64 = 120;
/// Repeat customers below whom the parameters of CLV are guesses.
const CLV_REPEAT_CUSTOMERS: u64 = 30;
/// Days of history below which nobody can be told alive from gone.
const CLV_DAYS: u64 = 180;
/// Customers below whom cohorts are single persons.
const COHORT_CUSTOMERS: u64 = 20;
/// Complete periods without which there is nothing to forecast from.
const SALES_PERIODS: i32 = 6;
/// Cohorts of months beyond which quarters are read more easily.
const MOST_COHORTS: u32 = 25;

impl Results {
    /// Reads the orders or deals of `export` once and makes every analysis that `options` ask for and the
    /// data bear; `beside` are the tables of activities and customers. `stage` is told what begins.
    ///
    /// # Errors
    /// What the export cannot bear at all: see [`Export`], or no purchase before `as_of`. An analysis
    /// that the data do not bear is a [`Reason`], not an error.
    pub fn of(
        export: &mut Export,
        beside: &[Records],
        options: &Options,
        stage: &dyn Fn(Stage),
    ) -> Result<Self> {
        if options.with_names && options.pseudonyms.is_some() {
            return Err(Error::usage("names beside pseudonyms would undo them")
                .with_hint("leave out `--with-names` or `--pseudonymize`"));
        }
        check(options)?;
        let plan = by_month(&options.plan)?;
        stage(Stage::Reading);
        let window = Window { since: None, until: options.as_of };
        let mut fields = FIELDS.to_vec();
        fields.extend([Field::Quantity, Field::Cost, Field::Discount]);
        // Lines find their orders by the ids of these.
        if beside.iter().any(|table| table.kind() == TableKind::Lines) {
            fields.push(Field::OrderId);
        }
        let mut headers = Vec::new();
        for key in sales::columns_of(export, &options.by, beside)? {
            match key {
                ColumnKey::Field(field) if !fields.contains(&field) => fields.push(field),
                ColumnKey::Header(header) if !headers.contains(&header) => headers.push(header),
                _ => {}
            }
        }
        if options.pseudonyms.is_some() {
            refuse_names(export, &options.by, beside)?;
        }
        let query = OrdersQuery { window, fields, headers, anonymous: true };
        let mut imported = Orders::read(export, &query)?;
        tell_of_nobody(&mut imported);
        let last = imported.span.map(|(_, last)| AsOf::day_after(last.date()));
        let as_of = match options.as_of.or(last) {
            Some(as_of) if imported.result.has_purchases() => as_of,
            _ => return Err(no_purchases(export, &imported)),
        };
        // Before pseudonyms: tables name customers by their own ids, and these answers name none.
        let asked = Asked { orders: &imported.result, beside, as_of, options, stage };
        let (deals, mut funnel, team) = of_deals(export, &asked)?;
        let (products, kpis) = (asked.products(), asked.kpis(deals.as_ref()));
        let margin = imported.result.span().and_then(|(first, _)| {
            recent_margin(&asked, &kpis, recent_days(as_of.date().days() - first.days()))
        });
        stage(Stage::Section(SectionId::Figures));
        let activity = Activity::of(&imported.result, as_of)?;
        let divisions = if options.wants(SectionId::Parts) {
            let fields = fields_of(export, options, beside);
            divisions(&imported.result, &activity, as_of, (options, &fields), beside)?
        } else {
            Vec::new()
        };
        let hidden;
        let mut beside = beside;
        if let Some(pseudonyms) = &options.pseudonyms {
            imported.result = imported.result.pseudonymised(pseudonyms);
            for deal in funnel.iter_mut().flat_map(|funnel| &mut funnel.attention) {
                deal.customer = deal.customer.as_deref().map(|id| pseudonyms.of(id));
            }
            for notice in &mut imported.notices {
                match &mut notice.finding {
                    Finding::Guest { id } => {
                        *id = pseudonyms.of(id);
                        notice.settings.clear();
                    }
                    Finding::AlikeIds { one, other } => {
                        (*one, *other) = (pseudonyms.of(one), pseudonyms.of(other));
                    }
                    _ => {}
                }
            }
            hidden = pseudonymised(beside, pseudonyms);
            beside = &hidden;
        }
        let names = if options.with_names { names(beside) } else { BTreeMap::new() };
        let files: Vec<String> = export.files().map(str::to_owned).collect();
        let analyst = Analyst::new((&imported.result, activity), beside, as_of, options, stage)?;
        let (span, unmatched) = ((analyst.first, analyst.last), analyst.unmatched());
        let history = beside.iter().find(|table| table.kind() == TableKind::History);
        let sales = analyst.sales(&files, deals.as_ref(), history);
        let rfm = analyst.rfm();
        let (clusters, churn) = (analyst.clusters(), analyst.churn());
        let calls = churn
            .as_ref()
            .map_or_else(|_| Vec::new(), |churn| calls(&imported.result, churn, as_of));
        let (clv, cohorts) = (analyst.clv(), analyst.cohorts());
        let strategies = analyst.strategies(&clv, &rfm);
        let why = analyst.why();
        let since = options.since.as_ref().map(|earlier| {
            let currency = imported.currency;
            Since::of(&imported.result, as_of, currency, earlier, options.pseudonyms.as_ref())
        });
        let since = since.transpose()?;
        let activity = analyst.activity;
        imported.notices.extend(Notice::of_unused(beside));
        let is_apart =
            |(_, rows, unmatched): &&(TableKind, u64, u64)| *rows > 0 && unmatched == rows;
        imported.notices.extend(unmatched.iter().filter(is_apart).map(|(kind, rows, _)| {
            let by = if *kind == TableKind::Lines { Field::OrderId } else { Field::CustomerId };
            Notice::of_no_partner(*kind, by, *rows)
        }));
        if !plan.is_empty() && !activity.months.iter().any(|(month, _)| plan.contains_key(month)) {
            let finding = Finding::Deals(DealFinding::PlanOutside);
            imported.notices.push(Notice::new(Severity::Warning, finding, plan.len() as u64));
        }
        Notice::sort(&mut imported.notices);
        Ok(Self {
            profile: export.profile().map(str::to_owned),
            kind: export.kind().unwrap_or(TableKind::Orders),
            files,
            as_of,
            span,
            account: imported.try_map(|_| Ok(()))?,
            beside: unmatched,
            seed: options.seed,
            activity,
            margin,
            plan,
            divisions,
            sales,
            rfm,
            strategies,
            clusters,
            churn,
            calls,
            clv,
            cohorts,
            since,
            why,
            products,
            funnel,
            team,
            kpis,
            pseudonymised: options.pseudonyms.is_some(),
            names,
        })
    }
}

/// Refuses what no report can be like.
fn check(options: &Options) -> Result<()> {
    if options.period == Some(Period::Hour) {
        return Err(Error::usage("a report does not go by the hour")
            .with_hint("one of day, week, month, quarter, year"));
    }
    for (at, name) in options.by.iter().enumerate() {
        if options.by[..at].iter().any(|before| before.trim() == name.trim()) {
            return Err(Error::usage(format!("sales are divided by `{name}` twice")));
        }
    }
    for (is_given, section, option) in [
        (!options.by.is_empty(), SectionId::Parts, "--by"),
        (options.target.is_some(), SectionId::Sales, "--target"),
    ] {
        if is_given && !options.wants(section) {
            return Err(Error::usage(format!("`{option}` is of the section `{section}`"))
                .with_hint("add it to `--sections`, or leave the option out"));
        }
    }
    Ok(())
}

/// Refuses to divide by what names the customers.
fn refuse_names(export: &Export, by: &[String], tables: &[Records]) -> Result<()> {
    const NAMES: [Field; 2] = [Field::CustomerId, Field::Name];
    for name in by {
        let Ok(own) = Dimension::find(name, export, tables) else { continue };
        let is_customer = |input: &Input| {
            let column = input.column_of(&own.key());
            column
                .is_some_and(|column| input.mapping.customer.iter().any(|own| own.column == column))
        };
        let names = own.field().is_some_and(|field| NAMES.contains(&field))
            || own.table().is_none() && export.inputs().iter().any(is_customer);
        if names {
            return Err(Error::usage(format!(
                "parts by `{name}` beside pseudonyms would undo them"
            ))
            .with_hint("leave out `--pseudonymize`, or divide by another column"));
        }
    }
    Ok(())
}

/// Notes the sales that name no customer: they count as revenue and in no analysis of customers.
fn tell_of_nobody(read: &mut Imported<Orders>) {
    let nobody = &read.result.amount()[read.result.of_nobody()];
    if !nobody.is_empty() {
        let rows = nobody.len() as u64;
        let notice = Notice::new(Severity::Warning, Finding::NoCustomer, rows);
        read.notices.push(notice.worth(nobody.iter().copied().sum::<Option<Money>>()));
        Notice::sort(&mut read.notices);
    }
}

fn pseudonymised(tables: &[Records], pseudonyms: &Pseudonyms) -> Vec<Records> {
    tables.iter().map(|table| table.clone().pseudonymised(pseudonyms)).collect()
}

/// The names in the table of customers, by id; of several rows the first counts.
fn names(beside: &[Records]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for table in beside.iter().filter(|table| table.kind() == TableKind::Customers) {
        let (Some(ids), Some(of)) = (table.labels(Field::CustomerId), table.labels(Field::Name))
        else {
            continue;
        };
        for row in 0..table.len() {
            if let (Some(id), Some(name)) = (ids.get(row), of.get(row)) {
                names.entry(id.to_owned()).or_insert_with(|| name.to_owned());
            }
        }
    }
    names
}

impl Reason {
    pub(super) fn of(error: &Error) -> Self {
        Self::Refused { message: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

/// `orders` with the tables of activities and customers among those `beside` them.
fn joined<'a>(orders: &'a Orders, beside: &'a [Records]) -> Result<features::History<'a>> {
    let mut history = features::History::new(orders);
    for table in beside {
        let has = |field: Field| table.has(field);
        history = match table.kind() {
            // Activities of deals alone say nothing of customers.
            TableKind::Activities if has(Field::CustomerId) && has(Field::At) => {
                history.with_activities(table)?
            }
            TableKind::Customers if has(Field::CustomerId) => history.with_customers(table)?,
            _ => history,
        };
    }
    Ok(history)
}

/// Makes the analyses, one method each.
struct Analyst<'a> {
    orders: &'a Orders,
    beside: &'a [Records],
    history: features::History<'a>,
    options: &'a Options,
    stage: &'a dyn Fn(Stage),
    as_of: AsOf,
    first: Date,
    last: Date,
    activity: Activity,
}

impl<'a> Analyst<'a> {
    fn new(
        (orders, activity): (&'a Orders, Activity),
        beside: &'a [Records],
        as_of: AsOf,
        options: &'a Options,
        stage: &'a dyn Fn(Stage),
    ) -> Result<Self> {
        let (first, last) = orders.span().unwrap_or_default();
        let history = joined(orders, beside)?;
        Ok(Self { orders, beside, history, options, stage, as_of, first, last, activity })
    }

    /// The days that the data cover.
    fn days(&self) -> u64 {
        u64::try_from(self.as_of.date().days() - self.first.days()).unwrap_or(0)
    }

    /// Makes the analysis of `section` if it is asked for and the data hold what it `needs`.
    fn make<T>(
        &self,
        section: SectionId,
        needs: &[Reason],
        analyse: impl FnOnce() -> Result<T>,
    ) -> Answer<T> {
        if !self.options.wants(section) {
            return Err(Reason::NotAsked);
        }
        if let Some(lacking) = needs.iter().find(|need| need.is_lacking()) {
            return Err(lacking.clone());
        }
        (self.stage)(Stage::Section(section));
        analyse().map_err(|error| Reason::of(&error))
    }

    fn customers(&self, needed: u64) -> Reason {
        Reason::FewCustomers { found: self.activity.all.customers, needed }
    }

    fn repeat_customers(&self) -> Reason {
        let found = self.activity.repeat_customers;
        Reason::FewRepeatCustomers { found, needed: CLV_REPEAT_CUSTOMERS }
    }

    fn history_of(&self, needed: u64) -> Reason {
        Reason::ShortHistory { found: self.days(), needed }
    }

    /// The tables beside the orders, with their rows and those of nobody who has an order.
    fn unmatched(&self) -> Vec<(TableKind, u64, u64)> {
        let found = self.history.unmatched();
        let unmatched = |kind: TableKind| match kind {
            TableKind::Activities => Some(found.activities),
            TableKind::Customers => Some(found.customers),
            TableKind::Lines => Some(found.lines),
            _ => None,
        };
        self.beside
            .iter()
            .filter_map(|table| Some((table.kind(), table.len() as u64, unmatched(table.kind())?)))
            .collect()
    }

    fn sales(
        &self,
        files: &[String],
        deals: Option<&Deals>,
        of_deals: Option<&Records>,
    ) -> Answer<Sales> {
        let complete =
            |period: Period| period.number(self.as_of.date()) - period.number(self.first);
        let period = self.options.period.unwrap_or_else(|| {
            [Period::Month, Period::Week, Period::Day]
                .into_iter()
                .find(|period| complete(*period) >= 2 * SALES_PERIODS)
                .unwrap_or(Period::Day)
        });
        self.make(SectionId::Sales, &[self.history_of(2 * SALES_PERIODS as u64)], || {
            let window = Window { since: None, until: Some(self.as_of) };
            let query = Query { window, period, ..Query::default() };
            let history = SeriesSet::counted(self.orders, &query, &files.join("`, `"))?;
            // Further than half of what is known nobody should look.
            let horizon = period.usual_horizon().min((complete(period) / 2).max(1) as usize);
            let options = forecast::Options {
                horizon: Some(horizon),
                seed: self.options.seed,
                target: self.options.target,
                ..forecast::Options::default()
            };
            let fit = forecast::Fit::new(&history, &options)?;
            let (mut forecast, state) = (fit.forecast(&options)?, fit.state().ok());
            let query = PipelineQuery { period, as_of: Some(self.as_of), by: None };
            let next = history.series().first().map(forecast::History::next);
            let pipeline = deals.and_then(|deals| {
                // Deals that bear no forecast of their own leave that of the series.
                let flow = DealFlow::new(deals, of_deals, &query).ok()?;
                let found = forecast::forecast_pipeline(&flow, &options).ok()?;
                let begins = found.forecasts().series().first().map(|series| series.first);
                let series_alone = forecast.series().first()?.total.mean;
                let open_deals = found.deals_table(deals, self.options.lang).ok()?;
                (begins == next).then_some(Pipeline { forecast: found, series_alone, open_deals })
            });
            if let Some(pipeline) = &pipeline {
                forecast = pipeline.forecast.forecasts().clone();
            }
            Ok(Sales { history, forecast, state, target: self.options.target, pipeline })
        })
    }

    fn rfm(&self) -> Answer<Scored> {
        self.make(SectionId::Rfm, &[self.customers(RFM_CUSTOMERS)], || {
            let window = Window { since: None, until: Some(self.as_of) };
            let now =
                rfm::score_orders(self.orders, &rfm::Options { window, ..Default::default() })?;
            let days = recent_days(self.as_of.date().days() - self.first.days());
            let before = days.map(|days| AsOf::start_of(self.as_of.date().plus_days(-days)));
            // Beside an earlier report, who moved since that.
            let earlier = self.options.since.as_ref().map(|earlier| earlier.as_of);
            let moves = earlier.or(before).and_then(|earlier| {
                let window = Window { since: None, until: Some(earlier) };
                // Without a purchase by then there is nobody to compare with.
                let before = rfm::score_orders(self.orders, &now.model().options(window)).ok()?;
                Some(rfm::migration(&before, &now).map(|moves| (earlier, moves)))
            });
            Ok(Scored { now, moves: moves.transpose()? })
        })
    }

    fn clusters(&self) -> Answer<segments::Segments> {
        self.make(SectionId::Clusters, &[self.customers(CLUSTER_CUSTOMERS)], || {
            let features = segments::Customers::DEFAULT;
            let customers = segments::Customers::at(&self.history, self.as_of, &features)?;
            let options =
                segments::Options { seed: self.options.seed, ..segments::Options::default() };
            segments::fit(&customers, &options)
        })
    }

    fn churn(&self) -> Answer<churn::Churn> {
        let needs = [self.customers(CHURN_CUSTOMERS), self.history_of(CHURN_DAYS)];
        self.make(SectionId::Churn, &needs, || {
            let horizon = recent_days(self.days() as i32).unwrap_or(30).max(30) as u32;
            let learning =
                churn::Learning { seed: self.options.seed, ..churn::Learning::default() };
            let options = churn::Options {
                as_of: Some(self.as_of),
                horizon: churn::Horizon::days(horizon)?,
                learning,
                ..churn::Options::default()
            };
            churn::fit(&self.history, &options)
        })
    }

    fn clv(&self) -> Answer<clv::Clv> {
        self.make(SectionId::Clv, &[self.repeat_customers(), self.history_of(CLV_DAYS)], || {
            clv::Clv::of_orders(self.orders, self.as_of, &clv::Options::default())
        })
    }

    /// The strategies, from the models of `clv` and `rfm` where these were made.
    fn strategies(&self, clv: &Answer<clv::Clv>, rfm: &Answer<Scored>) -> Answer<Strategies> {
        let (clv, rfm) = match (clv, rfm) {
            (Ok(clv), Ok(rfm)) => (Some(clv), Some(rfm)),
            (Ok(_) | Err(Reason::NotAsked), Ok(_) | Err(Reason::NotAsked)) => (None, None),
            (Err(reason), _) | (_, Err(reason)) => return Err(reason.clone()),
        };
        let needs =
            [self.customers(RFM_CUSTOMERS), self.repeat_customers(), self.history_of(CLV_DAYS)];
        self.make(SectionId::Strategy, &needs, || {
            let window = Window { since: None, until: Some(self.as_of) };
            let clv_options = clv::Options { window, ..clv::Options::default() };
            let (margin, rules) = (clv_options.margin, strategy::Rules::default());
            match (clv, rfm) {
                (Some(clv), Some(rfm)) => {
                    strategy::choose_from(self.orders, clv, &rfm.now, &rules, margin)
                }
                _ => {
                    strategy::choose_of(self.orders, &strategy::Options { clv: clv_options, rules })
                }
            }
        })
    }

    fn why(&self) -> Answer<why::Why> {
        let Some(recent) = self.activity.recent else { return Err(Reason::ShortSpan) };
        self.make(SectionId::Why, &[], || {
            let [now, before, year_ago] = windows(self.as_of.date().days(), recent.days);
            let span = |(from, until): (i32, i32)| {
                why::Span::new(Date::from_days(from), Date::from_days(until - 1))
            };
            let then = if recent.year_ago.is_some() { year_ago } else { before };
            let against = why::Against::Period(span(then)?);
            why::explain_orders(self.orders, &why::Query::new(span(now)?, against), &[])
        })
    }

    fn cohorts(&self) -> Answer<Acquisition> {
        use cohorts::Period;
        let months = |period: Period| {
            period.number(self.as_of.date()).saturating_sub(period.number(self.first))
        };
        let period = Period::ALL
            .into_iter()
            .find(|period| months(*period) <= MOST_COHORTS)
            .unwrap_or(Period::Year);
        let needs = [self.customers(COHORT_CUSTOMERS), self.history_of(90)];
        self.make(SectionId::Cohorts, &needs, || {
            Ok(Acquisition::of_orders(self.orders, self.as_of, period))
        })
    }
}

impl Reason {
    /// Whether less was found than is needed.
    fn is_lacking(&self) -> bool {
        match self {
            Self::FewCustomers { found, needed }
            | Self::FewRepeatCustomers { found, needed }
            | Self::ShortHistory { found, needed } => found < needed,
            Self::NotAsked
            | Self::ShortSpan
            | Self::NoParts
            | Self::NoDeals
            | Self::NoManagers
            | Self::NoProducts
            | Self::Refused { .. } => true,
        }
    }
}
