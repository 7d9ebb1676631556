//! Packed streams that end before their body does: what follows the end of the last is passed over, as browsers do.

use std::io::{self, Write};

use flate2::{Decompress, FlushDecompress, Status, write::GzDecoder};
use zstd::stream::raw::{self, Operation as _};

use super::{Bounded, PIECE};

/// Writes a piece up to where the stream ends; what is left of it then.
pub(super) fn write_to_end<'p>(
    decoder: &mut impl Write,
    mut piece: &'p [u8],
) -> io::Result<&'p [u8]> {
    while !piece.is_empty() {
        match decoder.write(piece)? {
            0 => break,
            taken => piece = &piece[taken..],
        }
    }
    Ok(piece)
}

/// How a member of a gzip stream begins (RFC 1952, section 2.3.1).
const MEMBER: [u8; 2] = [0x1f, 0x8b];
/// How a frame of zstd begins (RFC 8878, section 3.1.1); frames to be passed over are not sent by web servers.
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Members of gzip, one after the other; what follows the last and begins none is passed over, as browsers do.
pub(in crate::fetch) struct Gunzip {
    pub(super) member: GzDecoder<Bounded>,
    /// The member is over: the first bytes of what follows it.
    after: Option<Vec<u8>>,
}

impl Gunzip {
    pub(super) fn new(out: Bounded) -> Self {
        Self {
            member: GzDecoder::new(out),
            after: None,
        }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let (mut held, mut piece) = (Vec::new(), piece);
        loop {
            if let Some(after) = &mut self.after {
                after.extend_from_slice(piece);
                if after.len() < MEMBER.len() {
                    return Ok(());
                }
                if !after.starts_with(&MEMBER) {
                    // Two bytes decide for good: what else follows is not kept, however long it is.
                    after.truncate(MEMBER.len());
                    return Ok(());
                }
                held.clone_from(after);
                piece = &held;
                let out = std::mem::take(self.member.get_mut());
                self.member = GzDecoder::new(out);
                self.after = None;
            }
            piece = write_to_end(&mut self.member, piece)?;
            if piece.is_empty() {
                return Ok(());
            }
            self.member.try_finish()?;
            self.after = Some(Vec::new());
        }
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.after {
            Some(_) => Ok(()),
            None => self.member.try_finish(),
        }
    }
}

/// Frames of zstd, one after the other; what follows the last and begins none is passed over.
pub(in crate::fetch) struct Unzstd {
    pub(super) out: Bounded,
    state: raw::Decoder<'static>,
    /// No frame is open.
    pub(super) is_between_frames: bool,
    /// The first bytes of what may be another frame.
    head: Vec<u8>,
    is_over: bool,
}

impl Unzstd {
    pub(super) fn new(out: Bounded, state: raw::Decoder<'static>) -> Self {
        Self {
            out,
            state,
            is_between_frames: false,
            head: Vec::new(),
            is_over: false,
        }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut held: Vec<u8>;
        let mut piece = piece;
        let mut buffer = [0; PIECE];
        while !self.is_over {
            if self.is_between_frames {
                self.head.extend_from_slice(piece);
                let start = &self.head[..self.head.len().min(FRAME.len())];
                self.is_over = !FRAME.starts_with(start);
                if start.len() < FRAME.len() {
                    return Ok(());
                }
                held = std::mem::take(&mut self.head);
                piece = &held;
                self.is_between_frames = self.is_over;
                self.state.reinit()?;
                continue;
            }
            let status = self.state.run_on_buffers(piece, &mut buffer)?;
            self.out.write_all(&buffer[..status.bytes_written])?;
            piece = &piece[status.bytes_read..];
            self.is_between_frames = status.remaining == 0;
            // A decoder that neither takes nor gives would be asked for ever.
            let stands_still = status.bytes_read == 0 && status.bytes_written == 0;
            let is_drained = piece.is_empty() && status.bytes_written < buffer.len();
            if stands_still || is_drained || (self.is_between_frames && piece.is_empty()) {
                break;
            }
        }
        Ok(())
    }
}

/// `deflate` is zlib by the standard (RFC 9110 section 8.4.1.2) and raw with some servers; the first two bytes tell.
pub(in crate::fetch) struct Inflate {
    pub(super) out: Bounded,
    state: Option<Decompress>,
    head: Vec<u8>,
    pub(super) ended: bool,
}

impl Inflate {
    pub(super) fn new(out: Bounded) -> Self {
        Self {
            out,
            state: None,
            head: Vec::new(),
            ended: false,
        }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if let Some(state) = &mut self.state {
            return inflate(state, &mut self.out, &mut self.ended, piece);
        }
        self.head.extend_from_slice(piece);
        let [first, second, ..] = self.head[..] else {
            return Ok(());
        };
        // RFC 1950 section 2.2: method 8, and a multiple of 31.
        let zlib = first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31);
        let state = self.state.insert(Decompress::new(zlib));
        inflate(
            state,
            &mut self.out,
            &mut self.ended,
            &std::mem::take(&mut self.head),
        )
    }
}

fn inflate(
    state: &mut Decompress,
    out: &mut Bounded,
    ended: &mut bool,
    mut piece: &[u8],
) -> io::Result<()> {
    let mut buffer = [0; PIECE];
    while !*ended {
        let (taken, given) = (state.total_in(), state.total_out());
        let status = state.decompress(piece, &mut buffer, FlushDecompress::None)?;
        let taken = (state.total_in() - taken) as usize;
        let given = (state.total_out() - given) as usize;
        piece = &piece[taken..];
        out.write_all(&buffer[..given])?;
        *ended = status == Status::StreamEnd;
        if taken == 0 && given == 0 {
            return Ok(());
        }
    }
    Ok(())
}
