//! Where the tests find their data.
//!
//! A test that reads the shared data, which are not ours to ship, has a name that ends in `needs_shared_data` and
//! is ignored unless asked for, so that no run counts it as passed without them:
//!
//! ```text
//! CRMSTAT_SHARED=../shared cargo test --release --workspace needs_shared_data -- --ignored
//! ```

use std::{env, path::PathBuf};

/// The file or folder `path` of the shared data, which the variable `CRMSTAT_SHARED` names; from the checkout
/// where that is relative.
///
/// # Panics
///
/// Where the variable is not set or there is no such file: a test without its data has failed.
pub fn shared(path: &str) -> PathBuf {
    let root =
        env::var_os("CRMSTAT_SHARED").expect("CRMSTAT_SHARED names the folder of the shared data");
    let found = checkout().join(root).join(path);
    assert!(found.exists(), "the shared data lack `{}`", found.display());
    found
}

/// As [`shared`], as text.
///
/// # Panics
///
/// As [`shared`], and where the path is not UTF-8.
pub fn shared_text(path: &str) -> String {
    shared(path).into_os_string().into_string().expect("a path in UTF-8")
}

/// The root of the checkout.
pub fn checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
