//! Numbers that the scripts of `benches/compare` hand over as raw little-endian `f64`.

use std::error::Error;

/// The numbers in the file at `path`.
pub(crate) fn read(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(format!("{path} does not hold whole numbers of eight bytes").into());
    }
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}
