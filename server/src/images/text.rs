//! `{"page": …, "id": …, "data": "data:image/…;base64,…"}`, read piece by piece, so that no image is ever held as text.
//! Pure: bytes in, an image's bytes out.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{ImageId, PageId, Refusal};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Of a name, of an id, and of what a `data:` URL says before its comma, in bytes.
const SHORT: usize = 256;

#[derive(Default)]
pub(super) struct Text {
    at: At,
    field: Field,
    seen: Vec<Field>,
    key: String,
    page: String,
    id: String,
    data: Data,
}

/// What comes next.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Object,
    FirstName,
    Name,
    Colon,
    Value,
    /// Within a string.
    String,
    Escape,
    /// The digits of `\u` that came, and their value.
    Unicode(u8, u32),
    /// After a value.
    Next,
    End,
}

/// Where the characters of the string go.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Field {
    #[default]
    Name,
    Page,
    Id,
    Data,
    Other,
}

impl Text {
    /// What comes next of the body; the image's bytes are added to `out`.
    pub(super) fn push(&mut self, mut body: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        while let Some((&byte, rest)) = body.split_first() {
            if self.at == At::String {
                let plain = body.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                let (piece, rest) = body.split_at(plain.unwrap_or(body.len()));
                self.content(piece, out)?;
                body = rest;
                match rest.split_first() {
                    Some((b'"', rest)) => {
                        self.end_of_string();
                        body = rest;
                    }
                    Some((_, rest)) => {
                        self.at = At::Escape;
                        body = rest;
                    }
                    None => {}
                }
                continue;
            }
            body = rest;
            self.step(byte, out)?;
        }
        Ok(())
    }

    /// Whose image it is, when all has come.
    pub(super) fn end(mut self, out: &mut Vec<u8>) -> Result<(PageId, ImageId), Refusal> {
        if self.at != At::End {
            return Err(bad("This JSON has no end."));
        }
        if !self.seen.contains(&Field::Data) {
            return Err(bad("`data` is missing."));
        }
        self.data.end(out)?;
        let page = self.page.parse().map(PageId);
        let id = self.id.parse().map(ImageId);
        page.ok()
            .zip(id.ok())
            .ok_or_else(|| bad("`page` and `id` are to be UUIDs."))
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.at = match (self.at, byte) {
            (At::Escape, b'u') => At::Unicode(0, 0),
            (At::Escape, _) => {
                let meant = match byte {
                    b'"' | b'\\' | b'/' => byte,
                    b'b' | b'f' | b'n' | b'r' | b't' => b' ',
                    _ => return Err(bad("This is not JSON.")),
                };
                self.content(&[meant], out)?;
                At::String
            }
            (At::Unicode(came, value), _) => {
                let digit = char::from(byte).to_digit(16);
                let value = value * 16 + digit.ok_or_else(|| bad("This is not JSON."))?;
                if came < 3 {
                    At::Unicode(came + 1, value)
                } else {
                    // Nothing that is asked for here has other characters.
                    let meant = u8::try_from(value).ok().filter(u8::is_ascii);
                    self.content(&[meant.unwrap_or(b'?')], out)?;
                    At::String
                }
            }
            (at, b' ' | b'\t' | b'\r' | b'\n') => at,
            (At::Object, b'{') => At::FirstName,
            (At::FirstName | At::Name, b'"') => {
                self.field = Field::Name;
                self.key.clear();
                At::String
            }
            (At::Colon, b':') => At::Value,
            (At::Value, b'"') => {
                self.field = match &*self.key {
                    "page" => Field::Page,
                    "id" => Field::Id,
                    "data" => Field::Data,
                    _ => Field::Other,
                };
                if self.field != Field::Other {
                    if self.seen.contains(&self.field) {
                        return Err(bad("The same field comes twice."));
                    }
                    self.seen.push(self.field);
                }
                At::String
            }
            (At::Next, b',') => At::Name,
            (At::FirstName | At::Next, b'}') => At::End,
            _ => return Err(bad("A JSON object of strings is wanted here.")),
        };
        Ok(())
    }

    fn content(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let short = match self.field {
            Field::Data => return self.data.push(piece, out),
            Field::Other => return Ok(()),
            Field::Name => &mut self.key,
            Field::Page => &mut self.page,
            Field::Id => &mut self.id,
        };
        if short.len() + piece.len() > SHORT {
            return Err(bad("A name or an id is too long."));
        }
        short.push_str(&String::from_utf8_lossy(piece));
        Ok(())
    }

    fn end_of_string(&mut self) {
        self.at = if self.field == Field::Name {
            At::Colon
        } else {
            At::Next
        };
    }
}

/// A `data:` URL (RFC 2397). What it says of its type does not matter.
#[derive(Default)]
struct Data {
    head: Vec<u8>,
    in_body: bool,
    /// Fewer than four characters, but while they are decoded.
    pending: Vec<u8>,
    padded: bool,
}

impl Data {
    fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        if !self.in_body {
            let comma = piece.iter().position(|byte| *byte == b',');
            let (head, rest) = piece.split_at(comma.unwrap_or(piece.len()));
            if self.head.len() + head.len() > SHORT {
                return Err(not_one());
            }
            self.head.extend_from_slice(head);
            if comma.is_none() {
                return Ok(());
            }
            if !self.head.starts_with(b"data:") || !self.head.ends_with(b";base64") {
                return Err(not_one());
            }
            self.in_body = true;
            piece = &rest[1..];
        }
        let letters = piece.iter().filter(|byte| !byte.is_ascii_whitespace());
        self.pending.extend(letters);
        let whole = self.pending.len() / 4 * 4;
        self.decode(whole, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Refusal> {
        if !self.in_body {
            return Err(not_one());
        }
        self.decode(self.pending.len(), out)
    }

    fn decode(&mut self, count: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
        if count == 0 {
            return Ok(());
        }
        let letters = &self.pending[..count];
        if self.padded || BASE64.decode_vec(letters, out).is_err() {
            return Err(not_one());
        }
        self.padded = letters.ends_with(b"=");
        self.pending.drain(..count);
        Ok(())
    }
}

fn not_one() -> Refusal {
    bad("This is not a data: URL with an image in base64.")
}

fn bad(words: &str) -> Refusal {
    Refusal::BadRequest(words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "01932d3c-5a00-7b1c-8f00-000000000001";
    const ID: &str = "01932d3c-5a00-7b1c-8f00-000000000002";

    /// In pieces of this many bytes.
    fn read(json: &str, pieces: usize) -> Result<Vec<u8>, Refusal> {
        let (mut text, mut out) = (Text::default(), Vec::new());
        for piece in json.as_bytes().chunks(pieces) {
            text.push(piece, &mut out)?;
        }
        let (page, id) = text.end(&mut out)?;
        assert_eq!(
            (page.0.to_string(), id.0.to_string()),
            (PAGE.into(), ID.into())
        );
        Ok(out)
    }

    fn of(data: &str) -> String {
        format!(r#"{{"page": "{PAGE}", "id": "{ID}", "data": "{data}"}}"#)
    }

    #[test]
    fn an_image_is_the_same_in_pieces_of_any_size() {
        let bytes: Vec<u8> = (0..=255).chain(0..99).collect();
        let url = format!("data:image/png;base64,{}", BASE64.encode(&bytes));
        for pieces in 1..200 {
            assert_eq!(read(&of(&url), pieces).unwrap(), bytes, "{pieces}");
        }
    }

    #[test]
    fn json_may_be_written_in_its_other_ways() {
        for json in [
            format!(r#"{{"data":"data:;base64,\/\u002b8=","page":"{PAGE}","id":"{ID}"}}"#),
            format!(
                "\n{{ \"id\"\t: \"{ID}\" ,\r\n\"name\": \"caf\\u00e9\", \"page\":\"{PAGE}\",\"data\":\"data:;base64,/+8\\n\"}} "
            ),
        ] {
            for pieces in [1, 7, 1000] {
                assert_eq!(read(&json, pieces).unwrap(), [0xff, 0xef]);
            }
        }
    }

    #[test]
    fn padding_is_at_the_end_or_not_there() {
        for (url, bytes) in [
            ("data:image/png;base64,AAEC", &[0, 1, 2][..]),
            ("data:;base64,AAE=", &[0, 1]),
            ("data:;base64,AAE", &[0, 1]),
            ("data:;base64,", &[]),
        ] {
            assert_eq!(read(&of(url), 5).unwrap(), bytes, "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let json = [
            "",
            "{",
            "[]",
            "{}",
            "null",
            "{\"data\": 1}",
            "{\"data\" \"\"}",
            "{,}",
            "\u{feff}{}",
            "{\"page\": {\"page\": \"\"}}",
            "{\"data\": \"\\x\"}",
            "{\"data\": \"\\u00g0\"}",
        ];
        let urls = [
            "",
            "AAEC",
            "data:image/png,AAEC",
            "data:;base64,A*EC",
            "data:;base64",
            "data:;base64,AA==AAEC",
            "data:;base64,AAE=AAEC",
            "data:;base64,A",
            "data:;base64,é",
        ];
        let twice = of("data:;base64,AAEC\", \"data\": \"data:;base64,AAEC");
        let more = of("data:;base64,AAEC") + "{";
        let nobody = of("data:;base64,AAEC").replace(PAGE, "me");
        let wide = of(&format!("data:{};base64,AAEC", "x".repeat(SHORT)));
        let all = json
            .into_iter()
            .map(str::to_owned)
            .chain(urls.into_iter().map(of));
        for wrong in all.chain([twice, more, nobody, wide]) {
            for pieces in [1, 1000] {
                let refused = read(&wrong, pieces).unwrap_err();
                assert_eq!(refused.code(), "bad_request", "{wrong}");
            }
        }
    }

    #[test]
    fn nothing_is_held_but_what_has_just_come() {
        let (mut text, mut out) = (Text::default(), Vec::new());
        let head = of("data:;base64,");
        text.push(&head.as_bytes()[..head.len() - 2], &mut out)
            .unwrap();
        for _ in 0..1000 {
            text.push(&[b'A'; 4095], &mut out).unwrap();
            out.clear();
        }
        assert!(text.data.pending.len() < 4);
        assert!(text.data.pending.capacity() + out.capacity() < 32 * 1024);
    }
}
