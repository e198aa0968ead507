//! What is bought together.

use super::{Basket, Least, SegmentBy, check_rate, purchases::Purchases};
use crate::{
    AsOf, Error, Lang, Result, Window,
    analysis::{products::segments::Segments, sales::Note},
    data::{
        Orders, Records,
        table::{Column, Table},
    },
    ingest::{Export, Imported},
};
use crmstat_models::baskets::{
    Baskets,
    rules::{Params, Rule, mine},
};
use std::sync::Arc;

/// What is asked of baskets.
#[derive(Clone, Debug)]
pub struct RuleQuery {
    /// The days whose orders count.
    pub window: Window,
    /// What a product is: a column of the export or of a table beside it.
    pub by: String,
    /// What a basket is.
    pub basket: Basket,
    /// By what baskets are divided; `None` is not at all.
    pub segments: Option<SegmentBy>,
    /// The most products of a set, from 2 to 4.
    pub size: usize,
    /// The fewest baskets of a set.
    pub least: Least,
    /// The least confidence of a rule.
    pub confidence: f64,
    /// The false discovery rate of the rules that are shown; 1 shows all.
    pub false_discovery: f64,
    /// Which rules come first.
    pub sort: RuleSort,
}

impl Default for RuleQuery {
    /// Pairs of products in orders, at a false discovery rate of 5 %.
    fn default() -> Self {
        Self {
            window: Window::default(),
            by: "product".to_owned(),
            basket: Basket::default(),
            segments: None,
            size: 2,
            least: Least::default(),
            confidence: 0.0,
            false_discovery: 0.05,
            sort: RuleSort::default(),
        }
    }
}

/// Which rules come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleSort {
    /// Those with the most baskets beyond what chance would bring: many and telling.
    #[default]
    Extra,
    /// Those with the highest lift, which may be those of few baskets.
    Lift,
    /// Those with the highest confidence.
    Confidence,
    /// Those with the most baskets.
    Support,
}

/// A frequent set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetFound {
    /// The products, by their labels.
    pub products: Vec<Arc<str>>,
    /// Baskets with all of them.
    pub baskets: u32,
    /// Their share.
    pub support: f64,
    /// The support over what independent products would have.
    pub lift: f64,
}

/// Who buys the antecedent buys the consequent.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductRule {
    /// What is bought.
    pub antecedent: Vec<Arc<str>>,
    /// What is bought with it.
    pub consequent: Arc<str>,
    /// Baskets with all of it.
    pub baskets: u32,
    /// Their share in all baskets.
    pub support: f64,
    /// Baskets with the antecedent.
    pub antecedent_baskets: u32,
    /// Baskets with the consequent.
    pub consequent_baskets: u32,
    /// The share of the former that have the consequent.
    pub confidence: f64,
    /// The confidence over the share of all baskets that have the consequent.
    pub lift: f64,
    /// Baskets beyond those that chance would bring.
    pub extra: f64,
    /// How likely so many baskets are by chance.
    pub p_value: f64,
    /// The false discovery rate at which this rule would just be called one.
    pub q_value: f64,
}

/// The baskets of one segment, or all.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleGroup {
    /// The segment in English and in Russian; `None` is all baskets, or those of no segment.
    pub segment: Option<(String, String)>,
    /// Baskets with a product.
    pub baskets: u32,
    /// Those with two and more.
    pub of_several: u32,
    /// The fewest baskets of a set.
    pub least: u32,
    /// Products with as many.
    pub frequent: u32,
    /// The frequent sets, smaller ones first, those with the most baskets first.
    pub sets: Vec<SetFound>,
    /// Rules that were found.
    pub found: usize,
    /// Those that are shown, in the order that was asked for.
    pub rules: Vec<ProductRule>,
}

/// What is bought together.
#[derive(Clone, Debug)]
pub struct Rules {
    as_of: AsOf,
    divided: bool,
    false_discovery: f64,
    groups: Vec<RuleGroup>,
    notes: Vec<Note>,
}

/// Finds what the baskets of `export` hold together.
///
/// ```
/// use crmstat::{analysis::baskets::{self, RuleQuery}, ingest::{Export, ReadOptions}};
///
/// let mut csv = "order_id,customer_id,order_date,amount,product\n".to_owned();
/// for order in 0..40 {
///     let products = if order % 2 == 0 { ["printer", "ink"] } else { ["desk", "lamp"] };
///     for product in products {
///         csv += &format!("{order},C{order},2025-01-05,10,{product}\n");
///     }
/// }
/// let mut export = Export::from_bytes("orders.csv", csv, ReadOptions::default())?;
/// let found = baskets::rules(&mut export, &RuleQuery::default(), &[])?.result;
/// let rule = &found.groups()[0].rules[0];
/// assert_eq!((rule.baskets, rule.confidence, rule.lift), (20, 1.0, 2.0));
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// What the export cannot bear, nobody who bought, no basket of two products, or a setting out of range.
pub fn rules(
    export: &mut Export,
    query: &RuleQuery,
    tables: &[Records],
) -> Result<Imported<Rules>> {
    check(query)?;
    let read = Purchases::read(export, query.window, &columns(query), tables)?;
    read.try_map(|purchases| Rules::of(&purchases, query))
}

/// Finds what the baskets of `orders` that have been read hold together.
///
/// # Errors
/// As [`rules`].
pub fn rules_of(orders: &Orders, query: &RuleQuery, tables: &[Records]) -> Result<Rules> {
    check(query)?;
    let purchases = Purchases::of_orders(orders, query.window, &columns(query), tables)?;
    Rules::of(&purchases, query)
}

fn columns(query: &RuleQuery) -> Vec<String> {
    let segment = query.segments.as_ref().and_then(SegmentBy::column);
    std::iter::once(query.by.as_str()).chain(segment).map(str::to_owned).collect()
}

fn check(query: &RuleQuery) -> Result<()> {
    check_rate(query.false_discovery)?;
    if (0.0..=1.0).contains(&query.confidence) {
        return Ok(());
    }
    Err(Error::usage(format!("a confidence of {} is not from 0 to 1", query.confidence)))
}

impl Rules {
    fn of(purchases: &Purchases<'_>, query: &RuleQuery) -> Result<Self> {
        let labels: Vec<Arc<str>> = purchases.labels().into_iter().map(Arc::from).collect();
        let segments = match &query.segments {
            Some(by) => Some(Segments::of(&purchases.facts, by.column().is_some(), query.window)?),
            None => None,
        };
        // The last group is of no segment.
        let count = segments.as_ref().map_or(0, |segments| segments.names.len());
        let mut baskets: Vec<Baskets> = vec![Baskets::new(labels.len()); count + 1];
        purchases.baskets(query.basket, |group, line, items| {
            let segment = segments.as_ref().and_then(|own| own.code(&purchases.facts, line, group));
            baskets[segment.map_or(count, |code| code as usize)].push(items);
        });
        if !baskets.iter().flat_map(Baskets::iter).any(|basket| basket.len() > 1) {
            let error = Error::data("no basket holds two products");
            return Err(error.with_hint(
                "give the lines of the orders, or take all that a customer bought for one basket",
            ));
        }
        let mut groups = Vec::new();
        for (code, own) in baskets.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
            let segment = segments.as_ref().and_then(|segments| segments.names.get(code)).cloned();
            groups.push(RuleGroup::of(own, segment, &labels, query)?);
        }
        Ok(Self {
            as_of: purchases.as_of,
            divided: query.segments.is_some(),
            false_discovery: query.false_discovery,
            groups,
            notes: purchases.notes(),
        })
    }

    /// The instant of observation.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// One per segment with baskets, or one of all.
    pub fn groups(&self) -> &[RuleGroup] {
        &self.groups
    }

    /// What has to be known of the figures.
    pub fn notes(&self) -> Vec<Note> {
        let sum = |of: fn(&RuleGroup) -> u64| self.groups.iter().map(of).sum::<u64>();
        let (baskets, several) = (sum(|own| own.baskets.into()), sum(|own| own.of_several.into()));
        let (found, shown) = (sum(|own| own.found as u64), sum(|own| own.rules.len() as u64));
        let percent = (1e6 * self.false_discovery).round() / 1e4;
        let mut notes = self.notes.clone();
        notes.push(Note::new(
            format!(
                "{several} of {baskets} baskets hold two products and more; {shown} of {found} rules pass the test and \
                 the confidence asked for: at most {percent} % of them may be chance. Large baskets hold more of \
                 everything, and those of one customer are alike: both make rules look surer than they are"
            ),
            format!(
                "корзин с двумя и более товарами: {several} из {baskets}; правил, прошедших проверку и порог \
                 достоверности: {shown} из {found}, доля случайных среди них — не больше {percent} %. В больших \
                 корзинах больше всего подряд, а корзины одного клиента похожи: поэтому правила кажутся надёжнее, чем есть"
            ),
        ));
        notes
    }

    /// One row per rule.
    ///
    /// | column | what it is |
    /// |---|---|
    /// | `segment`, `segment_code` | where divided: the segment, and its English name or label |
    /// | `antecedent`, `consequent` | what is bought, several joined by ` + `; what is bought with it |
    /// | `baskets`, `support` | baskets with all of it, their share |
    /// | `antecedent_baskets`, `consequent_baskets` | baskets with either |
    /// | `confidence`, `lift` | the share of the former that have the latter, over the share of all that do |
    /// | `extra_baskets` | baskets beyond those that chance would bring |
    /// | `p_value`, `q_value` | Fisher's exact test, and the false discovery rate; see [`crate::models::baskets::rules`] |
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.groups.iter().flat_map(|group| group.rules.iter());
        let of_rules =
            self.groups.iter().flat_map(|group| vec![group.segment.as_ref(); group.rules.len()]);
        let mut columns = self.segment_columns(lang, &of_rules.collect::<Vec<_>>());
        let antecedents: Vec<String> = rows().map(|rule| rule.antecedent.join(JOIN)).collect();
        columns.extend([
            Column::text("antecedent", "Если покупают", antecedents.iter().map(String::as_str)),
            Column::text("consequent", "То покупают", rows().map(|rule| &*rule.consequent)),
            Column::int("baskets", "Корзин", rows().map(|rule| i64::from(rule.baskets))),
            Column::float("support", "Поддержка", 4, rows().map(|rule| rule.support)),
            Column::int(
                "antecedent_baskets",
                "Корзин с первым",
                rows().map(|rule| i64::from(rule.antecedent_baskets)),
            ),
            Column::int(
                "consequent_baskets",
                "Корзин со вторым",
                rows().map(|rule| i64::from(rule.consequent_baskets)),
            ),
            Column::float("confidence", "Достоверность", 4, rows().map(|rule| rule.confidence)),
            Column::float("lift", "Лифт", 2, rows().map(|rule| rule.lift)),
            Column::float("extra_baskets", "Сверх случайного", 1, rows().map(|rule| rule.extra)),
            Column::float("p_value", "p-значение", 6, rows().map(|rule| rule.p_value)),
            Column::float("q_value", "q-значение", 6, rows().map(|rule| rule.q_value)),
        ]);
        Table::new("baskets_rules", columns)
    }

    /// One row per frequent set: its products, joined by ` + `, their number, `baskets`, `support` and `lift`, the
    /// support over what independent products would have.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn sets_table(&self, lang: Lang) -> Result<Table> {
        let rows = || self.groups.iter().flat_map(|group| group.sets.iter());
        let of_sets =
            self.groups.iter().flat_map(|group| vec![group.segment.as_ref(); group.sets.len()]);
        let mut columns = self.segment_columns(lang, &of_sets.collect::<Vec<_>>());
        let products: Vec<String> = rows().map(|set| set.products.join(JOIN)).collect();
        columns.extend([
            Column::text("products", "Товары", products.iter().map(String::as_str)),
            Column::int("size", "Сколько", rows().map(|set| set.products.len() as i64)),
            Column::int("baskets", "Корзин", rows().map(|set| i64::from(set.baskets))),
            Column::float("support", "Поддержка", 4, rows().map(|set| set.support)),
            Column::float("lift", "Лифт", 2, rows().map(|set| set.lift)),
        ]);
        Table::new("baskets_sets", columns)
    }

    fn segment_columns(&self, lang: Lang, rows: &[Option<&(String, String)>]) -> Vec<Column> {
        if !self.divided {
            return Vec::new();
        }
        let name = |own: Option<&(String, String)>| {
            own.map_or(lang.pick("(none)", "(нет)").to_owned(), |(english, russian)| {
                lang.pick(english, russian).clone()
            })
        };
        let names: Vec<String> = rows.iter().copied().map(name).collect();
        let codes = rows.iter().map(|own| own.map(|(english, _)| english.as_str()));
        vec![
            Column::text("segment", "Сегмент", names.iter().map(String::as_str)),
            Column::text("segment_code", "Код сегмента", codes),
        ]
    }
}

/// What stands between the products of a set.
const JOIN: &str = " + ";

impl RuleGroup {
    fn of(
        baskets: &Baskets,
        segment: Option<(String, String)>,
        labels: &[Arc<str>],
        query: &RuleQuery,
    ) -> Result<Self> {
        let least = query.least.of(baskets.len());
        let mined =
            mine(baskets, Params::new(least).size(query.size)).map_err(Error::from_model)?;
        let all = f64::from(mined.baskets);
        let of_several = baskets.iter().filter(|basket| basket.len() > 1).count();
        let name = |product: &u32| Arc::clone(&labels[*product as usize]);
        let mut rules: Vec<&Rule> = mined
            .rules
            .iter()
            .filter(|rule| rule.q_value <= query.false_discovery)
            .filter(|rule| confidence(rule) >= query.confidence)
            .collect();
        // Equal rules stay in the order of their products, which is that of their labels.
        rules.sort_by(|one, other| {
            let key = |rule: &Rule| match query.sort {
                RuleSort::Extra => extra(rule, all),
                RuleSort::Lift => lift(rule, all),
                RuleSort::Confidence => confidence(rule),
                RuleSort::Support => f64::from(rule.baskets),
            };
            key(other).total_cmp(&key(one))
        });
        let rules = rules.into_iter().map(|rule| ProductRule {
            antecedent: rule.antecedent.products().iter().map(name).collect(),
            consequent: name(&rule.consequent),
            baskets: rule.baskets,
            support: f64::from(rule.baskets) / all,
            antecedent_baskets: rule.antecedent_baskets,
            consequent_baskets: rule.consequent_baskets,
            confidence: confidence(rule),
            lift: lift(rule, all),
            extra: extra(rule, all),
            p_value: rule.p_value,
            q_value: rule.q_value,
        });
        let rules = rules.collect();
        let counts = baskets.counts();
        let mut sets = mined.sets;
        sets.sort_by_key(|(set, count)| (set.products().len(), std::cmp::Reverse(*count)));
        let sets = sets.into_iter().map(|(set, count)| {
            let share = |product: &u32| f64::from(counts[*product as usize]) / all;
            let support = f64::from(count) / all;
            SetFound {
                products: set.products().iter().map(name).collect(),
                baskets: count,
                support,
                lift: support / set.products().iter().map(share).product::<f64>(),
            }
        });
        Ok(Self {
            segment,
            baskets: mined.baskets,
            of_several: of_several as u32,
            least,
            frequent: mined.frequent,
            sets: sets.collect(),
            found: mined.rules.len(),
            rules,
        })
    }
}

fn confidence(rule: &Rule) -> f64 {
    f64::from(rule.baskets) / f64::from(rule.antecedent_baskets)
}

fn lift(rule: &Rule, all: f64) -> f64 {
    confidence(rule) / (f64::from(rule.consequent_baskets) / all)
}

fn extra(rule: &Rule, all: f64) -> f64 {
    let expected = f64::from(rule.antecedent_baskets) * (f64::from(rule.consequent_baskets) / all);
    f64::from(rule.baskets) - expected
}
