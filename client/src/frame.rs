//! Cuts a stream into length-prefixed frames, with a bound on every frame.
//!
//! Invariants: a length is compared with the bound before a byte is reserved for it, and memory grows with the bytes that
//! arrived, not with what the peer claims; small frames are copied out of one reused buffer, large ones are read
//! into a buffer of their own and handed over whole. Works on blocking and non-blocking streams. Lives on one thread.

use std::io::{self, Read};

use bytes::Bytes;
use thiserror::Error;

/// The longest response that is read: fetch's own default bound of 50 MiB, with room for one batch above it.
pub const RESPONSE_LENGTH_MAX: usize = 128 * 1024 * 1024;

/// Frames up to this length share one buffer, so that one read brings many answers.
const SHARED_BUFFER_LENGTH: usize = 64 * 1024;

/// A large frame's buffer grows in steps of this many bytes while its bytes arrive.
const LARGE_FRAME_STEP: usize = 4 * 1024 * 1024;

/// Bytes of the length in front of every frame.
pub const LENGTH_PREFIX: usize = 4;

const _: () =
    assert!(SHARED_BUFFER_LENGTH > LENGTH_PREFIX && SHARED_BUFFER_LENGTH < RESPONSE_LENGTH_MAX);

/// Why no further frame can be cut from a stream.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The length is negative or above the bound: the peer speaks another protocol, or is broken.
    #[error("a frame claims {claimed} bytes; this client reads at most {length_max}")]
    Length {
        /// The length read from the stream.
        claimed: i32,
        /// The bound.
        length_max: usize,
    },
    /// The stream ended.
    #[error("the connection was closed{}", if *inside_frame { " in the middle of a frame" } else { "" })]
    Closed {
        /// Whether a frame was cut short.
        inside_frame: bool,
    },
    /// The stream failed. A timeout of a blocking stream has the kind `WouldBlock`.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads frames from one stream.
#[derive(Debug)]
pub struct FrameReader {
    shared: Vec<u8>,
    start: usize,
    end: usize,
    large: Option<LargeFrame>,
    spare: Vec<u8>,
    length_max: usize,
}

#[derive(Debug)]
struct LargeFrame {
    bytes: Vec<u8>,
    length: usize,
}

impl FrameReader {
    /// A reader that refuses frames above `length_max` bytes.
    pub fn new(length_max: usize) -> Self {
        Self {
            shared: vec![0; SHARED_BUFFER_LENGTH],
            start: 0,
            end: 0,
            large: None,
            spare: Vec::new(),
            length_max,
        }
    }

    /// Reads once from `stream` (a large frame: until it is whole or the stream would block).
    ///
    /// Returns whether bytes arrived; `false` means that the stream would block. Call [`Self::next_frame`] until it
    /// has no more before the next call.
    pub fn fill(&mut self, stream: &mut impl Read) -> Result<bool, FrameError> {
        match &mut self.large {
            Some(large) => large.fill(stream),
            None => self.fill_shared(stream),
        }
    }

    fn fill_shared(&mut self, stream: &mut impl Read) -> Result<bool, FrameError> {
        if self.start > 0 {
            self.shared.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        loop {
            match stream.read(&mut self.shared[self.end..]) {
                Ok(0) => {
                    return Err(FrameError::Closed {
                        inside_frame: self.end > 0,
                    });
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes the next whole frame, without its length prefix; `None` when more bytes must be read first.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        if let Some(large) = self.large.take() {
            if large.bytes.len() == large.length {
                return Ok(Some(Bytes::from(large.bytes)));
            }
            self.large = Some(large);
            return Ok(None);
        }
        let available = &self.shared[self.start..self.end];
        let Some((prefix, rest)) = available.split_first_chunk::<LENGTH_PREFIX>() else {
            return Ok(None);
        };
        let length = self.checked_length(i32::from_be_bytes(*prefix))?;
        if let Some(frame) = rest.get(..length) {
            self.start += LENGTH_PREFIX + length;
            return Ok(Some(Bytes::copy_from_slice(frame)));
        }
        if length > SHARED_BUFFER_LENGTH - LENGTH_PREFIX {
            self.begin_large(length);
        }
        Ok(None)
    }

    /// Gives the buffer of a large frame back for the next one. Frames that are still shared are left alone.
    pub fn recycle(&mut self, frame: Bytes) {
        if frame.len() <= SHARED_BUFFER_LENGTH {
            return;
        }
        if let Ok(mut buffer) = frame.try_into_mut() {
            buffer.clear();
            self.spare = Vec::from(buffer);
        }
    }

    fn checked_length(&self, claimed: i32) -> Result<usize, FrameError> {
        usize::try_from(claimed)
            .ok()
            .filter(|length| *length <= self.length_max)
            .ok_or(FrameError::Length {
                claimed,
                length_max: self.length_max,
            })
    }

    fn begin_large(&mut self, length: usize) {
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.extend_from_slice(&self.shared[self.start + LENGTH_PREFIX..self.end]);
        self.start = 0;
        self.end = 0;
        self.large = Some(LargeFrame { bytes, length });
    }
}

impl LargeFrame {
    fn fill(&mut self, stream: &mut impl Read) -> Result<bool, FrameError> {
        let before = self.bytes.len();
        while self.bytes.len() < self.length {
            let step = (self.length - self.bytes.len()).min(LARGE_FRAME_STEP);
            self.bytes.reserve(step);
            let limit = u64::try_from(step).expect("LARGE_FRAME_STEP fits into 64 bits");
            match stream.by_ref().take(limit).read_to_end(&mut self.bytes) {
                Ok(count) if count == step => {}
                Ok(_) => return Err(FrameError::Closed { inside_frame: true }),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.bytes.len() > before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out at most `step` bytes a read, then would block.
    struct Trickle {
        bytes: Vec<u8>,
        position: usize,
        step: usize,
        blocked: bool,
    }

    impl Trickle {
        fn new(bytes: Vec<u8>, step: usize) -> Self {
            Self {
                bytes,
                position: 0,
                step,
                blocked: false,
            }
        }
    }

    impl Read for Trickle {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.blocked = !self.blocked;
            if self.blocked || self.position == self.bytes.len() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = self
                .step
                .min(into.len())
                .min(self.bytes.len() - self.position);
            into[..count].copy_from_slice(&self.bytes[self.position..self.position + count]);
            self.position += count;
            Ok(count)
        }
    }

    fn framed(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut stream = Vec::new();
        for body in bodies {
            stream.extend_from_slice(&i32::try_from(body.len()).unwrap().to_be_bytes());
            stream.extend_from_slice(body);
        }
        stream
    }

    fn read_all(stream: &mut Trickle, reader: &mut FrameReader) -> Vec<Bytes> {
        let mut frames = Vec::new();
        while stream.position < stream.bytes.len() {
            reader.fill(stream).unwrap();
            while let Some(frame) = reader.next_frame().unwrap() {
                frames.push(frame);
            }
        }
        frames
    }

    #[test]
    fn frames_of_all_sizes_come_out_whole_whatever_the_reads_bring() {
        let bodies = vec![
            vec![],
            vec![1; 3],
            vec![2; 200_000],
            vec![3; SHARED_BUFFER_LENGTH],
            vec![4; 60_000],
            vec![5; 1],
        ];
        for step in [1, 7, 4096, usize::MAX] {
            let mut stream = Trickle::new(framed(&bodies), step);
            let frames = read_all(&mut stream, &mut FrameReader::new(RESPONSE_LENGTH_MAX));
            assert_eq!(frames, bodies, "step {step}");
        }
    }

    #[test]
    fn a_negative_or_huge_length_is_refused_before_memory_is_reserved() {
        for claimed in [-1, i32::MIN, i32::MAX, 1025] {
            let mut reader = FrameReader::new(1024);
            reader.fill(&mut &claimed.to_be_bytes()[..]).unwrap();
            let error = reader.next_frame().unwrap_err();
            assert!(matches!(error, FrameError::Length { claimed: found, .. } if found == claimed));
        }
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_says_so() {
        let mut reader = FrameReader::new(1024);
        let mut stream = &[0_u8, 0, 0, 9, 1][..];
        reader.fill(&mut stream).unwrap();
        assert!(reader.next_frame().unwrap().is_none());
        assert!(matches!(
            reader.fill(&mut stream),
            Err(FrameError::Closed { inside_frame: true })
        ));
    }

    #[test]
    fn a_large_frame_takes_the_buffer_that_was_given_back() {
        let mut reader = FrameReader::new(RESPONSE_LENGTH_MAX);
        let body = vec![7; 300_000];
        let mut stream = Trickle::new(framed(&[body.clone(), body]), usize::MAX);
        let mut addresses = Vec::new();
        while stream.position < stream.bytes.len() {
            reader.fill(&mut stream).unwrap();
            while let Some(frame) = reader.next_frame().unwrap() {
                addresses.push(frame.as_ptr());
                reader.recycle(frame);
            }
        }
        assert_eq!(addresses.len(), 2);
        assert_eq!(addresses[0], addresses[1]);
    }
}
