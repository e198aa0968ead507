//! The tags and texts of HTML and of the XML inside workbooks, with a bound on each.

use std::{
    cell::Cell,
    io::{self, BufReader, Read},
    rc::Rc,
};

use html5gum::{
    IoReader, Span, Tokenizer,
    emitters::callback::{Callback, CallbackEmitter, CallbackEvent},
};

use crate::Error;

/// Attributes of one tag; a page of a CRM has a dozen. The tokeniser calls itself once for each that is
/// quoted, so that without a bound its stack overflows.
const MAX_ATTRIBUTES: u32 = 128;
/// Bytes of one text, tag or comment: far more than a cell holds.
const MAX_PIECE: u64 = 16 << 20;
/// Bytes that the tokeniser reads ahead, and so past a bound.
const AHEAD: usize = 512;

/// A piece of markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `<name attributes>`, or `<name attributes/>` where it is closed.
    Open(Tag),
    /// `</name>`.
    Close(Vec<u8>),
    /// Text between tags, its character references resolved.
    Text(Vec<u8>),
}

/// An opening tag. Names are in lower case, as in HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) name: Vec<u8>,
    pub(super) is_closed: bool,
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Tag {
    /// The value of the first attribute `name`.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(found, _)| found == name.as_bytes());
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

/// The pieces of `input`, in order. Markup past a bound is a failure that carries an error of ours.
pub(super) fn pieces(input: impl Read) -> impl Iterator<Item = io::Result<Piece>> {
    let gauge = Rc::new(Gauge::default());
    let emitter = CallbackEmitter::new(Gatherer { gauge: Rc::clone(&gauge), tag: None });
    let input = Gauged { input: BufReader::with_capacity(64 << 10, input), gauge };
    Tokenizer::new_with_emitter(IoReader::new_with_buffer_size::<AHEAD>(input), emitter)
}

/// What the tokeniser holds at the moment.
#[derive(Debug, Default)]
struct Gauge {
    /// Attributes of the tag that is open.
    attributes: Cell<u32>,
    /// Bytes read since the last piece.
    bytes: Cell<u64>,
}

/// Fails to read once the tokeniser holds too much: the one way to stop it within a piece.
struct Gauged<R> {
    input: R,
    gauge: Rc<Gauge>,
}

impl<R: Read> Read for Gauged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.gauge.attributes.get() > MAX_ATTRIBUTES {
            return Err(io::Error::other(
                Error::data(format!("has a tag of more than {MAX_ATTRIBUTES} attributes"))
                    .with_hint("open it in a spreadsheet program and save it as XLSX or CSV"),
            ));
        }
        let read = self.input.read(buffer)?;
        self.gauge.bytes.set(self.gauge.bytes.get() + read as u64);
        if self.gauge.bytes.get() > MAX_PIECE {
            return Err(io::Error::other(Error::data(format!(
                "has a text or tag of more than {} MiB, the limit for one cell",
                MAX_PIECE >> 20
            ))));
        }
        Ok(read)
    }
}

/// Puts pieces together from the tokeniser's events.
struct Gatherer {
    gauge: Rc<Gauge>,
    tag: Option<Tag>,
}

impl Callback<Piece, ()> for Gatherer {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<Piece> {
        if !matches!(event, CallbackEvent::Error(_)) {
            self.gauge.bytes.set(0);
        }
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.gauge.attributes.set(0);
                self.tag = Some(Tag { name: name.to_vec(), ..Tag::default() });
                None
            }
            CallbackEvent::AttributeName { name } => {
                self.gauge.attributes.set(self.gauge.attributes.get() + 1);
                if let Some(tag) = &mut self.tag {
                    tag.attributes.push((name.to_vec(), Vec::new()));
                }
                None
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some((_, last)) = self.tag.as_mut().and_then(|tag| tag.attributes.last_mut())
                {
                    last.extend_from_slice(value);
                }
                None
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                self.gauge.attributes.set(0);
                self.tag.take().map(|tag| Piece::Open(Tag { is_closed: self_closing, ..tag }))
            }
            CallbackEvent::EndTag { name } => {
                self.gauge.attributes.set(0);
                self.tag = None;
                Some(Piece::Close(name.to_vec()))
            }
            CallbackEvent::String { value } => Some(Piece::Text(value.to_vec())),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    fn all(markup: &str) -> std::io::Result<Vec<Piece>> {
        pieces(markup.as_bytes()).collect()
    }

    #[test]
    fn pieces_come_in_order() {
        let found =
            all("<!doctype html><TD Rowspan=\"2\" x = 'a&amp;b' y>1 &lt; 2<br/></td>").unwrap();
        let [Piece::Open(cell), Piece::Text(text), Piece::Open(line), Piece::Close(end)] =
            &found[..]
        else {
            panic!("{found:?}");
        };
        assert_eq!((cell.name.as_slice(), cell.is_closed), (&b"td"[..], false));
        assert_eq!(cell.attribute("rowspan").as_deref(), Some("2"));
        assert_eq!(cell.attribute("x").as_deref(), Some("a&b"));
        assert_eq!(cell.attribute("y").as_deref(), Some(""));
        assert_eq!(cell.attribute("z"), None);
        assert_eq!((text.as_slice(), end.as_slice()), (&b"1 < 2"[..], &b"td"[..]));
        assert_eq!((line.name.as_slice(), line.is_closed), (&b"br"[..], true));
    }

    /// On a small stack, as a thread of a library's user may have.
    #[test]
    fn no_number_of_attributes_overflows_the_stack() {
        let small = || std::thread::Builder::new().stack_size(2 << 20);
        for attribute in [
            "a=\"b\" ", "a=\"\"\t", "a='b' ", "a=b ", "a ", "a=\"b\"", "a=\"\"/", "\"\" ", "/ ",
            "=\"\" ",
        ] {
            for tag in ["<td ", "</td "] {
                let markup = format!("<table>{tag}{}>1</table>", attribute.repeat(400_000));
                let ended = small().spawn(move || all(&markup).map(|found| found.len())).unwrap();
                let ended = ended.join().unwrap();
                assert!(
                    ended.as_ref().is_err() || attribute == "/ ",
                    "{tag} {attribute}: {ended:?}"
                );
            }
        }
        let many = format!("<td {}>1</td>", "a=\"b\" ".repeat(100));
        assert_eq!(all(&many).unwrap().len(), 3);
    }

    #[test]
    fn a_piece_has_a_bound() {
        let long = "x".repeat(17 << 20);
        for markup in
            [format!("<td>{long}</td>"), format!("<td a=\"{long}\">"), format!("<!--{long}-->")]
        {
            let error = all(&markup).unwrap_err();
            assert!(error.to_string().contains("more than 16 MiB"), "{error}");
        }
        assert_eq!(all(&format!("<!--{}-->", "x".repeat(1 << 20))).unwrap(), []);
    }
}
