//! Models that earlier versions saved are loaded and score as they did, for ever.
//!
//! `tests/compat/v1` holds a model of every kind in the first layout of model files and, beside each, the first
//! rows of what it answered then on the tables of `tests/compat/input`. Files here are never written anew:
//! a new layout gets a folder of its own. Columns may be added to an answer; those that were there stay.

use std::{fs, path::Path, process::Command};

/// Every saved model, and the command that scores by it.
const SAVED: &[(&str, &[&str])] = &[
    ("rfm", &["rfm", "orders.csv", "--model"]),
    ("segments", &["segment", "orders.csv", "--model"]),
    ("segments_categories", &["segment", "orders.csv", "--model"]),
    ("segments_table", &["segment", "--table", "contracts.csv", "--model"]),
    ("churn_logistic", &["churn", "score", "orders.csv", "--model"]),
    ("churn_trees", &["churn", "score", "orders.csv", "--model"]),
    ("churn_isotonic", &["churn", "score", "orders.csv", "--model"]),
    (
        "churn_contract_end",
        &["churn", "score", "orders.csv", "--customers", "contracts.csv", "--model"],
    ),
    ("churn_table", &["churn", "score", "--table", "contracts.csv", "--model"]),
    ("deals_logistic", &["deals", "score", "deals.csv", "--model"]),
    ("deals_trees", &["deals", "score", "deals.csv", "--model"]),
    ("response_probability", &["response", "score", "campaign.csv", "--model"]),
    ("response_uplift", &["response", "score", "campaign.csv", "--model"]),
    ("clv_mbg_nbd", &["clv", "orders.csv", "--model"]),
    ("clv_bg_nbd", &["clv", "orders.csv", "--model"]),
    ("clv_pareto_nbd", &["clv", "orders.csv", "--model"]),
    ("clv_covariates", &["clv", "orders.csv", "--customers", "contracts.csv", "--model"]),
    ("clv_bg_bb", &["clv", "orders.csv", "--model"]),
    ("clv_sbg", &["clv", "orders.csv", "--customers", "contracts.csv", "--model"]),
    ("forecast_total", &["forecast", "orders.csv", "--horizon", "3", "--model"]),
    ("forecast_parts", &["forecast", "orders.csv", "--horizon", "3", "--by", "region", "--model"]),
    (
        "forecast_regressors",
        &[
            "forecast",
            "--series",
            "series.csv",
            "--regressors",
            "plan.csv",
            "--horizon",
            "6",
            "--model",
        ],
    ),
    ("forecast_arima", &["forecast", "orders.csv", "--horizon", "3", "--model"]),
    ("forecast_theta", &["forecast", "orders.csv", "--horizon", "3", "--model"]),
    (
        "forecast_intermittent",
        &["forecast", "orders.csv", "--horizon", "3", "--period", "day", "--model"],
    ),
];

/// The relative difference that sums in another order may make.
const TOLERANCE: f64 = 1e-9;

/// Cells of a line, of which some are quoted.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn alike(old: &str, new: &str) -> bool {
    if old == new {
        return true;
    }
    match (old.parse::<f64>(), new.parse::<f64>()) {
        (Ok(old), Ok(new)) => (old - new).abs() <= TOLERANCE * old.abs().max(1.0),
        _ => false,
    }
}

#[test]
fn saved_models_score_as_they_did() {
    let here =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat").canonicalize().unwrap();
    let mut failures = Vec::new();
    for (name, arguments) in SAVED {
        let model = here.join("v1").join(name).with_extension("json");
        let output = Command::new(env!("CARGO_BIN_EXE_crmstat"))
            .current_dir(here.join("input"))
            .args(*arguments)
            .arg(&model)
            .args(["--quiet", "--format", "csv"])
            .output()
            .unwrap();
        if !output.status.success() {
            failures.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let found = String::from_utf8(output.stdout).unwrap();
        let then = fs::read_to_string(model.with_extension("csv")).unwrap();
        let (found, then): (Vec<_>, Vec<_>) =
            (found.lines().map(cells).collect(), then.lines().map(cells).collect());
        assert!(then.len() > 3, "{name} has nothing to compare with");
        for (column, header) in then[0].iter().enumerate() {
            // How wide an interval is comes from past errors, not from the file.
            let is_bound = header.starts_with("lower_") || header.starts_with("upper_");
            // Reasons are told in words that may become better.
            if is_bound && name.starts_with("forecast_") || header.starts_with("reason_") {
                continue;
            }
            let Some(place) = found[0].iter().position(|own| own == header) else {
                failures.push(format!("{name}: the column `{header}` is gone"));
                continue;
            };
            let differs = (1..then.len()).find(|&row| {
                !found.get(row).is_some_and(|new| alike(&then[row][column], &new[place]))
            });
            if let Some(row) = differs {
                let new = found.get(row).map_or("(no row)", |new| new[place].as_str());
                failures.push(format!(
                    "{name}: row {row}, `{header}`: {} then, {new} now",
                    then[row][column]
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_saved_model_is_scored() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat/v1");
    let mut held: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == "json"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    held.sort();
    let mut listed: Vec<&str> = SAVED.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(held, listed);
}
