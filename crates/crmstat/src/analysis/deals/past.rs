//! Deals as they stood at a moment: nothing that came later is in what the model sees.

use super::columns::{Column as Named, NAMES, Use};
use crate::{
    AsOf, Result,
    analysis::{
        churn::frame::{Cells, Frame, Schema},
        funnel::{
            Beside,
            touches::touches,
            view::View,
            ways::{Visit, Ways},
        },
    },
    data::{self, DealStatus, Field, Labels, Texts},
};

/// All deals of an export with what became of them before the instant of observation, to be seen at any earlier moment.
pub(super) struct Past<'a> {
    pub(super) view: View<'a>,
    pub(super) ways: Ways,
    /// When something was done for each deal, oldest first; `None` where no activities are given.
    pub(super) touched: Option<Vec<Vec<f64>>>,
    /// By customer: closes with whether they were won, oldest first.
    of_customer: Vec<Vec<(f64, bool)>>,
    /// The place of every deal in an order that neither ids nor the order of rows change.
    pub(super) rank: Vec<usize>,
    /// The deals that can be seen in the past, in that order: their creation is known, and their close if they are
    /// closed, and does not come first.
    pub(super) usable: Vec<usize>,
    pub(super) has_history: bool,
    /// What a typical deal is worth, so that amounts act by their ratio to it.
    unit: Option<f64>,
}

/// How often everybody's share of won deals counts beside a customer's own.
const PRIOR_DEALS: f64 = 2.0;
/// The days in which an activity is recent.
const RECENT_DAYS: f64 = 30.0;
/// The first days of the bands of age, which need not act in proportion.
const BANDS: [f64; 8] = [3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0];
/// Typical amounts in units: the logarithm of more than a hundredth of one is all but that of the ratio.
const TYPICAL: f64 = 100.0;

impl<'a> Past<'a> {
    pub(super) fn new(
        deals: &'a data::Deals,
        beside: Beside<'_>,
        as_of: Option<AsOf>,
    ) -> Result<Self> {
        let view = View::new(deals, as_of, beside.history);
        let ways = Ways::new(&view, beside.history, &[])?;
        let touched = beside.activities.map(|activities| touches(&view, activities));
        // Activities of which none belongs to a deal are those of somebody else.
        let touched = touched.filter(|touched| touched.iter().any(|times| !times.is_empty()));
        let usable = |deal: &usize| {
            let closed = view.closed[*deal];
            view.created[*deal].is_some_and(|created| {
                closed.map_or(view.status[*deal] == DealStatus::Open, |closed| {
                    created < crate::analysis::funnel::view::end_of(closed)
                })
            })
        };
        let mut usable: Vec<usize> = view.rows.iter().copied().filter(usable).collect();
        let labels: Vec<&Labels> = TEXTS.iter().filter_map(|field| deals.labels(*field)).collect();
        usable.sort_by(|a, b| {
            let times = |times: &[Option<f64>]| times[*a].partial_cmp(&times[*b]);
            let equal = Some(std::cmp::Ordering::Equal);
            let texts = labels.iter().map(|labels| labels.get(*a).cmp(&labels.get(*b)));
            let visited =
                |deal: usize| ways.visits[deal].iter().map(|v: &Visit| (v.stage, v.entered));
            (times(&view.created).or(equal).into_iter())
                .chain(times(&view.closed))
                .chain([view.status[*a].cmp(&view.status[*b])])
                .chain([deals.amount()[*a].cmp(&deals.amount()[*b])])
                .chain(texts)
                .chain(visited(*a).partial_cmp(visited(*b)))
                .find(|found| found.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut rank = vec![usize::MAX; deals.len()];
        for (place, deal) in usable.iter().enumerate() {
            rank[*deal] = place;
        }
        let mut of_customer = Vec::new();
        if let Some(customers) = deals.labels(Field::CustomerId) {
            of_customer = vec![Vec::new(); customers.labels().len()];
            for deal in usable.iter().copied() {
                if let (Some(code), Some(closed)) = (customers.code(deal), view.closed[deal]) {
                    let won = view.status[deal] == DealStatus::Won;
                    of_customer[code as usize].push((closed, won));
                }
            }
            for closes in &mut of_customer {
                closes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            }
        }
        let mut amounts: Vec<f64> = usable.iter().filter_map(|deal| amount(deals, *deal)).collect();
        amounts.sort_by(f64::total_cmp);
        let unit = amounts.get(amounts.len() / 2).map(|typical| typical / TYPICAL);
        let has_history = beside.history.is_some() && ways.has_history.contains(&true);
        Ok(Self { view, ways, touched, of_customer, rank, usable, has_history, unit })
    }

    /// The instant of observation in days since 1970.
    pub(super) fn cutoff(&self) -> f64 {
        self.view.cutoff
    }

    /// The deals that were open at `at`, in an order that ids do not change.
    pub(super) fn open_at(&self, at: f64) -> Vec<usize> {
        let is_open = |deal: &usize| {
            self.view.created[*deal].is_some_and(|created| created < at)
                && self.view.closed[*deal].is_none_or(|closed| closed >= at)
        };
        self.usable.iter().copied().filter(is_open).collect()
    }

    /// Days from `at` to the win of a deal that was open then; `None` where it was not won before the instant of
    /// observation.
    pub(super) fn won_after(&self, deal: usize, at: f64) -> Option<f64> {
        let closed = self.view.closed[deal]?;
        (self.view.status[deal] == DealStatus::Won).then_some(closed - at)
    }

    /// The stage at which `deal` stood at `at`, and since when.
    pub(super) fn stage_at(&self, deal: usize, at: f64) -> Option<(u32, f64)> {
        let visits = self.visits_before(deal, at);
        visits.last().and_then(|visit| Some((visit.stage, visit.entered?)))
    }

    fn visits_before(&self, deal: usize, at: f64) -> &[Visit] {
        let visits = &self.ways.visits[deal];
        let known = |visit: &Visit| visit.entered.is_some_and(|entered| entered < at);
        &visits[..visits.partition_point(known)]
    }

    /// What the model may see of `deals` at `at`: the columns that are `used`, and for which there are tables.
    pub(super) fn frame(&self, at: f64, deals: &[usize], used: &Use) -> Frame {
        let base = self.base_rate(at);
        let columns = NAMES
            .into_iter()
            .filter(|column| used.takes(*column) && self.bears(*column))
            .map(|column| {
                let cells = self.cells(column, at, deals, base);
                let number = matches!(cells, Cells::Number(_));
                let unit = self.unit.filter(|_| column == Named::Amount);
                let logarithm = number && column.acts_by_ratio();
                (Schema { name: column.name().to_owned(), number, logarithm, unit }, cells)
            })
            .collect();
        Frame { rows: deals.len(), columns }
    }

    /// Whether there is a table from which `column` can be known in the past.
    fn bears(&self, column: Named) -> bool {
        let deals = self.view.deals;
        match column {
            Named::Stage | Named::StageDays | Named::StagesEntered => self.has_history,
            Named::Activities
            | Named::Activities30d
            | Named::DaysSinceActivity
            | Named::FirstActivityDays => self.touched.is_some(),
            Named::CustomerWon | Named::CustomerLost | Named::CustomerShareWon => {
                self.of_customer.len() > 1
            }
            Named::Amount => self.unit.is_some(),
            Named::AgeDays | Named::AgeBand => true,
            _ => column.field().and_then(|field| deals.labels(field)).is_some_and(|labels| {
                // One text for all deals tells nothing apart.
                labels.labels().len() > 1
            }),
        }
    }

    /// The share won of the deals that were closed before `at`; a half where none was.
    fn base_rate(&self, at: f64) -> f64 {
        let (mut won, mut closed) = (0.5, 1.0);
        for deal in &self.usable {
            if self.view.closed[*deal].is_some_and(|closed| closed < at) {
                closed += 1.0;
                won += f64::from(u8::from(self.view.status[*deal] == DealStatus::Won));
            }
        }
        won / closed
    }

    fn cells(&self, column: Named, at: f64, deals: &[usize], base: f64) -> Cells {
        let numbers = |of: &dyn Fn(usize) -> Option<f64>| {
            Cells::Number(deals.iter().map(|deal| of(*deal).unwrap_or(f64::NAN)).collect())
        };
        let age = |deal: usize| self.view.created[deal].map(|created| at - created);
        // Activities before the moment.
        let done = |deal: usize| -> &[f64] {
            let times = self.touched.as_ref().map_or(&[][..], |touched| &touched[deal]);
            &times[..times.partition_point(|time| *time < at)]
        };
        let customer = |deal: usize| -> (f64, f64) {
            let code = self.view.deals.labels(Field::CustomerId).and_then(|l| l.code(deal));
            let Some(code) = code else { return (f64::NAN, f64::NAN) };
            let closes = self.of_customer[code as usize].iter().filter(|(closed, _)| *closed < at);
            closes.fold(
                (0.0, 0.0),
                |(won, lost), (_, is_won)| {
                    if *is_won { (won + 1.0, lost) } else { (won, lost + 1.0) }
                },
            )
        };
        match column {
            Named::AgeDays => numbers(&age),
            Named::AgeBand => {
                let names = BANDS.iter().map(|from| format!("{from:03}"));
                let names: Vec<String> = std::iter::once("000".to_owned()).chain(names).collect();
                let band = |deal: &usize| {
                    age(*deal).map(|age| BANDS.iter().filter(|from| age >= **from).count() as u32)
                };
                Cells::Category {
                    labels: names.iter().map(|name| Some(&**name)).collect(),
                    codes: deals.iter().map(band).collect(),
                }
            }
            Named::Stage => Cells::Category {
                labels: self.ways.names.iter().map(|name| Some(&**name)).collect(),
                codes: deals
                    .iter()
                    .map(|deal| self.stage_at(*deal, at).map(|(stage, _)| stage))
                    .collect(),
            },
            Named::StageDays => {
                numbers(&|deal| self.stage_at(deal, at).map(|(_, entered)| at - entered))
            }
            Named::StagesEntered => numbers(&|deal| {
                let count = self.visits_before(deal, at).len();
                (count > 0).then_some(count as f64)
            }),
            Named::Amount => numbers(&|deal| amount(self.view.deals, deal)),
            Named::CustomerWon => numbers(&|deal| Some(customer(deal).0)),
            Named::CustomerLost => numbers(&|deal| Some(customer(deal).1)),
            Named::CustomerShareWon => numbers(&|deal| {
                let (won, lost) = customer(deal);
                Some((won + PRIOR_DEALS * base) / (won + lost + PRIOR_DEALS))
            }),
            Named::Activities => numbers(&|deal| Some(done(deal).len() as f64)),
            Named::Activities30d => numbers(&|deal| {
                let recent = done(deal).iter().filter(|time| **time >= at - RECENT_DAYS);
                Some(recent.count() as f64)
            }),
            Named::DaysSinceActivity => numbers(&|deal| done(deal).last().map(|time| at - time)),
            Named::FirstActivityDays => {
                numbers(&|deal| Some((done(deal).first()? - self.view.created[deal]?).max(0.0)))
            }
            _ => {
                let labels = column.field().and_then(|field| self.view.deals.labels(field));
                let texts: Texts = labels.map(|own| own.labels().clone()).unwrap_or_default();
                let code = |deal: &usize| labels.and_then(|labels| labels.code(*deal));
                Cells::Category { labels: texts, codes: deals.iter().map(code).collect() }
            }
        }
    }
}

/// The texts of a deal that may tell its odds.
const TEXTS: [Field; 6] =
    [Field::Pipeline, Field::Owner, Field::Product, Field::Source, Field::Region, Field::Channel];

/// What a deal is worth, where that is known: many exports write 0 for unknown.
pub(super) fn amount(deals: &data::Deals, deal: usize) -> Option<f64> {
    deals.amount()[deal].map(crate::Money::to_f64).filter(|amount| *amount > 0.0)
}
