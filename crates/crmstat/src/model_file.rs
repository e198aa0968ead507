//! Model files: JSON that says what it is, checked when it is read.
//!
//! A file holds `{"crmstat": version, "kind": …, "schema": N, "checksum": …, "model": {…}}`; the checksum
//! is over the model's JSON text. Every kind of model counts its own layouts: a file of an earlier one is
//! read for ever, a file of a later one is refused. Files are small and hold no personal data.

use crate::{Error, Place, Result, write::write_atomically};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

/// A kind of model and the number of its layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// What the file says it is.
    pub(crate) name: &'static str,
    /// The layout that is written; earlier ones are read too.
    pub(crate) schema: u32,
}

impl Kind {
    pub(crate) const RFM: Self = Self { name: "rfm", schema: 1 };
    pub(crate) const SEGMENTS: Self = Self { name: "segments", schema: 1 };
    pub(crate) const CHURN: Self = Self { name: "churn", schema: 1 };
    pub(crate) const CLV: Self = Self { name: "clv", schema: 1 };
    pub(crate) const DEALS: Self = Self { name: "deals", schema: 1 };
    pub(crate) const FORECAST: Self = Self { name: "forecast", schema: 1 };
    pub(crate) const RESPONSE: Self = Self { name: "response", schema: 1 };
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    crmstat: String,
    kind: String,
    schema: u32,
    checksum: String,
    model: Box<RawValue>,
}

/// What a model file holds.
pub(crate) fn to_bytes(kind: Kind, model: &impl Serialize) -> Result<Vec<u8>> {
    let unwritable = |cause: serde_json::Error| {
        Error::data("the model cannot be written as JSON").with_source(cause)
    };
    let model = serde_json::value::to_raw_value(model).map_err(unwritable)?;
    let envelope = Envelope {
        crmstat: env!("CARGO_PKG_VERSION").to_owned(),
        kind: kind.name.to_owned(),
        schema: kind.schema,
        checksum: checksum(model.get()),
        model,
    };
    serde_json::to_vec(&envelope).map_err(unwritable)
}

/// Writes `model` to `path`, whole or not at all.
pub(crate) fn save(path: &Path, kind: Kind, model: &impl Serialize) -> Result<()> {
    let bytes = to_bytes(kind, model)?;
    write_atomically(path, |out| {
        out.write_all(&bytes).map_err(|cause| Error::io("cannot write", path, cause))
    })
}

/// Writes `model` to `out`.
pub(crate) fn to_writer(mut out: impl Write, kind: Kind, model: &impl Serialize) -> Result<()> {
    let bytes = to_bytes(kind, model)?;
    let written = out.write_all(&bytes).and_then(|()| out.flush());
    written.map_err(|cause| Error::io("cannot write", "the model", cause))
}

/// Reads the model of `kind` at `path`.
pub(crate) fn load<T: DeserializeOwned>(path: &Path, kind: Kind) -> Result<T> {
    let file = File::open(path).map_err(|cause| Error::io("cannot read", path, cause))?;
    read(file, &path.display().to_string(), kind)
}

/// Reads the model of `kind` that `reader` gives up to its end.
pub(crate) fn from_reader<T: DeserializeOwned>(reader: impl Read, kind: Kind) -> Result<T> {
    read(reader, "the model", kind)
}

fn read<T: DeserializeOwned>(reader: impl Read, name: &str, kind: Kind) -> Result<T> {
    let mut bytes = Vec::new();
    let read = reader.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|cause| Error::io("cannot read", name, cause))?;
    parse(&bytes, kind)
        .map_err(|error| error.at(Place { file: name.to_owned(), ..Place::default() }))
}

/// Reads the model of `kind` that `bytes` hold.
pub(crate) fn from_bytes<T: DeserializeOwned>(bytes: &[u8], kind: Kind) -> Result<T> {
    from_reader(bytes, kind)
}

fn parse<T: DeserializeOwned>(bytes: &[u8], kind: Kind) -> Result<T> {
    if bytes.len() as u64 > LARGEST {
        return Err(Error::data(format!("larger than {} MiB, so no model", LARGEST >> 20)));
    }
    let envelope: Envelope = serde_json::from_slice(bytes)
        .map_err(|cause| Error::data(format!("not a model file: {cause}")).with_source(cause))?;
    if envelope.kind != kind.name {
        let (found, wanted) = (&envelope.kind, kind.name);
        return Err(Error::data(format!("holds a model of `{found}`, not of `{wanted}`")));
    }
    if envelope.schema == 0 || envelope.schema > kind.schema {
        return Err(Error::data(format!(
            "written by crmstat {} in a layout this one does not know",
            envelope.crmstat
        ))
        .with_hint("fit the model again"));
    }
    if envelope.checksum != checksum(envelope.model.get()) {
        return Err(Error::data("damaged: the checksum does not fit the model")
            .with_hint("fit the model again"));
    }
    serde_json::from_str(envelope.model.get())
        .map_err(|cause| Error::data(format!("not a usable model: {cause}")).with_source(cause))
}

/// Gives a model the ways into and out of a file, each in its own words.
macro_rules! saved {
    ($model:ty, $kind:expr) => {
        impl $model {
            /// Writes the model to the file `path`, whole or not at all.
            ///
            /// # Errors
            /// A file that cannot be written.
            pub fn save(&self, path: &std::path::Path) -> crate::Result<()> {
                crate::model_file::save(path, $kind, self)
            }

            /// Reads the model in the file `path`.
            ///
            /// # Errors
            /// A file that cannot be read, is damaged, or holds another model.
            pub fn load(path: &std::path::Path) -> crate::Result<Self> {
                crate::model_file::load(path, $kind)
            }

            /// Writes what a model file holds to `out`.
            ///
            /// # Errors
            /// A writer that fails.
            pub fn to_writer(&self, out: impl std::io::Write) -> crate::Result<()> {
                crate::model_file::to_writer(out, $kind, self)
            }

            /// Reads what a model file holds from `reader`, up to its end.
            ///
            /// # Errors
            /// A reader that fails, or what is damaged or another model.
            pub fn from_reader(reader: impl std::io::Read) -> crate::Result<Self> {
                crate::model_file::from_reader(reader, $kind)
            }

            /// What a model file holds.
            ///
            /// # Errors
            /// Never, as models hold nothing that JSON cannot.
            pub fn to_bytes(&self) -> crate::Result<Vec<u8>> {
                crate::model_file::to_bytes($kind, self)
            }

            /// Reads the model that `bytes` hold, as a model file does.
            ///
            /// # Errors
            /// What is damaged or another model.
            pub fn from_bytes(bytes: &[u8]) -> crate::Result<Self> {
                crate::model_file::from_bytes(bytes, $kind)
            }
        }
    };
}
pub(crate) use saved;

/// FNV-1a over 64 bits, in hexadecimal: it finds damage, not forgery.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::{Kind, from_bytes, load, save, to_bytes, to_writer};

    const TEST: Kind = Kind { name: "test", schema: 2 };

    #[test]
    fn a_model_comes_back_and_damage_is_found() {
        let bytes = to_bytes(TEST, &vec![1.5, 0.1]).unwrap();
        assert_eq!(from_bytes::<Vec<f64>>(&bytes, TEST).unwrap(), [1.5, 0.1]);
        let other = Kind { name: "other", schema: 2 };
        let error = from_bytes::<Vec<f64>>(&bytes, other).unwrap_err();
        assert!(error.to_string().contains("`test`"), "{error}");
        let text = String::from_utf8(bytes).unwrap();
        let damaged = text.replace("1.5", "2.5");
        let error = from_bytes::<Vec<f64>>(damaged.as_bytes(), TEST).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");

        let mut written = Vec::new();
        to_writer(&mut written, TEST, &vec![1.5, 0.1]).unwrap();
        assert_eq!(written, text.as_bytes());
    }

    #[test]
    fn earlier_layouts_are_read_and_later_ones_refused() {
        let earlier = Kind { schema: 1, ..TEST };
        let bytes = to_bytes(earlier, &1.5).unwrap();
        assert_eq!(from_bytes::<f64>(&bytes, TEST).unwrap(), 1.5);
        let bytes = to_bytes(TEST, &1.5).unwrap();
        let error = from_bytes::<f64>(&bytes, earlier).unwrap_err();
        assert!(error.is_data() && error.hint().is_some(), "{error}");
    }

    #[test]
    fn a_file_holds_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        save(&path, TEST, &1.5).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), to_bytes(TEST, &1.5).unwrap());
        assert_eq!(load::<f64>(&path, TEST).unwrap(), 1.5);
        assert!(load::<f64>(&folder.path().join("none.json"), TEST).unwrap_err().is_io());
    }
}
