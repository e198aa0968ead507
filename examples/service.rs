//! How does a service score customers as they come? It loads the models that `crmstat report` saved and answers
//! rows of JSON; no file is read and no export is needed for an answer.
//!
//! ```text
//! crmstat report orders.csv -o report
//! cargo run --release -p crmstat-examples --features service --example service -- report/models 8080
//! curl localhost:8080/score -H 'content-type: application/json' -d '{"recency_days": 12, "frequency": 4, …}'
//! ```
//!
//! `GET /needed` names the values that `POST /score` wants; what is not known is `null`. `POST /forecast` takes a
//! series' name, its first day and what was sold each month: `{"series": "total", "first": "2026-01-01", "values": [910.5]}`.
//! With `--smoke` it fits models to orders in memory, asks itself once and ends.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use crmstat::{
    Date, Lang, Result,
    analysis::{churn, clv, forecast, rfm, segments},
    features::Value,
};
use serde_json::{Map, json};
use std::{path::Path, sync::Arc};

struct Models {
    rfm: rfm::Model,
    segments: segments::Model,
    churn: churn::Model,
    clv: clv::Model,
    sales: forecast::State,
}

impl Models {
    fn load(folder: &Path) -> Result<Self> {
        let path = |name: &str| folder.join(name);
        Ok(Self {
            rfm: rfm::Model::load(&path("rfm.json"))?,
            segments: segments::Model::load(&path("segments.json"))?,
            churn: churn::Model::load(&path("churn.json"))?,
            clv: clv::Model::load(&path("clv.json"))?,
            sales: forecast::State::load(&path("forecast.json"))?,
        })
    }

    fn score(&self, row: &Map<String, serde_json::Value>) -> Result<serde_json::Value> {
        let value = |value| match value {
            &serde_json::Value::Number(ref number) => number.as_f64().into(),
            serde_json::Value::String(text) => Value::Category(text),
            _ => Value::Missing,
        };
        let values: Vec<(&str, Value<'_>)> =
            row.iter().map(|(name, own)| (name.as_str(), value(own))).collect();
        let scored = self.rfm.score_one(&values)?;
        let segment = scored.segment.map(|at| self.rfm.segments().names(Lang::En)[at as usize]);
        let cluster = self.segments.score_one(&values)?.cluster as usize;
        let churn = self.churn.score_one(&values)?;
        let worth = self.clv.score_one(&values, &clv::Options::default())?;
        Ok(json!({
            "rfm": [scored.scores.recency, scored.scores.frequency, scored.scores.monetary],
            "segment": segment,
            "cluster": self.segments.name(cluster, Lang::En),
            "churn": churn.probability(),
            "reasons": churn.reasons(Lang::En)?,
            "p_alive": worth.p_alive,
            "clv": worth.clv,
        }))
    }

    fn needed(&self) -> Vec<&str> {
        let of_orders = ["recency_days", "frequency", "monetary", "x", "t_x", "T", "mean_value"];
        let mut names: Vec<&str> = of_orders.into_iter().chain(self.churn.columns()).collect();
        names.extend(self.segments.characteristics().chain(self.clv.orders().attributes()));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn plan(&self, new: &Sales) -> Result<serde_json::Value> {
        let (first, options) = (new.first.parse::<Date>()?, forecast::Options::default());
        let new = [(new.series.as_str(), first, new.values.clone())];
        let set =
            self.sales.extend(forecast::SeriesSet::of_values(forecast::Period::Month, new)?)?;
        let plan = forecast::Fit::resume(&set, &self.sales, &options)?.forecast(&options)?;
        let months = plan.series()[0].mean.iter().zip(plan.series()[0].first..);
        let day = |at| forecast::Period::Month.first_day(at).to_string();
        Ok(months.map(|(mean, at)| json!({ "month": day(at), "mean": mean })).collect())
    }
}

#[derive(serde::Deserialize)]
struct Sales {
    series: String,
    first: String,
    values: Vec<f64>,
}

type Answer = std::result::Result<Json<serde_json::Value>, (StatusCode, String)>;

fn answer(found: Result<serde_json::Value>) -> Answer {
    found.map(Json).map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
}

fn routes(models: Models) -> Router {
    type Shared = State<Arc<Models>>;
    let score = async |State(models): Shared, Json(row)| answer(models.score(&row));
    let plan = async |State(models): Shared, Json(new)| answer(models.plan(&new));
    let needed = async |State(models): Shared| Json(json!(models.needed()));
    Router::new()
        .route("/score", post(score))
        .route("/forecast", post(plan))
        .route("/needed", get(needed))
        .with_state(Arc::new(models))
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match &arguments[..] {
        [flag] if flag == "--smoke" => runtime.block_on(smoke::run()),
        [folder, port] => runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
            Ok(axum::serve(listener, routes(Models::load(Path::new(folder))?)).await?)
        }),
        _ => Err("usage: service FOLDER PORT, or service --smoke".into()),
    }
}

/// The service on models of orders that a program holds, asked by a client of its own.
mod smoke {
    use super::{Models, routes};
    use crmstat::{
        AsOf, Date,
        analysis::{churn, clv, forecast, rfm, segments},
        data::{OrderRow, Orders, OrdersBuilder},
        features::{Feature, History},
    };
    use std::io::{Read, Write};

    type Failure = Box<dyn std::error::Error + Send + Sync>;

    pub(super) async fn run() -> Result<(), Box<dyn std::error::Error>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let models = fitted()?;
        let row: serde_json::Map<_, _> =
            models.needed().into_iter().map(|name| (name.to_owned(), 3.into())).collect();
        let row = serde_json::Value::Object(row).to_string();
        tokio::spawn(async move { axum::serve(listener, routes(models)).await });
        let asked = tokio::task::spawn_blocking(move || -> Result<(), Failure> {
            let sales = r#"{"series": "total", "first": "2025-07-01", "values": [900, 950]}"#;
            for (path, body, sign) in
                [("/score", row.as_str(), "\"churn\":"), ("/forecast", sales, "\"mean\":")]
            {
                let mut stream = std::net::TcpStream::connect(address)?;
                let length = body.len();
                write!(
                    stream,
                    "POST {path} HTTP/1.1\r\nhost: crmstat\r\nconnection: close\r\ncontent-type: application/json\r\n\
                     content-length: {length}\r\n\r\n{body}"
                )?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                println!("{path}: {}", answer.rsplit("\r\n\r\n").next().unwrap_or_default());
                if !answer.starts_with("HTTP/1.1 200") || !answer.contains(sign) {
                    return Err(format!("{path} answers {answer}").into());
                }
            }
            Ok(())
        });
        asked.await?.map_err(|failure| -> Box<dyn std::error::Error> { failure })
    }

    /// Models of 400 customers who buy at their own pace; every third has left after a year.
    fn fitted() -> crmstat::Result<Models> {
        let day: Date = "2023-01-01".parse()?;
        let rows = (0..400).flat_map(|customer: i32| {
            let end = if customer % 3 == 0 { 365 } else { 912 };
            let days = (customer % 29..end).step_by(20 + customer as usize % 50);
            days.map(move |after| OrderRow::new(customer, day.plus_days(after), 10 + customer % 90))
        });
        let orders: Orders = rows.collect::<OrdersBuilder>().build()?.complete()?;
        let (history, as_of) = (History::new(&orders), AsOf::start_of("2025-07-01".parse()?));
        let features: Vec<Feature> = ["recency_days", "frequency", "monetary"]
            .map(str::parse)
            .into_iter()
            .collect::<Result<_, _>>()?;
        let customers = segments::Customers::at(&history, as_of, &features)?;
        let learning = churn::Options { population: churn::Population::All, ..Default::default() };
        let sales = forecast::SeriesSet::of_orders(&orders, &forecast::Query::default())?;
        Ok(Models {
            rfm: rfm::Model::fit(&orders, &rfm::Options::default())?,
            segments: segments::Model::fit(
                &customers,
                &segments::Options { k: Some(4), ..Default::default() },
            )?,
            churn: churn::fit(&history, &learning)?.model,
            clv: clv::Model::fit_orders(&orders, clv::Beside::default(), &clv::Options::default())?,
            sales: forecast::Fit::new(&sales, &forecast::Options::default())?.state()?,
        })
    }
}
