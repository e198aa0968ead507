//! Model files: JSON that says what it is, checked when it is read.
//!
//! A file holds `{"crmstat": version, "kind": …, "schema": 1, "checksum": …, "model": {…}}`; the checksum
//! is over the model's JSON text. Files are small and hold no personal data.

use crate::{Error, Place, Result, write::write_atomically};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{fs, path::Path};

/// The layout of model files.
const SCHEMA: u32 = 1;
/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Envelope {
    crmstat: String,
    kind: String,
    schema: u32,
    checksum: String,
    model: Box<RawValue>,
}

/// Writes `model` to `path`, whole or not at all.
pub(crate) fn save(path: &Path, kind: &str, model: &impl Serialize) -> Result<()> {
    let unwritable = |cause: serde_json::Error| {
        Error::data("the model cannot be written as JSON").with_source(cause)
    };
    let model = serde_json::value::to_raw_value(model).map_err(unwritable)?;
    let envelope = Envelope {
        crmstat: env!("CARGO_PKG_VERSION").to_owned(),
        kind: kind.to_owned(),
        schema: SCHEMA,
        checksum: checksum(model.get()),
        model,
    };
    let text = serde_json::to_string(&envelope).map_err(unwritable)?;
    write_atomically(path, |out| {
        out.write_all(text.as_bytes()).map_err(|cause| Error::io("cannot write", path, cause))
    })
}

/// Reads the model of `kind` at `path`.
pub(crate) fn load<T: DeserializeOwned>(path: &Path, kind: &str) -> Result<T> {
    let unreadable = |cause| Error::io("cannot read", path, cause);
    let refused = |message: String| {
        Error::data(message).at(Place { file: path.display().to_string(), ..Place::default() })
    };
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(refused(format!("larger than {} MiB, so no model", LARGEST >> 20)));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let envelope: Envelope = serde_json::from_str(&text)
        .map_err(|cause| refused(format!("not a model file: {cause}")).with_source(cause))?;
    if envelope.kind != kind {
        return Err(refused(format!("holds a model of `{}`, not of `{kind}`", envelope.kind)));
    }
    if envelope.schema != SCHEMA {
        return Err(refused(format!(
            "written by crmstat {} in a layout this one does not know",
            envelope.crmstat
        ))
        .with_hint("fit the model again"));
    }
    if envelope.checksum != checksum(envelope.model.get()) {
        return Err(refused("damaged: the checksum does not fit the model".to_owned())
            .with_hint("fit the model again"));
    }
    serde_json::from_str(envelope.model.get())
        .map_err(|cause| refused(format!("not a usable model: {cause}")).with_source(cause))
}

/// FNV-1a over 64 bits, in hexadecimal: it finds damage, not forgery.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::{load, save};

    #[test]
    fn a_model_comes_back_and_damage_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        save(&path, "test", &vec![1.5, 0.1]).unwrap();
        assert_eq!(load::<Vec<f64>>(&path, "test").unwrap(), [1.5, 0.1]);
        assert!(load::<Vec<f64>>(&path, "other").unwrap_err().to_string().contains("`test`"));
        let text = std::fs::read_to_string(&path).unwrap().replace("1.5", "2.5");
        std::fs::write(&path, text).unwrap();
        assert!(load::<Vec<f64>>(&path, "test").unwrap_err().to_string().contains("damaged"));
    }
}
