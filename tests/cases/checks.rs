//! How the answer to a case is judged.

use serde_json::Value;
use std::collections::BTreeMap;

/// What a command left behind.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A way to judge; the right answer is that of `expected.json`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// Money by customer, or orders and money; these customers and no other. `"rejected"`: no customer but
    /// a row told as rejected.
    Customers,
    /// As `Customers`, at the first run or at the second one, with the options that the first hinted at.
    SecondRun,
    /// As `Customers`, and what the answer must say besides.
    CustomersAndTold(&'static [&'static str]),
    /// As `Customers`; or else all of these words on standard error.
    CustomersOrTold(&'static [&'static str]),
    /// These ids; or else a word that the encoding is a guess.
    Ids,
    /// One message with all these labels and their counts; or else a reader that knows them all.
    Labels,
    /// Revenue by the label behind the period, all of it.
    Parts,
    /// The forecast of every month, to a tenth.
    PerMonth,
    /// The forecast of a year, to a seventh, and next to nothing in the months that had nothing.
    Season,
    /// The last month counts, or the message says how to make it count.
    LastMonth,
    /// A warning in the summary that tells the year of an order far from the others, and how many those are.
    FarDate,
    /// These years are told on standard error.
    YearsTold,
    /// Recency, frequency and monetary score by customer; or else a refusal.
    Scores,
    /// The level on weekdays, to a fifth, and less than a tenth of it on weekends.
    Weekdays,
    /// An answer of one row at least.
    Answered,
    /// For a case that has no judge of its own: an exit code of ours, and the customers of `expected.json` where it
    /// tells them.
    General,
}

type Verdict = Result<(), String>;

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(why()) }
}

impl Check {
    pub(crate) fn judge(self, answer: &Answer, expected: &Value) -> Verdict {
        ensure(matches!(answer.code, Some(0..=2)), || {
            format!("exit {:?}: {}", answer.code, answer.stderr)
        })?;
        match self {
            Self::Customers | Self::SecondRun => answer.customers(expected),
            Self::CustomersAndTold(words) => {
                answer.customers(expected).and_then(|()| answer.says(words))
            }
            Self::CustomersOrTold(words) => {
                answer.customers(expected).or_else(|why| answer.says(words).map_err(|_| why))
            }
            Self::Ids => {
                let right = list(&expected["ids"]).all(|id| answer.row(id).is_some());
                ensure(right, || answer.stdout.clone())
                    .or_else(|why| answer.says(&["encoding", "guess"]).map_err(|_| why))
            }
            Self::Labels => answer.labels(expected),
            Self::Parts => answer.parts(expected),
            Self::PerMonth => {
                let level = expected["per_month"].as_f64().unwrap();
                let forecast = answer.forecast()?;
                let far = forecast.iter().find(|(_, value)| (value / level - 1.0).abs() > 0.1);
                ensure(far.is_none(), || format!("{far:?} is not near {level}"))
            }
            Self::Season => answer.season(expected),
            Self::LastMonth => {
                let (as_of, month) = (text(&expected["as_of"]), text(&expected["last_month"]));
                let first = answer.forecast()?.swap_remove(0).0;
                ensure(first.as_str() > month, || format!("the forecast begins at {first}"))
                    .or_else(|why| answer.says(&["--as-of", as_of]).map_err(|_| why))
            }
            Self::FarDate => {
                let (year, others) = (text(&expected["year"]), expected["others"].to_string());
                let told = |text: &str| {
                    text.lines().any(|line| {
                        line.contains(year) && line.contains(&others) && !line.contains(" to ")
                    })
                };
                ensure(
                    told(&answer.stdout) || (answer.code == Some(1) && told(&answer.stderr)),
                    || format!("no line tells {year} beside {others}: {}", answer.stdout),
                )
            }
            Self::YearsTold => {
                let years: Vec<&str> = list(&expected["years"]).collect();
                answer.says(&years)
            }
            Self::Scores => answer.scores(expected),
            Self::Weekdays => answer.weekdays(expected),
            Self::Answered => {
                ensure(answer.code == Some(0) && answer.stdout.lines().count() > 1, || {
                    answer.stderr.clone()
                })
            }
            Self::General => {
                let by_customer = expected.as_object().is_some_and(|all| {
                    !all.is_empty()
                        && all.values().all(|one| {
                            one.is_number()
                                || one.is_array() && one.as_array().unwrap().len() == 2
                                || one == "rejected"
                        })
                });
                let is_rfm = answer.stdout.starts_with("customer_id,last_order");
                if by_customer && is_rfm { answer.customers(expected) } else { Ok(()) }
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().unwrap().iter().map(text)
}

/// The cells of a line of CSV.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut letters = line.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cells.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

impl Answer {
    fn says(&self, words: &[&str]) -> Verdict {
        let told = self.stderr.to_lowercase();
        let lacking = words.iter().find(|word| !told.contains(&word.to_lowercase()));
        ensure(lacking.is_none(), || format!("`{}` is not in: {}", lacking.unwrap(), self.stderr))
    }

    /// The options that a refusal hints at, as they can be copied.
    pub(crate) fn hinted(&self) -> Vec<String> {
        let hint = self.stderr.split_once("hint:").map_or("", |(_, hint)| hint);
        // What stands behind it is for other cases.
        let hint = hint.split_once("`; ").map_or(hint, |(first, _)| first);
        let quoted = hint.split('`').skip(1).step_by(2);
        quoted.filter(|option| option.starts_with("--")).map(str::to_owned).collect()
    }

    /// Every line of options that a notice or a hint shows, as it can be copied.
    pub(crate) fn told_options(&self) -> Vec<String> {
        let mut found = Vec::new();
        for line in self.stderr.lines() {
            let mut rest = line;
            while let Some((_, behind)) = rest.split_once("[--") {
                let Some((options, after)) = behind.split_once(']') else { break };
                found.push(format!("--{options}"));
                rest = after;
            }
            if line.starts_with("hint:") {
                let quoted = line.split('`').skip(1).step_by(2);
                // Words in capitals and dots stand for what the reader puts there.
                let is_whole = |option: &&str| {
                    option.starts_with("--")
                        && option.contains([' ', '='])
                        && !["COLUMN", "FILE", "FIELD", "…"]
                            .iter()
                            .any(|word| option.contains(word))
                };
                found.extend(quoted.filter(is_whole).map(str::to_owned));
            }
        }
        found
    }

    /// The rows of the answer, and the place of the column `name`.
    fn column(&self, name: &str) -> Result<usize, String> {
        let header = cells(self.stdout.lines().next().unwrap_or_default());
        header.iter().position(|own| own == name).ok_or_else(|| {
            format!("no column `{name}`, exit {:?}: {}{}", self.code, self.stdout, self.stderr)
        })
    }

    fn rows(&self) -> Vec<Vec<String>> {
        self.stdout.lines().skip(1).map(cells).collect()
    }

    fn row(&self, id: &str) -> Option<Vec<String>> {
        self.rows().into_iter().find(|row| row[0] == id)
    }

    fn customers(&self, expected: &Value) -> Verdict {
        let (orders, money) = (self.column("frequency")?, self.column("monetary")?);
        let expected = expected.as_object().unwrap();
        let (mut scored, mut rejected) = (0, 0);
        for (id, right) in expected {
            let row = self.row(id);
            if right == "rejected" {
                rejected += 1;
                ensure(row.is_none(), || format!("`{id}` is a customer: {row:?}"))?;
                continue;
            }
            scored += 1;
            let row =
                row.ok_or_else(|| format!("no customer `{id}`: {}{}", self.stdout, self.stderr))?;
            let (right_orders, right_money) = match right {
                Value::Array(pair) => (pair[0].as_u64(), pair[1].as_f64()),
                amount => (None, amount.as_f64()),
            };
            let found: f64 = row[money].parse().unwrap();
            ensure((found - right_money.unwrap()).abs() < 0.005, || {
                format!("`{id}`: {found} is not {right}")
            })?;
            if let Some(right_orders) = right_orders {
                ensure(row[orders] == right_orders.to_string(), || {
                    format!("`{id}`: {} orders, not {right_orders}", row[orders])
                })?;
            }
        }
        ensure(self.rows().len() == scored, || format!("more customers: {}", self.stdout))?;
        let count = rejected.to_string() + " rejected";
        ensure(rejected == 0 || self.stderr.contains(&count), || {
            format!("not `{count}`: {}", self.stderr)
        })
    }

    fn parts(&self, expected: &Value) -> Verdict {
        let (measure, value) = (self.column("measure_code")?, self.column("value")?);
        let mut found = BTreeMap::<String, f64>::new();
        for row in self.rows().into_iter().filter(|row| row[measure] == "revenue") {
            *found.entry(row[1].clone()).or_default() += row[value].parse::<f64>().unwrap();
        }
        let expected = expected.as_object().unwrap();
        ensure(found.len() == expected.len(), || format!("other parts: {found:?}"))?;
        for (label, right) in expected {
            let value = found.get(label).copied().unwrap_or_default();
            ensure((value - right.as_f64().unwrap()).abs() < 0.002, || {
                format!("`{label}`: {value} is not {right}")
            })?;
        }
        Ok(())
    }

    fn labels(&self, expected: &Value) -> Verdict {
        if self.code == Some(0) {
            return Ok(());
        }
        for (label, count) in expected["labels"].as_object().unwrap() {
            let told = self.stderr.contains(&format!("`{label}`"))
                && self.stderr.contains(&count.to_string());
            ensure(told, || format!("`{label}` with {count} is not in: {}", self.stderr))?;
        }
        Ok(())
    }

    /// The periods and values of a forecast of one series.
    fn forecast(&self) -> Result<Vec<(String, f64)>, String> {
        let (period, value) = (self.column("period")?, self.column("forecast")?);
        let rows = self.rows();
        ensure(!rows.is_empty(), || "no forecast".to_owned())?;
        Ok(rows.into_iter().map(|row| (row[period].clone(), row[value].parse().unwrap())).collect())
    }

    fn season(&self, expected: &Value) -> Verdict {
        let forecast = self.forecast()?;
        let year = expected["year"].as_f64().unwrap();
        let zero = expected["zero_months"].as_array().unwrap();
        let closed =
            |period: &str| zero.iter().any(|month| period[5..7].parse().ok() == month.as_u64());
        ensure(forecast.len() == 12, || format!("{} months", forecast.len()))?;
        let sum: f64 = forecast.iter().map(|(_, value)| value).sum();
        ensure((sum / year - 1.0).abs() < 1.0 / 7.0, || format!("a year of {sum}, not {year}"))?;
        let level = year / (12 - zero.len()) as f64;
        for (period, value) in &forecast {
            let right = if closed(period) {
                *value < level / 20.0
            } else {
                (value / level - 1.0).abs() < 0.2
            };
            ensure(right, || format!("{value} at {period} is wrong for a level of {level}"))?;
        }
        Ok(())
    }

    fn scores(&self, expected: &Value) -> Verdict {
        if self.code != Some(0) {
            return self.says(&["error"]);
        }
        let places = [self.column("r")?, self.column("f")?, self.column("m")?];
        for (id, right) in expected.as_object().unwrap() {
            let row = self.row(id).ok_or_else(|| format!("no customer `{id}`"))?;
            let found = places.map(|place| row[place].as_str()).join(",");
            let right: Vec<String> =
                right.as_array().unwrap().iter().map(Value::to_string).collect();
            ensure(found == right.join(","), || format!("`{id}` scores {found}, not {right:?}"))?;
        }
        Ok(())
    }

    fn weekdays(&self, expected: &Value) -> Verdict {
        let level = expected["weekday"].as_f64().unwrap();
        let mut seen = [0, 0];
        for (period, value) in self.forecast()? {
            let day: crmstat::Date = period.parse().unwrap();
            // 1970-01-01 was a Thursday.
            let weekend = (day.days() + 3).rem_euclid(7) >= 5;
            seen[usize::from(weekend)] += 1;
            let right =
                if weekend { value < level / 10.0 } else { (value / level - 1.0).abs() < 0.2 };
            ensure(right, || format!("{value} at {period} is wrong for a level of {level}"))?;
        }
        ensure(seen.iter().all(|count| *count > 0), || format!("days and weekends: {seen:?}"))
    }
}
