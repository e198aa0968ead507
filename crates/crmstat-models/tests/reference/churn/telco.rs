//! The IBM Telco contracts: 7,043 customers, of whom 26.54 % churned.

use crmstat_models::churn::evaluation::{auc, average_precision, brier, gains, log_loss};
use crmstat_models::churn::leakage::signs;
use crmstat_models::churn::{
    Boosting, Encoder, Logistic, Monotone, Penalty, RawColumn, Rows, Sample, Solver,
};

use super::folds::repeated_stratified_folds;
use crate::shared;

const NUMBERS: [&str; 3] = ["tenure", "MonthlyCharges", "TotalCharges"];

struct Telco {
    names: Vec<String>,
    /// By column; blanks of `TotalCharges` are zero, as in the protocol.
    cells: Vec<Vec<String>>,
    labels: Vec<bool>,
}

impl Telco {
    fn read() -> Self {
        let path = shared("data/customers/churn/telco_customer_churn.csv");
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let names: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
        let mut cells = vec![Vec::new(); names.len()];
        for line in lines {
            for (column, cell) in cells.iter_mut().zip(line.split(',')) {
                column.push(cell.trim().to_owned());
            }
        }
        let labels = cells[names.len() - 1].iter().map(|cell| cell == "Yes").collect();
        Self { names, cells, labels }
    }

    fn column(&self, name: &str) -> &[String] {
        &self.cells[self.names.iter().position(|own| own == name).unwrap()]
    }

    /// The number as it is, 0 where blank.
    fn number(&self, name: &str) -> Vec<f64> {
        let number = |cell: &String| if cell.is_empty() { 0.0 } else { cell.parse().unwrap() };
        self.column(name).iter().map(number).collect()
    }

    fn flags(&self, name: &str, value: &str) -> Vec<f64> {
        self.column(name).iter().map(|cell| f64::from(u8::from(cell == value))).collect()
    }

    /// All columns but the customer: standardised numbers and one flag per category. Returns the table
    /// and its width.
    fn encoded(&self) -> (Vec<f64>, usize) {
        let numbers: Vec<Vec<f64>> =
            NUMBERS.iter().map(|name| standardised(&self.number(name))).collect();
        let others = self.names[1..self.names.len() - 1]
            .iter()
            .filter(|name| !NUMBERS.contains(&name.as_str()));
        let categories: Vec<Vec<Option<&str>>> = others
            .map(|name| self.column(name).iter().map(|cell| Some(cell.as_str())).collect())
            .collect();
        let columns: Vec<RawColumn<'_>> = numbers
            .iter()
            .map(|values| RawColumn::Number(values))
            .chain(categories.iter().map(|values| RawColumn::Category(values)))
            .collect();
        let encoder = Encoder::params().reference(false).fit(&columns).unwrap();
        (encoder.encode(&columns).unwrap(), encoder.features().len())
    }
}

fn standardised(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    values.iter().map(|value| (value - mean) / variance.sqrt()).collect()
}

/// The table of some columns side by side.
fn beside(columns: &[Vec<f64>]) -> Vec<f64> {
    (0..columns[0].len()).flat_map(|row| columns.iter().map(move |column| column[row])).collect()
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_unpenalised_logit_is_statsmodels_needs_shared_data() {
    let telco = Telco::read();
    let columns = [
        telco.number("tenure"),
        telco.number("MonthlyCharges"),
        telco.number("SeniorCitizen"),
        telco.flags("Contract", "One year"),
        telco.flags("Contract", "Two year"),
        telco.flags("InternetService", "Fiber optic"),
        telco.flags("InternetService", "No"),
        telco.flags("PaymentMethod", "Credit card (automatic)"),
        telco.flags("PaymentMethod", "Electronic check"),
        telco.flags("PaymentMethod", "Mailed check"),
        telco.flags("PaperlessBilling", "Yes"),
    ];
    let published = [
        -0.875_817, -0.032_712, 0.003_171, 0.321_711, -0.734_881, -1.505_824, 0.879_186,
        -0.725_952, -0.083_897, 0.405_292, -0.039_808, 0.402_362,
    ];
    let values = beside(&columns);
    let sample = Sample::new(Rows::new(&values, columns.len()).unwrap(), &telco.labels).unwrap();
    for solver in [Solver::Auto, Solver::Lbfgs] {
        let params = Logistic::params().penalty(Penalty::None).solver(solver).tolerance(1e-9);
        let model = params.fit(sample).unwrap();
        let diagnostics = model.diagnostics();
        assert!(diagnostics.converged);
        assert!((diagnostics.log_likelihood + 2_981.045_070).abs() < 1e-6, "{diagnostics:?}");
        assert!((diagnostics.null_log_likelihood + 4_075.072_95).abs() < 1e-5);
        for (estimate, published) in model.estimates().unwrap().iter().zip(published) {
            assert!((estimate.value - published).abs() < 1e-5, "{estimate:?} {published}");
        }
    }
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn penalised_objectives_are_scikit_learns_needs_shared_data() {
    let telco = Telco::read();
    let (values, width) = telco.encoded();
    assert_eq!(width, 46);
    let sample = Sample::new(Rows::new(&values, width).unwrap(), &telco.labels).unwrap();
    for (penalty, published) in [
        (Penalty::L2 { strength: 1.0 }, 2_917.002_890_289),
        (Penalty::L2 { strength: 100.0 }, 3_017.839_717_812),
        (Penalty::L1 { strength: 10.0 }, 2_981.167_773_726),
        (Penalty::ElasticNet { strength: 10.0, l1_share: 0.5 }, 2_958.881_248_739),
    ] {
        let model = Logistic::params().penalty(penalty).fit(sample).unwrap();
        let objective = model.diagnostics().objective;
        assert!(model.diagnostics().converged, "{penalty:?}: {:?}", model.diagnostics());
        assert!((objective / published - 1.0).abs() < 1e-9, "{penalty:?}: {objective}");
    }
}

/// The means over the folds of a protocol.
#[derive(Debug, Default)]
struct Means {
    auc: f64,
    average_precision: f64,
    log_loss: f64,
    brier: f64,
    lift: f64,
}

/// `RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)`.
fn by_protocol(
    values: &[f64],
    width: usize,
    labels: &[bool],
    fit_and_score: impl Fn(Sample<'_>, Rows<'_>) -> Vec<f64>,
) -> Means {
    let mut means = Means::default();
    for folds in repeated_stratified_folds(labels, 5, 2, 0) {
        for fold in 0..5 {
            let part = |held_out: bool| -> (Vec<f64>, Vec<bool>) {
                let rows = (0..labels.len()).filter(|row| (folds[*row] == fold) == held_out);
                let rows: Vec<usize> = rows.collect();
                let values = rows.iter().flat_map(|row| &values[row * width..][..width]);
                (values.copied().collect(), rows.iter().map(|row| labels[*row]).collect())
            };
            let ((learned, learned_labels), (judged, judged_labels)) = (part(false), part(true));
            let sample = Sample::new(Rows::new(&learned, width).unwrap(), &learned_labels).unwrap();
            let scores = fit_and_score(sample, Rows::new(&judged, width).unwrap());
            means.auc += auc(&scores, &judged_labels).unwrap().value / 10.0;
            means.average_precision += average_precision(&scores, &judged_labels).unwrap() / 10.0;
            means.log_loss += log_loss(&scores, &judged_labels, None).unwrap() / 10.0;
            means.brier += brier(&scores, &judged_labels, 10).unwrap().value / 10.0;
            means.lift += gains(&scores, &judged_labels, 10).unwrap()[0].lift / 10.0;
        }
    }
    means
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_logistic_regression_meets_the_protocol_needs_shared_data() {
    let telco = Telco::read();
    let (values, width) = telco.encoded();
    let means = by_protocol(&values, width, &telco.labels, |sample, rows| {
        Logistic::params().fit(sample).unwrap().probabilities(rows).unwrap()
    });
    eprintln!("logistic: {means:?}");
    assert!(means.auc >= 0.845, "{means:?}");
    assert!(means.average_precision >= 0.654, "{means:?}");
    assert!(means.log_loss <= 0.418, "{means:?}");
    assert!(means.brier <= 0.136, "{means:?}");
    assert!(means.lift >= 2.83, "{means:?}");
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn the_challenger_meets_the_protocol_needs_shared_data() {
    let telco = Telco::read();
    let (values, width) = telco.encoded();
    // A longer tenure never makes a contract less stable.
    let mut monotone = vec![Monotone::Free; width];
    monotone[0] = Monotone::Decreasing;
    let means = by_protocol(&values, width, &telco.labels, |sample, rows| {
        let params = Boosting::params().monotone(monotone.clone());
        params.fit(sample).unwrap().probabilities(rows).unwrap()
    });
    eprintln!("challenger: {means:?}");
    assert!(means.auc >= 0.847, "{means:?}");
    assert!(means.log_loss <= 0.414, "{means:?}");
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn no_column_of_telco_is_accused_of_leaking_needs_shared_data() {
    let telco = Telco::read();
    let (values, width) = telco.encoded();
    let rows = Rows::new(&values, width).unwrap();
    for column in 0..width {
        let values = rows.column(column);
        assert_eq!(
            signs(RawColumn::Number(&values), &telco.labels, false).unwrap(),
            [],
            "{column}"
        );
    }
}
