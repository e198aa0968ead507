//! Generated exports, small enough for a bench to run in seconds.

use crmstat::{
    generate::{Dialect, Part, Spec},
    write::{Format, write_atomically},
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Orders or won deals of every file.
pub(crate) const ORDERS: u64 = 200_000;
/// Customers that they are of.
const CUSTOMERS: u32 = 25_000;

/// The same orders in several files, gone when dropped.
pub(crate) struct Inputs {
    _folder: TempDir,
    files: Vec<(&'static str, PathBuf)>,
}

impl Inputs {
    pub(crate) fn generate() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = [
            ("csv", Dialect::Orders, Format::Csv),
            ("parquet", Dialect::Orders, Format::Parquet),
            ("bitrix24", Dialect::Bitrix24, Format::Csv),
            ("amocrm", Dialect::Amocrm, Format::Csv),
        ]
        .map(|(name, dialect, format)| {
            let path = folder.path().join(name);
            let world = Spec::new().customers(CUSTOMERS).orders(ORDERS).dialect(dialect).check();
            let world = world.expect("a possible world");
            write_atomically(&path, |out| world.write(Part::Main, format, out))
                .expect("room for a temporary file");
            (name, path)
        });
        Self { _folder: folder, files: files.into() }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.files.iter().map(|(name, path)| (*name, path.as_path()))
    }
}
