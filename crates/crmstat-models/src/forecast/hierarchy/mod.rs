//! Forecasts that add up: how do the forecasts of products, regions and the total become one plan?
//!
//! # Formula
//! Bottom-up: sums of the bottom forecasts. Top-down: the total's forecast by historical shares. Minimum
//! trace: ỹ = ŷ − WCᵀ(CWCᵀ)⁻¹Cŷ, where each row of C is a node less its bottom series and W the covariance of
//! the base forecasts' one-step errors, its correlations shrunk towards zero by
//! λ = Σ Var(r)/Σ r² over all pairs. Keeping the total: the same with the total's row and column of W set to
//! zero, as if its forecast never erred. The reconciled errors have the covariance `MWMᵀ` with
//! M = I − WCᵀ(CWCᵀ)⁻¹C, which makes every interval one of the same joint distribution. Without negative values: negative bottom forecasts become zero and
//! everything is summed anew.
//!
//! # Assumptions
//! Every node is the sum of its bottom series. Minimum trace: base forecasts are unbiased, and the errors
//! of later steps are correlated like those of the first.
//!
//! # Which method
//! Residuals tell how wrong a forecast was one step ahead in sample; a total is forecast better, compared
//! with its parts, than that says, as its pattern is clearer. On Australian tourism (a total, 8 states, 76
//! regions), eight quarters ahead from nine origins in 2012–2014 inside the training part, errors relative to
//! the base forecasts' were, from the total down: bottom-up 1.145, 1.078, 1; minimum trace 1.083, 1.027, 0.977;
//! keeping the total 1, 0.964, 0.953 (W from rolling one-step errors). With the 304 purposes below: 1, 0.965,
//! 0.951, 0.974 against 1.105, 1.044, 0.984, 0.987. So [`Method::MinTraceOfTotal`] is what crmstat uses.
//!
//! # Citation
//! S. Wickramasuriya, G. Athanasopoulos, R. Hyndman, Journal of the American Statistical Association 114,
//! 2019 (eq. 8 and 13; here in the equivalent form of theorem 1's proof); J. Schäfer, K. Strimmer,
//! Statistical Applications in Genetics and Molecular Biology 4, 2005 (λ); B. Zhang, Y. Kang, A.
//! Panagiotelis, F. Li, European Journal of Operational Research 308, 2023 (forecasts that are kept);
//! S. Wickramasuriya, Journal of the American Statistical Association 119, 2024 (joint distribution); C. Gross, J. Sohl, Journal of
//! Forecasting 9, 1990 (shares, method F); T. Di Fonzo, D. Girolimetto, International Journal of
//! Forecasting 39, 2023 (set negative to zero).
//!
//! # When not to use
//! Minimum trace with residuals that know the future or base models that never saw an error: the weights
//! follow the residuals.
//!
//! # Units and shapes
//! One unit for all series. Nodes come in the order total, groups of each level by label, bottom series;
//! every node has one row of equal length.
//!
//! # Errors
//! Labels, rows, shares or residuals of the wrong number or length, values that are not finite: parameter
//! errors.
//!
//! # Examples
//! ```
//! use crmstat_models::forecast::hierarchy::{Hierarchy, Method};
//!
//! // Three products, the first two in one region.
//! let hierarchy = Hierarchy::new(3, &[&[0, 0, 1]])?;
//! let base = [vec![60.0], vec![33.0], vec![26.0], vec![10.0], vec![20.0], vec![25.0]];
//! let plan = hierarchy.reconcile(&base, Method::BottomUp)?;
//! assert_eq!(plan[0], [55.0]);
//! assert_eq!(plan[1], [30.0]);
//! # Ok::<(), crmstat_models::Error>(())
//! ```

mod covariance;
#[cfg(test)]
mod properties;

use self::covariance::shrunk_covariance;
use crate::{Error, Result, linalg::qr::Qr, parallel, sum};

/// Which bottom series make up which node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    bottom: usize,
    /// The bottom series of each node above the bottom.
    groups: Vec<Vec<usize>>,
}

/// How forecasts are made to add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method<'a> {
    /// Sums of the bottom forecasts.
    BottomUp,
    /// The total's forecast by these shares, one per bottom series; see [`Hierarchy::shares`].
    TopDown(&'a [f64]),
    /// Minimum trace with shrinkage, given the one-step errors of every node's base forecast.
    MinTrace(&'a [Vec<f64>]),
    /// As [`Method::MinTrace`], but the total keeps its forecast and its parts are fitted to it.
    MinTraceOfTotal(&'a [Vec<f64>]),
}

impl Hierarchy {
    /// A total over `bottom` series and, for each level between, the label of every bottom series, counted
    /// from 0 without gaps.
    ///
    /// # Errors
    /// A parameter error for no series, a level of the wrong length or a label without series.
    pub fn new(bottom: usize, levels: &[&[usize]]) -> Result<Self> {
        if bottom == 0 {
            return Err(Error::parameter("bottom", bottom, "at least 1"));
        }
        let mut groups = vec![(0..bottom).collect::<Vec<_>>()];
        for labels in levels {
            if labels.len() != bottom {
                let allowed = format!("one label for each of {bottom} series");
                return Err(Error::parameter("levels", labels.len(), allowed));
            }
            let count = labels.iter().max().map_or(0, |label| label.saturating_add(1));
            if count > bottom {
                let allowed = format!("labels counted from 0, below {bottom}");
                return Err(Error::parameter("levels", count - 1, allowed));
            }
            let mut members = vec![Vec::new(); count];
            for (series, label) in labels.iter().enumerate() {
                members[*label].push(series);
            }
            if let Some(label) = members.iter().position(Vec::is_empty) {
                return Err(Error::parameter("levels", label, "a label of at least one series"));
            }
            groups.extend(members);
        }
        Ok(Self { bottom, groups })
    }

    /// All nodes, the bottom series among them.
    pub fn nodes(&self) -> usize {
        self.groups.len() + self.bottom
    }

    /// The rows of all nodes from those of the bottom series.
    ///
    /// # Errors
    /// A parameter error for a wrong number of rows, or rows of different length.
    pub fn aggregate(&self, bottom: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
        let length = check_rows("bottom", bottom, self.bottom)?;
        let sums = self.groups.iter().map(|group| {
            let at = |h: usize| sum::compensated(group.iter().map(|series| bottom[*series][h]));
            (0..length).map(at).collect()
        });
        Ok(sums.chain(bottom.iter().cloned()).collect())
    }

    /// The share of each bottom series in the sum of all histories; equal shares where that sum is zero.
    ///
    /// # Errors
    /// As [`Hierarchy::aggregate`].
    pub fn shares(&self, bottom_history: &[Vec<f64>]) -> Result<Vec<f64>> {
        check_rows("bottom_history", bottom_history, self.bottom)?;
        let sums: Vec<f64> =
            bottom_history.iter().map(|row| sum::compensated(row.iter().copied())).collect();
        let total = sum::compensated(sums.iter().copied());
        let equal = 1.0 / self.bottom as f64;
        Ok(sums.iter().map(|sum| if total == 0.0 { equal } else { sum / total }).collect())
    }

    /// Forecasts that add up, one row per node, from base forecasts, one row per node.
    ///
    /// # Errors
    /// See the module's documentation.
    pub fn reconcile(&self, base: &[Vec<f64>], method: Method<'_>) -> Result<Vec<Vec<f64>>> {
        self.aggregate(&self.reconciled_bottom(base, method)?)
    }

    /// As [`Hierarchy::reconcile`], without negative values.
    ///
    /// # Errors
    /// As [`Hierarchy::reconcile`].
    pub fn reconcile_non_negative(
        &self,
        base: &[Vec<f64>],
        method: Method<'_>,
    ) -> Result<Vec<Vec<f64>>> {
        let mut bottom = self.reconciled_bottom(base, method)?;
        for value in bottom.iter_mut().flatten() {
            *value = value.max(0.0);
        }
        self.aggregate(&bottom)
    }

    fn reconciled_bottom(&self, base: &[Vec<f64>], method: Method<'_>) -> Result<Vec<Vec<f64>>> {
        check_rows("base", base, self.nodes())?;
        match method {
            Method::BottomUp => Ok(base[self.groups.len()..].to_vec()),
            Method::TopDown(shares) => {
                if shares.len() != self.bottom || shares.iter().any(|share| !share.is_finite()) {
                    let allowed = format!("{} finite shares", self.bottom);
                    return Err(Error::parameter("shares", shares.len(), allowed));
                }
                let split = |share: &f64| base[0].iter().map(|total| total * share).collect();
                Ok(shares.iter().map(split).collect())
            }
            Method::MinTrace(residuals) => {
                let weights = self.covariance(residuals)?;
                Projection::new(self, &weights)?.bottom(self, base)
            }
            Method::MinTraceOfTotal(residuals) => {
                let weights = keeping_total(self.covariance(residuals)?);
                Projection::new(self, &weights)?.bottom(self, base)
            }
        }
    }

    /// The variance of every node's error after [`Method::MinTraceOfTotal`], as a share of the one before: what
    /// the other nodes tell about it.
    ///
    /// # Errors
    /// A parameter error for residuals of the wrong number or length.
    pub fn variance_ratios(&self, residuals: &[Vec<f64>]) -> Result<Vec<f64>> {
        let covariance = self.covariance(residuals)?;
        let projection = Projection::new(self, &keeping_total(covariance.clone()))?;
        let ratio = |node: usize| -> Result<f64> {
            let row = projection.row(self, node)?;
            let product =
                |weights: &Vec<f64>| -> f64 { weights.iter().zip(&row).map(|(w, m)| w * m).sum() };
            let variance: f64 = covariance.iter().zip(&row).map(|(w, m)| m * product(w)).sum();
            Ok((variance / covariance[node][node]).max(0.0))
        };
        let chunks = parallel::map_chunks(self.nodes(), NODES_OF_A_TASK, |nodes| {
            nodes.map(ratio).collect::<Result<Vec<f64>>>()
        });
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    fn covariance(&self, residuals: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
        let length = check_rows("residuals", residuals, self.nodes())?;
        if length < 2 {
            return Err(Error::parameter("residuals", length, "at least 2 for each node"));
        }
        Ok(shrunk_covariance(residuals))
    }

    /// What a row of C takes from a row of any matrix: the node less its bottom series.
    fn discrepancy(&self, node: usize, row: impl Fn(usize) -> f64) -> f64 {
        let above = self.groups.len();
        row(node) - self.groups[node].iter().map(|series| row(above + series)).sum::<f64>()
    }
}

/// Nodes whose variance one task works out.
const NODES_OF_A_TASK: usize = 16;

/// The covariance as if the total never erred.
fn keeping_total(mut covariance: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    covariance[0].fill(0.0);
    for row in &mut covariance {
        row[0] = 0.0;
    }
    covariance
}

/// M = `I − WCᵀ(CWCᵀ)⁻¹C`: from base forecasts to those that add up.
struct Projection {
    /// `WCᵀ` by rows.
    spread: Vec<Vec<f64>>,
    /// `CWCᵀ`.
    solver: Qr,
}

impl Projection {
    fn new(hierarchy: &Hierarchy, weights: &[Vec<f64>]) -> Result<Self> {
        let above = hierarchy.groups.len();
        let spread: Vec<Vec<f64>> = weights
            .iter()
            .map(|row| (0..above).map(|node| hierarchy.discrepancy(node, |at| row[at])).collect())
            .collect();
        let column = |column: usize| {
            (0..above).map(|node| hierarchy.discrepancy(node, |at| spread[at][column])).collect()
        };
        let constraint: Vec<Vec<f64>> = (0..above).map(column).collect();
        Ok(Self { solver: Qr::of_columns(&constraint)?, spread })
    }

    /// The rows of the bottom series.
    fn bottom(&self, hierarchy: &Hierarchy, base: &[Vec<f64>]) -> Result<Vec<Vec<f64>>> {
        let above = hierarchy.groups.len();
        let mut bottom = base[above..].to_vec();
        for h in 0..base[0].len() {
            let gaps: Vec<f64> =
                (0..above).map(|node| hierarchy.discrepancy(node, |at| base[at][h])).collect();
            let multipliers = self.solver.solve(&gaps)?;
            for (row, spread) in bottom.iter_mut().zip(&self.spread[above..]) {
                row[h] -= spread.iter().zip(&multipliers).map(|(w, x)| w * x).sum::<f64>();
            }
        }
        Ok(bottom)
    }

    /// The row of M that belongs to `node`: `CWCᵀ` is symmetric, so that its inverse may come first.
    fn row(&self, hierarchy: &Hierarchy, node: usize) -> Result<Vec<f64>> {
        let above = hierarchy.groups.len();
        let multipliers = self.solver.solve(&self.spread[node])?;
        let mut row = vec![0.0; hierarchy.nodes()];
        row[node] = 1.0;
        for (group, multiplier) in hierarchy.groups.iter().enumerate().zip(&multipliers) {
            let (place, members) = group;
            row[place] -= multiplier;
            for series in members {
                row[above + series] += multiplier;
            }
        }
        Ok(row)
    }
}

/// Checks the number of rows and that they are of one length and finite; returns the length.
fn check_rows(name: &'static str, rows: &[Vec<f64>], expected: usize) -> Result<usize> {
    if rows.len() != expected {
        return Err(Error::parameter(name, rows.len(), format!("{expected} rows")));
    }
    let length = rows.first().map_or(0, Vec::len);
    for row in rows {
        if row.len() != length {
            return Err(Error::parameter(name, row.len(), format!("rows of {length} values")));
        }
        if let Some(value) = row.iter().find(|value| !value.is_finite()) {
            return Err(Error::parameter(name, value, "finite"));
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hierarchy() -> Hierarchy {
        Hierarchy::new(4, &[&[0, 0, 1, 1], &[0, 1, 0, 1]]).unwrap()
    }

    fn base() -> Vec<Vec<f64>> {
        [100.0, 60.0, 45.0, 48.0, 58.0, 30.0, 25.0, 20.0, 21.0].map(|x| vec![x, 1.1 * x]).to_vec()
    }

    fn residuals() -> Vec<Vec<f64>> {
        (0..9)
            .map(|node| {
                (0..20)
                    .map(|t| f64::from((t * 7 + node * node * 3 + t * t * node) % 13 - 6))
                    .collect()
            })
            .collect()
    }

    fn adds_up(hierarchy: &Hierarchy, plan: &[Vec<f64>]) -> bool {
        hierarchy.groups.iter().enumerate().all(|(node, group)| {
            (0..plan[0].len()).all(|h| {
                let sum: f64 = group.iter().map(|series| plan[5 + series][h]).sum();
                (plan[node][h] - sum).abs() < 1e-9
            })
        })
    }

    #[test]
    fn every_method_adds_up() {
        let hierarchy = hierarchy();
        assert_eq!(hierarchy.nodes(), 9);
        let shares = hierarchy.shares(&base()[5..]).unwrap();
        let residuals = residuals();
        for method in [
            Method::BottomUp,
            Method::TopDown(&shares),
            Method::MinTrace(&residuals),
            Method::MinTraceOfTotal(&residuals),
        ] {
            let plan = hierarchy.reconcile(&base(), method).unwrap();
            assert!(adds_up(&hierarchy, &plan), "{method:?}");
        }
        assert_eq!(hierarchy.reconcile(&base(), Method::TopDown(&shares)).unwrap()[0][0], 100.0);
    }

    #[test]
    fn minimum_trace_equals_generalised_least_squares() {
        // b = argmin (ŷ − Sb)ᵀW⁻¹(ŷ − Sb): at the solution Sᵀ W⁻¹ (ŷ − ỹ) = 0.
        let hierarchy = hierarchy();
        let plan = hierarchy.reconcile(&base(), Method::MinTrace(&residuals())).unwrap();
        let covariance = shrunk_covariance(&residuals());
        let gap: Vec<f64> = base().iter().zip(&plan).map(|(b, p)| b[0] - p[0]).collect();
        let weighted = Qr::of_columns(&covariance).unwrap().solve(&gap).unwrap();
        for series in 0..4 {
            let mut gradient = weighted[5 + series];
            for (node, group) in hierarchy.groups.iter().enumerate() {
                gradient += if group.contains(&series) { weighted[node] } else { 0.0 };
            }
            assert!(gradient.abs() < 1e-9, "{series}: {gradient}");
        }
    }

    #[test]
    fn the_total_keeps_its_forecast_and_its_parts_are_fitted_to_it() {
        let hierarchy = hierarchy();
        let residuals = residuals();
        let plan = hierarchy.reconcile(&base(), Method::MinTraceOfTotal(&residuals)).unwrap();
        assert!((plan[0][0] - 100.0).abs() < 1e-9 && (plan[0][1] - 110.0).abs() < 1e-9);
        // The same as minimum trace with a total that nearly never errs.
        let mut sure = residuals.clone();
        sure[0].fill(0.0);
        let close = hierarchy.reconcile(&base(), Method::MinTrace(&sure)).unwrap();
        for (ours, theirs) in plan.iter().flatten().zip(close.iter().flatten()) {
            assert!((ours - theirs).abs() < 0.6, "{ours} {theirs}");
        }
    }

    #[test]
    fn reconciled_variances_are_those_of_reconciled_errors() {
        // Errors of the reconciled forecasts are the reconciled errors: M is linear.
        let hierarchy = hierarchy();
        let residuals = residuals();
        let ratios = hierarchy.variance_ratios(&residuals).unwrap();
        assert!((ratios[0] - 1.0).abs() < 1e-9, "the total is kept: {ratios:?}");
        let covariance = shrunk_covariance(&residuals);
        let method = Method::MinTraceOfTotal(&residuals);
        // MWMᵀ by applying the reconciliation to the columns of W and then to those of the result.
        let once = hierarchy.reconcile(&covariance, method).unwrap();
        let turned: Vec<Vec<f64>> =
            (0..9).map(|column| once.iter().map(|row| row[column]).collect()).collect();
        let twice = hierarchy.reconcile(&turned, method).unwrap();
        for (node, ratio) in ratios.iter().enumerate() {
            let expected = twice[node][node] / covariance[node][node];
            assert!((ratio - expected).abs() < 1e-9, "{node}: {ratio} {expected}");
        }
    }

    #[test]
    fn forecasts_that_add_up_stay_as_they_are() {
        let hierarchy = hierarchy();
        let coherent = hierarchy.aggregate(&base()[5..]).unwrap();
        let plan = hierarchy.reconcile(&coherent, Method::MinTrace(&residuals())).unwrap();
        for (ours, theirs) in plan.iter().flatten().zip(coherent.iter().flatten()) {
            assert!((ours - theirs).abs() < 1e-9);
        }
    }

    #[test]
    fn without_negative_values_it_still_adds_up() {
        let hierarchy = hierarchy();
        let mut bottom = base()[5..].to_vec();
        bottom[1] = vec![-40.0, 3.0];
        let base = hierarchy.aggregate(&bottom).unwrap();
        let residuals = residuals();
        let method = Method::MinTrace(&residuals);
        assert!(hierarchy.reconcile(&base, method).unwrap().iter().flatten().any(|x| *x < 0.0));
        let plan = hierarchy.reconcile_non_negative(&base, method).unwrap();
        assert!(plan.iter().flatten().all(|x| *x >= 0.0) && adds_up(&hierarchy, &plan));
    }

    #[test]
    fn shapes_are_checked() {
        assert!(Hierarchy::new(0, &[]).is_err());
        assert!(Hierarchy::new(2, &[&[0]]).is_err());
        assert!(Hierarchy::new(3, &[&[0, 2, 2]]).is_err());
        assert!(Hierarchy::new(2, &[&[0, usize::MAX]]).is_err());
        let hierarchy = hierarchy();
        assert!(hierarchy.reconcile(&base()[1..], Method::BottomUp).unwrap_err().is_parameter());
        assert!(hierarchy.reconcile(&base(), Method::TopDown(&[1.0])).is_err());
        assert!(hierarchy.reconcile(&base(), Method::MinTrace(&residuals()[..3])).is_err());
        let mut ragged = base();
        ragged[3].pop();
        assert!(hierarchy.reconcile(&ragged, Method::BottomUp).is_err());
        let silent = vec![vec![0.0; 5]; 9];
        assert!(adds_up(
            &hierarchy,
            &hierarchy.reconcile(&base(), Method::MinTrace(&silent)).unwrap()
        ));
    }
}
