//! The segments of customers or of lines, by which sales are divided.

use crate::{
    Lang, Result, Window,
    analysis::{
        rfm,
        sales::{cube::NONE, facts::Facts},
    },
};
use std::collections::HashMap;

/// The names of the segments, and the segment of every customer where it is the customer's.
pub(in crate::analysis) struct Segments {
    /// In English and in Russian, by code.
    pub(in crate::analysis) names: Vec<(String, String)>,
    of_customer: Option<Vec<u32>>,
}

impl Segments {
    /// Those that the second dimension of `facts` says, where `by_column`; else those of RFM in `window`.
    ///
    /// # Errors
    /// Customers that cannot be scored.
    pub(in crate::analysis) fn of(
        facts: &Facts<'_>,
        by_column: bool,
        window: Window,
    ) -> Result<Self> {
        if by_column {
            let labels = facts.dims[1].1.labels();
            let name = |code: usize| labels.get(code).unwrap_or_default().to_owned();
            let names = (0..labels.len()).map(|code| (name(code), name(code))).collect();
            return Ok(Self { names, of_customer: None });
        }
        let options = rfm::Options { window, ..rfm::Options::default() };
        let scored = rfm::score_orders(&facts.orders, &options)?;
        let (english, russian) =
            (scored.segments().names(Lang::En), scored.segments().names(Lang::Ru));
        let names = english
            .into_iter()
            .zip(russian)
            .map(|(english, russian)| (english.to_owned(), russian.to_owned()))
            .collect();
        let of_id: HashMap<&str, u32> = scored
            .customers()
            .filter_map(|customer| Some((customer.id, customer.segment?)))
            .collect();
        let ids = facts.orders.customers();
        let of = |customer: usize| {
            let own = ids.get(customer).and_then(|id| of_id.get(id));
            own.copied().unwrap_or(NONE)
        };
        Ok(Self { names, of_customer: Some((0..ids.len()).map(of).collect()) })
    }

    /// The segment of the line number `line` of the customer number `customer`.
    pub(in crate::analysis) fn code(
        &self,
        facts: &Facts<'_>,
        line: usize,
        customer: usize,
    ) -> Option<u32> {
        match &self.of_customer {
            Some(of) => of.get(customer).copied().filter(|code| *code != NONE),
            None => facts.dims[1].1.code(line),
        }
    }
}
