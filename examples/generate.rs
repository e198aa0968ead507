//! How would an analysis do on data whose truth is known? A synthetic CRM, and what is true of it.
//!
//! ```text
//! cargo run --release -p crmstat-examples --example generate
//! ```

use crmstat::{
    Date, Result,
    analysis::rfm::{self, Options},
    generate::{Dialect, Part, Spec},
    ingest::{Export, ReadOptions},
    write::{Format, write_atomically},
};

fn main() -> Result<()> {
    let spec = Spec::new().seed(7).customers(500).dialect(Dialect::Bitrix24).dirt(12);
    let world =
        spec.from("2024-01-01".parse::<Date>()?).to("2025-12-31".parse::<Date>()?).check()?;

    let folder = std::env::temp_dir().join("crmstat-example");
    std::fs::create_dir_all(&folder)
        .map_err(|cause| crmstat::Error::io("cannot make", &folder, cause))?;
    let deals = folder.join("deals.csv");
    let written = write_atomically(&deals, |out| world.write(Part::Main, Format::Csv, out))?;
    let truth = folder.join("truth.csv");
    write_atomically(&truth, |out| world.write(Part::Truth, Format::Csv, out))?;
    println!("{} rows in {}, the truth in {}", written.rows, deals.display(), truth.display());
    println!("{} orders worth {}", written.orders, written.revenue);

    // Read back, every row is accounted for, the faulty ones with their reasons.
    let files = [deals.to_string_lossy()];
    let mut export = Export::open(&files, ReadOptions::default())?;
    let scored = rfm::score(&mut export, &Options::default())?;
    println!("{} rows read, {} customers", scored.ledger.read, scored.result.len());
    for group in scored.rejections.groups() {
        let first = &group.first;
        println!("{} rejected: {} `{}` at {}", group.rows, first.reason, first.value, first.place);
    }
    Ok(())
}
