//! Quantities and costs of lines as exact numbers, and whether a cost is that of a piece.

use super::{Money, sales::is_purchase};

/// Quantities are summed in millionths, so that their order changes nothing.
pub(crate) const QUANTITY_SCALE: f64 = 1e6;

/// The quantity of a line in millionths, with the sign of its `amount`: what is given back is taken off.
pub(crate) fn quantity_of(value: f64, amount: Money) -> Option<i64> {
    let quantity = (value * QUANTITY_SCALE).round();
    // Quantities past the range of sums are mistakes of the file.
    let quantity = (quantity.abs() < 1e15).then_some(quantity as i64)?;
    Some(if is_purchase(amount) { quantity } else { -quantity.abs() })
}

/// What a line costs, with the sign of its `amount`.
pub(crate) fn cost_of_row(cost: Money, amount: Money) -> Option<Money> {
    signed(i128::from(cost.units()), amount)
}

/// What `quantity` millionths of a piece cost at `cost` a piece, with the sign of the `amount` of the line.
pub(crate) fn cost_of_pieces(cost: Money, quantity: i64, amount: Money) -> Option<Money> {
    signed(i128::from(cost.units()) * i128::from(quantity) / QUANTITY_SCALE as i128, amount)
}

fn signed(units: i128, amount: Money) -> Option<Money> {
    let units = if is_purchase(amount) { units.abs() } else { -units.abs() };
    i64::try_from(units).ok().map(Money::from_units)
}

/// Lines of several pieces that have to tell whether a cost is of a piece or of the line.
const LEAST_TOLD: i64 = 10;
/// Logarithms are summed in these parts, so that their order changes nothing.
const LOG_SCALE: f64 = 1_048_576.0;

/// What lines of several pieces tell of their costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CostEvidence {
    lines: i64,
    /// Sums of the logarithms of cost over amount and of their squares: of the cost as it is, and of the cost
    /// times the quantity.
    of_row: (i64, i128),
    of_pieces: (i64, i128),
}

impl CostEvidence {
    /// Looks at a line.
    pub(crate) fn add(&mut self, cost: Option<Money>, quantity: Option<i64>, amount: Money) {
        let (Some(cost), Some(quantity)) = (cost, quantity) else { return };
        let (cost, pieces) = (cost.to_f64().abs(), quantity as f64 / QUANTITY_SCALE);
        let amount = amount.to_f64();
        if !(cost > 0.0 && amount > 0.0 && pieces > 1.0) {
            return;
        }
        self.lines += 1;
        let take = |(sum, squares): &mut (i64, i128), ratio: f64| {
            let log = (ratio.ln() * LOG_SCALE).round() as i64;
            *sum += log;
            *squares += i128::from(log) * i128::from(log);
        };
        take(&mut self.of_row, cost / amount);
        take(&mut self.of_pieces, cost * pieces / amount);
    }

    /// Takes in what other lines tell.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.lines += other.lines;
        self.of_row.0 += other.of_row.0;
        self.of_row.1 += other.of_row.1;
        self.of_pieces.0 += other.of_pieces.0;
        self.of_pieces.1 += other.of_pieces.1;
    }

    /// Whether costs are of one piece: then cost times quantity goes with the amount more closely than cost does.
    pub(crate) fn is_of_a_piece(&self) -> bool {
        let spread = |(sum, squares): (i64, i128)| {
            i128::from(self.lines) * squares - i128::from(sum) * i128::from(sum)
        };
        self.lines >= LEAST_TOLD && spread(self.of_pieces) < spread(self.of_row)
    }
}

#[cfg(test)]
mod tests {
    use super::{CostEvidence, cost_of_pieces, cost_of_row, quantity_of};
    use crate::Money;

    fn evidence(lines: &[(i64, i64, i64)]) -> CostEvidence {
        let mut all = CostEvidence::default();
        for (cost, pieces, amount) in lines {
            all.add(
                Money::from_whole(*cost),
                Some(pieces * 1_000_000),
                Money::from_whole(*amount).unwrap(),
            );
        }
        all
    }

    #[test]
    fn a_cost_that_goes_with_the_price_is_that_of_a_piece() {
        let of_piece: Vec<_> = (2..20).map(|pieces| (6, pieces, 10 * pieces)).collect();
        assert!(evidence(&of_piece).is_of_a_piece());
        let of_row: Vec<_> = (2..20).map(|pieces| (6 * pieces, pieces, 10 * pieces)).collect();
        assert!(!evidence(&of_row).is_of_a_piece());
        // Too few lines tell nothing.
        assert!(!evidence(&of_piece[..9]).is_of_a_piece());
    }

    #[test]
    fn evidence_of_parts_is_that_of_the_whole() {
        let lines: Vec<_> = (2..30).map(|at| (3 + at % 5, 2 + at % 7, 10 * at)).collect();
        let mut parts = evidence(&lines[11..]);
        parts.merge(&evidence(&lines[..11]));
        assert_eq!(parts, evidence(&lines));
    }

    #[test]
    fn what_is_given_back_is_taken_off() {
        let (bought, refund) = (Money::from_units(100), Money::from_units(-100));
        assert_eq!(quantity_of(2.5, bought), Some(2_500_000));
        assert_eq!(quantity_of(2.5, refund), Some(-2_500_000));
        assert_eq!(quantity_of(1e12, bought), None);
        let cost = Money::from_units(40);
        assert_eq!(cost_of_row(cost, refund), Some(Money::from_units(-40)));
        assert_eq!(cost_of_pieces(cost, 2_500_000, bought), Some(Money::from_units(100)));
    }
}
