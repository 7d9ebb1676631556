//! Decoders of packed bodies, each pushing into bytes that are bounded.

use std::io::{self, Write};

use brotli_decompressor::{BrotliDecoderParameter, DecompressorWriter};
use zstd::stream::raw;
use zstd::zstd_safe::DParameter;

mod streams;

use streams::{Gunzip, Inflate, Unzstd, write_to_end};

use super::body::Encoding;

/// Honest pages compress 4 to 20 times; bombs a thousand times and more.
pub(super) const MAX_RATIO: usize = 100;
/// The ratio is looked at from here on.
// Small texts of blanks may compress better.
const RATIO_FROM_BYTES: usize = 1024 * 1024;
/// Largest window of zstd in HTTP, as a power of two.
// 8 MiB (RFC 9659 section 3).
const ZSTD_WINDOW_LOG: u32 = 23;
/// Room that is made before the first byte arrives, at most; the rest grows with what really comes.
const FIRST_ROOM: usize = 64 * 1024;
/// Pieces in which the decoders hand their output over.
// Each request in flight holds one.
const PIECE: usize = 16 * 1024;

/// Why bytes are not taken any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnpackStop {
    /// The bound is reached.
    Full,
    /// More than [`MAX_RATIO`] times what was sent.
    Bomb,
}

/// Decoded bytes, refused past a bound.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    /// What was taken.
    pub(super) bytes: Vec<u8>,
    max_bytes: usize,
    /// Bytes sent so far, for the ratio; nothing is compared without it.
    sent: Option<usize>,
    /// Why no more is taken.
    pub(super) stop: Option<UnpackStop>,
}

impl Bounded {
    fn judge(&self, room: usize, wanted: usize) -> Option<UnpackStop> {
        let bomb =
            |sent| self.bytes.len() > RATIO_FROM_BYTES && self.bytes.len() / MAX_RATIO > sent;
        if wanted > room {
            Some(UnpackStop::Full)
        } else if self.sent.is_some_and(bomb) {
            Some(UnpackStop::Bomb)
        } else {
            None
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = self.max_bytes - self.bytes.len();
        let taken = &piece[..piece.len().min(room)];
        if self.bytes.capacity() - self.bytes.len() < taken.len() {
            // Doubled as a vector doubles itself, but not past what may come.
            let more = self.bytes.len().clamp(taken.len(), room);
            self.bytes.reserve_exact(more);
        }
        self.bytes.extend_from_slice(taken);
        self.stop = self.stop.or(self.judge(room, piece.len()));
        if self.stop.is_some() {
            Err(io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(piece.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A decoder and what it has brought so far.
pub(super) enum Decoder {
    Identity(Bounded),
    Gzip(Box<Gunzip>),
    Brotli(Box<DecompressorWriter<Bounded>>),
    Zstd(Box<Unzstd>),
    Deflate(Box<Inflate>),
}

impl Decoder {
    /// A decoder for at most `max_bytes`, of which `announced` may be made room for.
    pub(super) fn new(encoding: Encoding, max_bytes: usize, announced: usize) -> io::Result<Self> {
        let bytes = Vec::with_capacity(announced.min(FIRST_ROOM).min(max_bytes));
        // What is not packed is as long as what was sent: there is no ratio to look at.
        let sent = (encoding != Encoding::Identity).then_some(0);
        let out = Bounded {
            bytes,
            max_bytes,
            sent,
            stop: None,
        };
        Ok(match encoding {
            Encoding::Identity => Self::Identity(out),
            Encoding::Gzip => Self::Gzip(Box::new(Gunzip::new(out))),
            Encoding::Brotli => {
                let mut decoder = DecompressorWriter::new(out, PIECE);
                // Windows beyond RFC 7932's 16 MiB are no part of HTTP's `br`.
                decoder.set_parameter(BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
                Self::Brotli(Box::new(decoder))
            }
            Encoding::Zstd => {
                let mut decoder = raw::Decoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
                Self::Zstd(Box::new(Unzstd::new(out, decoder)))
            }
            Encoding::Deflate => Self::Deflate(Box::new(Inflate::new(out))),
        })
    }

    /// Decodes a piece.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let out = self.out_mut();
        out.sent = out.sent.map(|sent| sent + piece.len());
        match self {
            Self::Identity(out) => out.write_all(piece),
            Self::Gzip(decoder) => decoder.write(piece),
            Self::Brotli(decoder) => write_to_end(decoder, piece).map(drop),
            Self::Zstd(decoder) => decoder.write(piece),
            Self::Deflate(decoder) => decoder.write(piece),
        }
    }

    /// Hands over what is left and what was decoded; an error when the stream has not reached its end.
    pub(super) fn end(mut self) -> (Bounded, io::Result<()>) {
        let ended = match &mut self {
            // The brotli decoder tells only when it is given up.
            Self::Brotli(_) => return self.into_end_of_brotli(),
            Self::Identity(_) => Ok(()),
            Self::Gzip(decoder) => decoder.end(),
            Self::Zstd(decoder) if decoder.is_between_frames => Ok(()),
            Self::Deflate(decoder) if decoder.ended => Ok(()),
            Self::Zstd(_) | Self::Deflate(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        (std::mem::take(self.out_mut()), ended)
    }

    fn into_end_of_brotli(self) -> (Bounded, io::Result<()>) {
        let Self::Brotli(decoder) = self else {
            return (Bounded::default(), Ok(()));
        };
        match decoder.into_inner() {
            Ok(out) => (out, Ok(())),
            Err(out) => (out, Err(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Why the bytes were not taken any more, if that is why.
    pub(super) fn stop(&self) -> Option<UnpackStop> {
        match self {
            Self::Identity(out) => out.stop,
            Self::Gzip(decoder) => decoder.member.get_ref().stop,
            Self::Brotli(decoder) => decoder.get_ref().stop,
            Self::Zstd(decoder) => decoder.out.stop,
            Self::Deflate(decoder) => decoder.out.stop,
        }
    }

    /// What was decoded.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.out_mut().bytes)
    }

    fn out_mut(&mut self) -> &mut Bounded {
        match self {
            Self::Identity(out) => out,
            Self::Gzip(decoder) => decoder.member.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => &mut decoder.out,
            Self::Deflate(decoder) => &mut decoder.out,
        }
    }
}
