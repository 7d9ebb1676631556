//! The body of an answer: decoded while it arrives, never past its budget.

use std::io;

use super::{
    error::FetchError,
    unpack::{Decoder, MAX_RATIO, UnpackStop},
};

/// What a body is packed with; offered to servers in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

impl Encoding {
    /// What is offered: the value of `Accept-Encoding`.
    pub(super) const OFFERED: &str = "gzip, br, zstd, deflate";

    fn named(coding: &[u8]) -> Option<Self> {
        Some(match coding.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Self::Gzip,
            b"br" => Self::Brotli,
            b"zstd" => Self::Zstd,
            b"deflate" => Self::Deflate,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

/// What the heads of an answer say of how its body is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackingClaim {
    encoding: Encoding,
    /// What they say, where a word of it names no coding: then the bytes must show that none was meant.
    unknown: Option<String>,
}

impl PackingClaim {
    /// Reads the values of `Content-Encoding`. More than one coding is refused; words that name none, which servers put
    /// there by mistake (`utf-8`, `aws-chunked`, `text/xml`), are passed over.
    pub(super) fn of_headers<'a>(
        values: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, FetchError> {
        let joined = values.collect::<Vec<_>>().join(&b',');
        let words = joined.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let words: Vec<&[u8]> = words.filter(|word| !is_plain(word)).collect();
        let codings: Vec<Encoding> = words
            .iter()
            .filter_map(|word| Encoding::named(word))
            .collect();
        let said = String::from_utf8_lossy(&joined[..joined.len().min(MAX_SHOWN)]).into_owned();
        match codings[..] {
            [] => Ok(Self {
                encoding: Encoding::Identity,
                unknown: (!words.is_empty()).then_some(said),
            }),
            [encoding] => Ok(Self {
                encoding,
                unknown: None,
            }),
            _ => Err(FetchError::UnsupportedEncoding { encoding: said }),
        }
    }

    /// How a body that begins so is packed: as the heads say, unless it is plain text to the eye.
    fn judge(&self, start: &[u8]) -> Result<Encoding, FetchError> {
        let is_text = !start.iter().copied().any(is_control);
        match &self.unknown {
            // No packed stream is text for so long, and some servers name a packing that they do not use.
            None if is_text && begins_document(start) => Ok(Encoding::Identity),
            None => Ok(self.encoding),
            Some(_) if is_text => Ok(Encoding::Identity),
            Some(said) => Err(FetchError::UnsupportedEncoding {
                encoding: said.clone(),
            }),
        }
    }

    /// Whether the first bytes must be looked at.
    fn is_doubtful(&self) -> bool {
        self.encoding != Encoding::Identity || self.unknown.is_some()
    }
}

/// Bytes of a value that are shown.
// It goes into one line of a log.
const MAX_SHOWN: usize = 64;
/// So many first bytes tell text from packed bytes.
// Of these one in eight is a control character.
const JUDGED_BYTES: usize = 64;

/// Whether a byte stands in no text.
fn is_control(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)) || byte == 0x7f
}

/// Whether bytes begin as feeds and pages do: with a tag, or with JSON.
fn begins_document(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    matches!(start.trim_ascii_start().first(), Some(b'<' | b'{' | b'['))
}

/// What a body may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes, as sent and as decoded.
    pub(super) max_bytes: usize,
    /// Whether a longer body is cut there instead of refused.
    pub(super) cut: bool,
}

/// A body on its way in.
pub(super) struct Body {
    claim: PackingClaim,
    bounds: Bounds,
    sent: usize,
    room: usize,
    /// The first bytes, until they have told how the body is packed.
    held: Vec<u8>,
    opened: Option<(Encoding, Decoder)>,
}

impl Body {
    /// A body whose length the head of the answer gives as `announced`, of what is sent.
    pub(super) fn new(
        claim: PackingClaim,
        bounds: Bounds,
        announced: Option<u64>,
    ) -> Result<Self, FetchError> {
        // Refused before its first byte is paid for.
        if !bounds.cut && announced.is_some_and(|bytes| bytes > bounds.max_bytes as u64) {
            return Err(FetchError::TooLarge {
                limit: bounds.max_bytes,
            });
        }
        let room = announced.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(Self {
            claim,
            bounds,
            sent: 0,
            room,
            held: Vec::new(),
            opened: None,
        })
    }

    /// Takes the next piece in; `false` when the body is cut here and nothing more is wanted.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<bool, FetchError> {
        // Packed nothing is sent for ever as easily as anything else, so what is sent is bounded too.
        let room = self.bounds.max_bytes.saturating_sub(self.sent);
        if piece.len() > room && !self.bounds.cut {
            return Err(FetchError::TooLarge {
                limit: self.bounds.max_bytes,
            });
        }
        let piece_cut = &piece[..piece.len().min(room)];
        self.sent += piece_cut.len();
        let goes_on = if self.opened.is_none() && self.claim.is_doubtful() {
            self.held.extend_from_slice(piece_cut);
            self.held.len() < JUDGED_BYTES || self.open()?
        } else {
            self.decode(piece_cut)?
        };
        Ok(goes_on && piece_cut.len() == piece.len())
    }

    /// Decides by the first bytes how the body is packed, and decodes them.
    fn open(&mut self) -> Result<bool, FetchError> {
        let held = std::mem::take(&mut self.held);
        let start = &held[..held.len().min(JUDGED_BYTES)];
        let encoding = self.claim.judge(start)?;
        self.claim = PackingClaim {
            encoding,
            unknown: None,
        };
        self.decode(&held)
    }

    fn decode(&mut self, piece: &[u8]) -> Result<bool, FetchError> {
        let encoding = self.claim.encoding;
        if self.opened.is_none() {
            let decoder = Decoder::new(encoding, self.bounds.max_bytes, self.room)
                .map_err(|source| bad(encoding, source))?;
            self.opened = Some((encoding, decoder));
        }
        let (_, decoder) = self.opened.as_mut().expect("opened above");
        match decoder.write(piece) {
            Ok(()) => Ok(true),
            Err(source) => stopped(encoding, self.bounds, decoder.stop(), source),
        }
    }

    /// The decoded body, all of it: a packed stream that has not reached its end is refused.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, FetchError> {
        // Servers name a packing on empty answers too; an empty stream would be broken.
        if self.sent == 0 {
            return Ok(Vec::new());
        }
        if self.opened.is_none() && !self.open()? {
            return Ok(self.into_cut());
        }
        let Some((encoding, decoder)) = self.opened else {
            return Ok(Vec::new());
        };
        let (out, ended) = decoder.end();
        match ended {
            Ok(()) => Ok(out.bytes),
            Err(source) => {
                stopped(encoding, self.bounds, out.stop, source)?;
                Ok(out.bytes)
            }
        }
    }

    /// What was decoded so far, of a body that is cut.
    pub(super) fn into_cut(self) -> Vec<u8> {
        self.opened
            .map_or(self.held, |(_, decoder)| decoder.into_bytes())
    }
}

/// Whether a coding says nothing: the name for that, or a word that servers put there by mistake.
fn is_plain(coding: &[u8]) -> bool {
    let plain: [&[u8]; 6] = [b"", b"identity", b"none", b"utf-8", b"utf8", b"binary"];
    plain.iter().any(|word| word.eq_ignore_ascii_case(coding))
}

/// What it means that a decoder stopped: `Ok(false)` when the body is only cut.
fn stopped(
    encoding: Encoding,
    bounds: Bounds,
    stop: Option<UnpackStop>,
    source: io::Error,
) -> Result<bool, FetchError> {
    match stop {
        Some(UnpackStop::Full) if bounds.cut => Ok(false),
        Some(UnpackStop::Full) => Err(FetchError::TooLarge {
            limit: bounds.max_bytes,
        }),
        Some(UnpackStop::Bomb) => Err(FetchError::Bomb { ratio: MAX_RATIO }),
        None => Err(bad(encoding, source)),
    }
}

fn bad(encoding: Encoding, source: io::Error) -> FetchError {
    FetchError::BadEncoding {
        encoding: encoding.name(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        max_bytes: 4 * 1024 * 1024,
        cut: false,
    };

    fn pack(encoding: Encoding, text: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::new(9);
        match encoding {
            Encoding::Identity => text.to_vec(),
            Encoding::Gzip => {
                let mut packer = flate2::write::GzEncoder::new(Vec::new(), level);
                packer.write_all(text).expect("a vector takes all");
                packer.finish().expect("a vector takes all")
            }
            Encoding::Deflate => {
                let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), level);
                packer.write_all(text).expect("a vector takes all");
                packer.finish().expect("a vector takes all")
            }
            Encoding::Zstd => zstd::encode_all(text, 3).expect("a vector takes all"),
            Encoding::Brotli => {
                let mut out = Vec::new();
                let mut packer = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
                packer.write_all(text).expect("a vector takes all");
                drop(packer);
                out
            }
        }
    }

    fn raw_deflate(text: &[u8]) -> Vec<u8> {
        let mut packer =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(9));
        packer.write_all(text).expect("a vector takes all");
        packer.finish().expect("a vector takes all")
    }

    fn read(
        encoding: Encoding,
        bounds: Bounds,
        sent: &[u8],
        piece: usize,
    ) -> Result<Vec<u8>, FetchError> {
        let mut body = Body::new(plainly(encoding), bounds, None)?;
        for piece in sent.chunks(piece) {
            if !body.take(piece)? {
                return Ok(body.into_cut());
            }
        }
        body.finish()
    }

    fn plainly(encoding: Encoding) -> PackingClaim {
        PackingClaim {
            encoding,
            unknown: None,
        }
    }

    /// Text that compresses about as well as a page does.
    fn page(bytes: usize) -> Vec<u8> {
        let mut state: u32 = 7;
        let mut text = Vec::with_capacity(bytes);
        while text.len() < bytes {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.extend_from_slice(
                format!("<p>sentence {} of the story</p>\n", state >> 12).as_bytes(),
            );
        }
        text
    }

    const PACKED: [Encoding; 4] = [
        Encoding::Gzip,
        Encoding::Brotli,
        Encoding::Zstd,
        Encoding::Deflate,
    ];

    #[test]
    fn each_encoding_is_read_whole_in_pieces_of_any_size() {
        let text = page(300_000);
        for encoding in [PACKED.as_slice(), &[Encoding::Identity]].concat() {
            let sent = pack(encoding, &text);
            for piece in [1, 7, 1000, usize::MAX] {
                let read = read(encoding, BOUNDS, &sent, piece);
                assert_eq!(
                    read.expect("an honest body"),
                    text,
                    "{encoding:?} in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn deflate_without_the_zlib_wrapper_is_read() {
        let text = page(50_000);
        let sent = raw_deflate(&text);
        assert_eq!(
            read(Encoding::Deflate, BOUNDS, &sent, 100).expect("an honest body"),
            text
        );
    }

    #[test]
    fn several_gzip_members_are_one_body() {
        let sent = [pack(Encoding::Gzip, b"one "), pack(Encoding::Gzip, b"two")].concat();
        assert_eq!(
            read(Encoding::Gzip, BOUNDS, &sent, 3).expect("an honest body"),
            b"one two"
        );
    }

    #[test]
    fn an_empty_body_is_empty_whatever_its_encoding() {
        for encoding in PACKED {
            assert_eq!(read(encoding, BOUNDS, b"", 1).expect("an empty body"), b"");
        }
    }

    #[test]
    fn a_packed_body_that_ends_early_is_refused_wherever_it_ends() {
        let text = page(20_000);
        let mut streams: Vec<(Encoding, Vec<u8>)> = PACKED.map(|e| (e, pack(e, &text))).to_vec();
        streams.push((Encoding::Deflate, raw_deflate(&text)));
        for (encoding, sent) in streams {
            for end in [1, 2, 5, sent.len() / 2, sent.len() - 5, sent.len() - 1] {
                let read = read(encoding, BOUNDS, &sent[..end], 512);
                assert!(
                    matches!(read, Err(FetchError::BadEncoding { .. })),
                    "{encoding:?} to {end}: {read:?}"
                );
            }
        }
    }

    #[test]
    fn a_plain_document_whose_head_says_packed_is_read() {
        for encoding in PACKED {
            for text in [
                &b"<html><body>plain</body></html>"[..],
                b"\xef\xbb\xbf\n<rss/>",
                b"{\"version\":1}",
            ] {
                let read = read(encoding, BOUNDS, text, 8);
                assert_eq!(read.expect("a plain body"), text, "{encoding:?}");
            }
        }
    }

    #[test]
    fn bytes_after_the_end_of_a_packed_body_are_passed_over() {
        let text = page(20_000);
        for encoding in PACKED {
            for tail in [&b"\n"[..], b"<!-- cached -->", b"\0\0\0\0\0\0\0\0", b"\x1f"] {
                let sent = [pack(encoding, &text), tail.to_vec()].concat();
                for piece in [1, 7, 4096, usize::MAX] {
                    let read = read(encoding, BOUNDS, &sent, piece);
                    assert_eq!(
                        read.expect("an honest body"),
                        text,
                        "{encoding:?} {tail:?} {piece}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_word_that_names_no_coding_is_passed_over_where_the_body_is_text() {
        for word in ["aws-chunked", "8bit", "text/xml", "iso-8859-1", "gzip-ed"] {
            let claim = || PackingClaim::of_headers([word.as_bytes()].into_iter()).expect("a word");
            let mut body = Body::new(claim(), BOUNDS, None).expect("a body");
            assert!(body.take(b"<rss><channel/></rss>").expect("text"));
            assert_eq!(body.finish().expect("text"), b"<rss><channel/></rss>");
            let mut body = Body::new(claim(), BOUNDS, None).expect("a body");
            body.take(b"\xfd7zXZ\0\0")
                .expect("the first bytes are held");
            assert!(matches!(
                body.finish(),
                Err(FetchError::UnsupportedEncoding { .. })
            ));
        }
    }

    #[test]
    fn what_is_neither_packed_as_it_says_nor_plain_is_refused() {
        for encoding in PACKED {
            let read = read(
                encoding,
                BOUNDS,
                b"\x02\x01\x7fPK\x03\x04\x14\0\x06\0\x08\0\0\0!\0",
                8,
            );
            assert!(
                matches!(read, Err(FetchError::BadEncoding { .. })),
                "{encoding:?}: {read:?}"
            );
        }
    }

    #[test]
    fn a_bomb_stops_at_a_megabyte() {
        let zeros = vec![0; 3 * 1024 * 1024];
        for encoding in PACKED {
            let sent = pack(encoding, &zeros);
            let read = read(encoding, BOUNDS, &sent, 4096);
            assert!(
                matches!(read, Err(FetchError::Bomb { .. })),
                "{encoding:?}: {} bytes",
                sent.len()
            );
        }
    }

    #[test]
    fn a_body_past_its_budget_is_refused_or_cut() {
        let text = page(20_000);
        let small = Bounds {
            max_bytes: 10_000,
            cut: false,
        };
        for encoding in [PACKED.as_slice(), &[Encoding::Identity]].concat() {
            let sent = pack(encoding, &text);
            let refused = read(encoding, small, &sent, 512);
            assert!(
                matches!(refused, Err(FetchError::TooLarge { limit: 10_000 })),
                "{encoding:?}: {refused:?}"
            );
            let cut = read(encoding, Bounds { cut: true, ..small }, &sent, 512)
                .expect("cut, not refused");
            assert_eq!(cut, text[..10_000], "{encoding:?}");
        }
    }

    #[test]
    fn an_announced_length_past_the_budget_is_refused_before_the_first_byte() {
        let refused = Body::new(
            plainly(Encoding::Identity),
            BOUNDS,
            Some(BOUNDS.max_bytes as u64 + 1),
        );
        assert!(matches!(refused.err(), Some(FetchError::TooLarge { .. })));
    }

    #[test]
    fn packed_nothing_for_ever_is_refused() {
        let empty = pack(Encoding::Gzip, b"");
        let mut body = Body::new(plainly(Encoding::Gzip), BOUNDS, None).expect("a body");
        let stopped = (0..BOUNDS.max_bytes).find_map(|_| body.take(&empty).err());
        assert!(matches!(stopped, Some(FetchError::TooLarge { .. })));
    }

    #[test]
    fn a_zstd_window_larger_than_http_allows_is_refused() {
        let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("a level");
        packer.window_log(27).expect("a window");
        packer.include_contentsize(false).expect("a flag");
        packer.write_all(&page(10_000)).expect("a vector takes all");
        let sent = packer.finish().expect("a vector takes all");
        let read = read(Encoding::Zstd, BOUNDS, &sent, 512);
        assert!(
            matches!(read, Err(FetchError::BadEncoding { .. })),
            "{read:?}"
        );
    }

    #[test]
    fn an_encoding_is_read_once_and_never_nested() {
        let of = |values: &[&str]| {
            PackingClaim::of_headers(values.iter().map(|v| v.as_bytes()))
                .map(|claim| claim.encoding)
        };
        assert_eq!(of(&[]).ok(), Some(Encoding::Identity));
        assert_eq!(of(&["identity"]).ok(), Some(Encoding::Identity));
        assert_eq!(of(&["UTF-8"]).ok(), Some(Encoding::Identity));
        assert_eq!(of(&[" X-GZip "]).ok(), Some(Encoding::Gzip));
        assert_eq!(of(&["identity, br"]).ok(), Some(Encoding::Brotli));
        assert_eq!(of(&["aws-chunked,gzip"]).ok(), Some(Encoding::Gzip));
        for refused in [&["gzip, gzip"][..], &["gzip", "gzip"], &["br,gzip"]] {
            assert!(
                matches!(of(refused), Err(FetchError::UnsupportedEncoding { .. })),
                "{refused:?}"
            );
        }
    }
}
