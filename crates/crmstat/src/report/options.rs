//! What a report is to be like.

use super::{Earlier, SectionId};
use crate::{
    AsOf, Error, Lang, Pseudonyms, Result,
    analysis::{forecast::Period, managers::PlanRow},
    ingest::Inputs,
};
use std::path::Path;

/// What a report is to be like. The default: every section that the data bear, in English, by id alone.
#[derive(Clone, Debug)]
pub struct Options {
    /// The exclusive instant of observation; `None` is the day after the last order.
    pub as_of: Option<AsOf>,
    /// The seed of every random choice.
    pub seed: u64,
    /// The language of every word, number and date.
    pub lang: Lang,
    /// The title; `None` names the files.
    pub title: Option<String>,
    /// A picture for the head.
    pub logo: Option<Logo>,
    /// The sections; `None` is all of them.
    pub sections: Option<Vec<SectionId>>,
    /// Whether the names of customers stand beside their ids, where the table of customers has them.
    pub with_names: bool,
    /// What stands in the place of ids.
    pub pseudonyms: Option<Pseudonyms>,
    /// What was planned to be sold, by month, of the team or of its managers.
    pub plan: Vec<PlanRow>,
    /// Further columns by which sales are divided: see [`Dimension`](crate::ingest::Dimension).
    pub by: Vec<String>,
    /// The length of the periods of sales and forecast; `None` is the longest of which there are enough, and months
    /// for the tables of [`Options::by`].
    pub period: Option<Period>,
    /// What is to be sold over the horizon of the forecast, to say how likely that is.
    pub target: Option<f64>,
    /// An earlier report, to say what became of it.
    pub since: Option<Earlier>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            as_of: None,
            seed: 42,
            lang: Lang::En,
            title: None,
            logo: None,
            sections: None,
            with_names: false,
            pseudonyms: None,
            plan: Vec::new(),
            by: Vec::new(),
            period: None,
            target: None,
            since: None,
        }
    }
}

impl Options {
    /// Whether `section` is asked for.
    pub fn wants(&self, section: SectionId) -> bool {
        let is_asked = self.sections.as_ref().is_none_or(|sections| sections.contains(&section));
        // Without an earlier report there is nothing to be said of it, not even that.
        is_asked && (section != SectionId::Since || self.since.is_some())
    }
}

/// The largest picture: the page that carries it is to stay small.
const LARGEST_LOGO: usize = 512 << 10;

/// A picture, checked to be one: PNG, JPEG or SVG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    /// Reads the picture at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is larger than 512 KiB, or is no such picture.
    pub fn load(path: &Path) -> Result<Self> {
        Self::read(&Inputs::default(), path)
    }

    /// The same by way of the files of a run.
    ///
    /// # Errors
    /// As [`Logo::load`].
    pub fn read(inputs: &Inputs, path: &Path) -> Result<Self> {
        Self::new(inputs.read("logo", path)?).map_err(|error| {
            let place = crate::Place { file: path.display().to_string(), ..Default::default() };
            error.at(place).with_hint("give a PNG, JPEG or SVG of at most 512 KiB with `--logo`")
        })
    }

    /// The picture in `bytes`, whose content says its kind.
    ///
    /// # Errors
    /// More than 512 KiB, or no such picture.
    ///
    /// ```
    /// use crmstat::report::Logo;
    /// assert!(Logo::new(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()).is_ok());
    /// assert!(Logo::new(b"GIF89a".to_vec()).is_err());
    /// ```
    pub fn new(bytes: Vec<u8>) -> Result<Self> {
        if bytes.len() > LARGEST_LOGO {
            let size = bytes.len() >> 10;
            return Err(Error::data(format!("the picture is {size} KiB, more than 512")));
        }
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            "image/png"
        } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            "image/jpeg"
        } else if is_svg(&bytes) {
            "image/svg+xml"
        } else {
            return Err(Error::data("the picture is neither PNG nor JPEG nor SVG"));
        };
        Ok(Self { kind, bytes })
    }

    /// The media type.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether `bytes` are text that opens an `svg` element, behind comments and declarations at most.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    loop {
        let end = match rest.get(..4) {
            Some("<!--") => "-->",
            Some(start) if start.starts_with("<?") || start.starts_with("<!") => ">",
            _ => return rest.starts_with("<svg"),
        };
        let Some(at) = rest.find(end) else { return false };
        rest = rest[at + end.len()..].trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST_LOGO, Logo};

    #[test]
    fn a_picture_is_known_by_its_content() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], "image/png"),
            (b"\xFF\xD8\xFF\xE0", "image/jpeg"),
            (b"<?xml version=\"1.0\"?><!-- a > b -->\n<svg/>", "image/svg+xml"),
        ] {
            assert_eq!(Logo::new(bytes.to_vec()).unwrap().kind(), kind);
        }
        for bytes in [&b""[..], b"<html><svg/>", b"<!-- <svg", b"MZ"] {
            assert!(Logo::new(bytes.to_vec()).unwrap_err().is_data());
        }
        let large = [&b"\xFF\xD8\xFF"[..], &vec![0; LARGEST_LOGO]].concat();
        assert!(Logo::new(large).unwrap_err().to_string().contains("more than 512"));
    }
}
