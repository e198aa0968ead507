//! How does a service fit once and score customers as they come?
//!
//! A fitted model is immutable and `Sync`: share it by reference, no lock needed. Here one thread makes
//! customers, another scores them; only the scores come back.

use crmstat_models::matrix::Matrix;
use crmstat_models::segments::{Column, KMeans, Preparation};
use std::sync::mpsc;
use std::thread;

/// Orders and spend of a customer.
type Customer = (f64, f64);

fn main() -> crmstat_models::Result<()> {
    let past: Vec<Customer> = (0..1000)
        .map(|i| {
            let i = f64::from(i);
            if i < 800.0 { (1.0 + i % 3.0, 20.0 + i % 50.0) } else { (20.0 + i % 9.0, 900.0 + i) }
        })
        .collect();
    let orders: Vec<_> = past.iter().map(|customer| Some(customer.0)).collect();
    let spend: Vec<_> = past.iter().map(|customer| Some(customer.1)).collect();
    let columns = [Column::Numeric(&orders), Column::Numeric(&spend)];

    let preparation = Preparation::params().check()?.fit(&columns)?;
    let rows = preparation.apply(&columns)?;
    let fitted = KMeans::params(2).check()?.fit(Matrix::new(&rows, preparation.width())?)?;
    // Cluster 0 is the one of greatest spend, whatever the start.
    let spends: Vec<f64> = fitted.model.centres().chunks(2).map(|centre| centre[1]).collect();
    let (model, _) = fitted.model.sorted_by(&spends)?;

    let (send, receive) = mpsc::channel::<Customer>();
    thread::scope(|scope| {
        let scorer = scope.spawn(|| {
            let mut counts = [0; 2];
            for (orders, spend) in receive {
                let new = [Column::Numeric(&[Some(orders)]), Column::Numeric(&[Some(spend)])];
                let row = preparation.apply(&new)?;
                counts[model.assign_one(&row)?.cluster as usize] += 1;
            }
            Ok(counts)
        });
        for i in 0..300 {
            let customer = if i % 3 == 0 { (25.0, 1500.0) } else { (2.0, 40.0) };
            if send.send(customer).is_err() {
                // The scorer has stopped with an error, which its join returns.
                break;
            }
        }
        drop(send);
        let counts = match scorer.join() {
            Ok(counts) => counts?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        println!("valuable: {}, occasional: {}", counts[0], counts[1]);
        Ok(())
    })
}
