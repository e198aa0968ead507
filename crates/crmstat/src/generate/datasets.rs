//! The files in `datasets/` are what the commands in its README write.

use std::{env, fs, path::Path};

use super::{Dialect, Part, Spec};
use crate::write::Format;

/// Each file, the options of the command that writes it, and what they mean.
fn datasets() -> Vec<(&'static str, &'static str, Part, Spec)> {
    let shop = || Spec::new().customers(800).orders(5000);
    let sales = |dialect| Spec::new().customers(150).orders(800).dialect(dialect);
    let shop_options = "--customers 800 --orders 5000";
    let of_shop = |part: &'static str| part.parse::<Part>().unwrap();
    vec![
        ("orders.csv", shop_options, Part::Main, shop()),
        ("orders.parquet", shop_options, Part::Main, shop()),
        (
            "orders_with_faults.csv",
            "--customers 100 --orders 500 --dirt 20",
            Part::Main,
            Spec::new().customers(100).orders(500).dirt(20),
        ),
        (
            "customers.csv",
            "--part customers --customers 800 --orders 5000",
            of_shop("customers"),
            shop(),
        ),
        (
            "activities.csv",
            "--part activities --customers 800 --orders 5000",
            of_shop("activities"),
            shop(),
        ),
        ("lines.csv", "--part lines --customers 800 --orders 5000", of_shop("lines"), shop()),
        (
            "products.csv",
            "--part products --customers 800 --orders 5000",
            of_shop("products"),
            shop(),
        ),
        ("spend.csv", "--part spend --customers 800 --orders 5000", of_shop("spend"), shop()),
        (
            "campaign.csv",
            "--part campaign --customers 3000",
            of_shop("campaign"),
            Spec::new().customers(3000),
        ),
        ("truth.csv", "--part truth --customers 800 --orders 5000", of_shop("truth"), shop()),
        (
            "amocrm.csv",
            "--dialect amocrm --customers 150 --orders 800",
            Part::Main,
            sales(Dialect::Amocrm),
        ),
        (
            "bitrix24.csv",
            "--dialect bitrix24 --customers 150 --orders 800",
            Part::Main,
            sales(Dialect::Bitrix24),
        ),
        (
            "pipedrive.csv",
            "--dialect pipedrive --customers 150 --orders 800",
            Part::Main,
            sales(Dialect::Pipedrive),
        ),
        (
            "pipedrive_history.csv",
            "--part history --dialect pipedrive --customers 150 --orders 800",
            Part::History,
            sales(Dialect::Pipedrive),
        ),
    ]
}

/// After a wanted change of the generator, `CRMSTAT_WRITE_DATASETS=1` makes this test write the files
/// before it compares them.
#[test]
fn datasets_are_what_their_commands_write() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets"));
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for (file, options, part, spec) in datasets() {
        let path = folder.join(file);
        let mut bytes = Vec::new();
        let format = Format::of_path(&path).unwrap();
        spec.check().unwrap().write(part, format, &mut bytes).unwrap();
        assert!(bytes.len() < 700 << 10, "{file} has {} bytes", bytes.len());
        if env::var_os("CRMSTAT_WRITE_DATASETS").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).unwrap() == bytes, "{file} is not what the generator writes");
        let command = format!("crmstat generate -o datasets/{file} {options}\n");
        assert!(readme.contains(&command), "the README lacks `{}`", command.trim_end());
    }
}
