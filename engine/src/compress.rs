//! The compression codecs of record batches, with bounds on what decompression may produce.
//!
//! Invariants: output never exceeds the caller's [`DecompressLimits`], whatever the input claims, and no buffer
//! is sized by a number from the input before it was compared with the limit. Pure: bytes in, bytes out.

use std::io::{Read, Write};

use thiserror::Error;

/// The codec of a batch's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Records lie in the batch as they are.
    #[default]
    None,
    /// gzip, RFC 1952.
    Gzip,
    /// Snappy; written in the block framing of Java's xerial library, as Kafka's clients do.
    Snappy,
    /// The LZ4 frame format.
    Lz4,
    /// Zstandard, RFC 8878.
    Zstd,
}

/// A codec number that Kafka does not define.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown compression codec {id}")]
pub struct UnknownCompression {
    /// The number found.
    pub id: u8,
}

impl Compression {
    /// The codec of the low three attribute bits `id`; higher bits are ignored.
    ///
    /// # Errors
    /// Fails for the numbers 5 to 7.
    pub fn from_id(id: u8) -> Result<Self, UnknownCompression> {
        match id & 0x07 {
            0 => Ok(Self::None),
            1 => Ok(Self::Gzip),
            2 => Ok(Self::Snappy),
            3 => Ok(Self::Lz4),
            4 => Ok(Self::Zstd),
            id => Err(UnknownCompression { id }),
        }
    }

    /// The number in the attribute bits.
    #[must_use]
    pub fn id(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec of a configuration's `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "snappy" => Some(Self::Snappy),
            "lz4" => Some(Self::Lz4),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What decompression may produce at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecompressLimits {
    /// The largest output in bytes.
    pub output_bytes_max: usize,
    /// The largest output as a multiple of the input; applies only above [`RATIO_FREE_BYTES`].
    pub ratio_max: usize,
}

/// Output up to this size is never refused for its ratio: a batch of one repeated byte compresses by thousands,
/// and costs little to hold.
pub const RATIO_FREE_BYTES: usize = 4 << 20;

impl Default for DecompressLimits {
    /// 128 MiB and a thousandfold: far above the largest batch that a topic accepts by default, far below memory.
    fn default() -> Self {
        Self {
            output_bytes_max: 128 << 20,
            ratio_max: 1024,
        }
    }
}

impl DecompressLimits {
    fn output_max_for(&self, input_length: usize) -> usize {
        input_length
            .saturating_mul(self.ratio_max)
            .max(RATIO_FREE_BYTES)
            .min(self.output_bytes_max)
    }
}

/// Why bytes could not be decompressed.
#[derive(Debug, Error)]
pub enum DecompressError {
    /// The output would exceed the limits.
    #[error("{input_bytes} compressed bytes decompress to more than {output_bytes_max} bytes")]
    TooLarge {
        /// Bytes of the input.
        input_bytes: usize,
        /// The bound that applied, in bytes.
        output_bytes_max: usize,
    },
    /// The input is not of the codec's format.
    #[error("{} data is malformed: {reason}", codec.name())]
    Malformed {
        /// The codec that the batch names.
        codec: Compression,
        /// What the codec found.
        reason: String,
    },
}

/// Why bytes could not be compressed: the codec itself failed, as with an impossible level.
#[derive(Debug, Error)]
#[error("{} compression failed: {reason}", codec.name())]
pub struct CompressError {
    /// The codec.
    pub codec: Compression,
    /// What the codec said.
    pub reason: String,
}

/// Decompresses `input` within `limits`. With [`Compression::None`] this is a copy.
///
/// # Errors
/// See [`DecompressError`].
pub fn decompress(
    codec: Compression,
    input: &[u8],
    limits: DecompressLimits,
) -> Result<Vec<u8>, DecompressError> {
    let output_bytes_max = limits.output_max_for(input.len());
    match codec {
        Compression::None => bounded_copy(codec, input, input.len(), output_bytes_max),
        Compression::Gzip => {
            let reader = flate2::bufread::MultiGzDecoder::new(input);
            bounded_copy(codec, reader, input.len(), output_bytes_max)
        }
        Compression::Snappy => decompress_snappy(input, output_bytes_max),
        Compression::Lz4 => {
            let reader = lz4_flex::frame::FrameDecoder::new(input);
            bounded_copy(codec, reader, input.len(), output_bytes_max)
        }
        Compression::Zstd => {
            let reader = zstd::stream::read::Decoder::with_buffer(input)
                .map_err(|error| malformed(codec, error))?;
            bounded_copy(codec, reader, input.len(), output_bytes_max)
        }
    }
}

fn malformed(codec: Compression, reason: impl ToString) -> DecompressError {
    DecompressError::Malformed {
        codec,
        reason: reason.to_string(),
    }
}

fn bounded_copy(
    codec: Compression,
    reader: impl Read,
    input_bytes: usize,
    output_bytes_max: usize,
) -> Result<Vec<u8>, DecompressError> {
    let mut output = Vec::new();
    // One byte beyond the bound tells "exactly full" from "too large".
    let bound = u64::try_from(output_bytes_max).unwrap_or(u64::MAX);
    reader
        .take(bound.saturating_add(1))
        .read_to_end(&mut output)
        .map_err(|error| malformed(codec, error))?;
    if output.len() > output_bytes_max {
        return Err(DecompressError::TooLarge {
            input_bytes,
            output_bytes_max,
        });
    }
    Ok(output)
}

/// The start of a stream that Java's xerial library wrote: magic, then version and compatible version.
const XERIAL_MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const XERIAL_HEADER_LENGTH: usize = 16;
/// The size of the blocks that xerial cuts by default.
const XERIAL_BLOCK_BYTES: usize = 32 * 1024;

fn decompress_snappy(input: &[u8], output_bytes_max: usize) -> Result<Vec<u8>, DecompressError> {
    let mut output = Vec::new();
    if !input.starts_with(&XERIAL_MAGIC) {
        append_snappy_block(&mut output, input, input.len(), output_bytes_max)?;
        return Ok(output);
    }
    let mut rest = input;
    while !rest.is_empty() {
        if rest.starts_with(&XERIAL_MAGIC) {
            // Streams may be concatenated, each with its header.
            rest = rest
                .get(XERIAL_HEADER_LENGTH..)
                .ok_or_else(|| malformed(Compression::Snappy, "truncated stream header"))?;
            continue;
        }
        let (block, after) = cut_xerial_block(rest)
            .ok_or_else(|| malformed(Compression::Snappy, "block length beyond the input"))?;
        append_snappy_block(&mut output, block, input.len(), output_bytes_max)?;
        rest = after;
    }
    Ok(output)
}

fn cut_xerial_block(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    rest.split_at_checked(length)
}

fn append_snappy_block(
    output: &mut Vec<u8>,
    block: &[u8],
    input_bytes: usize,
    output_bytes_max: usize,
) -> Result<(), DecompressError> {
    let fail = |error: snap::Error| malformed(Compression::Snappy, error);
    let length = snap::raw::decompress_len(block).map_err(fail)?;
    let start = output.len();
    let end = start.saturating_add(length);
    if end > output_bytes_max {
        return Err(DecompressError::TooLarge {
            input_bytes,
            output_bytes_max,
        });
    }
    output.resize(end, 0);
    let written = snap::raw::Decoder::new()
        .decompress(block, &mut output[start..])
        .map_err(fail)?;
    output.truncate(start + written);
    Ok(())
}

/// Compresses `input`. `level` is the codec's own, `None` its default; Snappy and LZ4 have none and ignore it.
/// With [`Compression::None`] this is a copy.
///
/// # Errors
/// See [`CompressError`].
pub fn compress(
    codec: Compression,
    level: Option<i32>,
    input: &[u8],
) -> Result<Vec<u8>, CompressError> {
    let fail = |reason: String| CompressError { codec, reason };
    match codec {
        Compression::None => Ok(input.to_vec()),
        Compression::Gzip => compress_gzip(level, input).map_err(|error| fail(error.to_string())),
        Compression::Snappy => compress_snappy(input).map_err(|error| fail(error.to_string())),
        Compression::Lz4 => compress_lz4(input).map_err(|error| fail(error.to_string())),
        Compression::Zstd => zstd::stream::encode_all(input, level.unwrap_or(0))
            .map_err(|error| fail(error.to_string())),
    }
}

fn compress_gzip(level: Option<i32>, input: &[u8]) -> std::io::Result<Vec<u8>> {
    let level = level
        .and_then(|level| u32::try_from(level).ok())
        .map_or_else(flate2::Compression::default, |level| {
            flate2::Compression::new(level.min(9))
        });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(input)?;
    encoder.finish()
}

fn compress_snappy(input: &[u8]) -> Result<Vec<u8>, snap::Error> {
    let mut output = Vec::with_capacity(XERIAL_HEADER_LENGTH + input.len() / 2);
    output.extend_from_slice(&XERIAL_MAGIC);
    output.extend_from_slice(&1_i32.to_be_bytes());
    output.extend_from_slice(&1_i32.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    for block in input.chunks(XERIAL_BLOCK_BYTES) {
        let compressed = encoder.compress_vec(block)?;
        let length = i32::try_from(compressed.len())
            .expect("a compressed block of 32 KiB is shorter than 31 bits say");
        output.extend_from_slice(&length.to_be_bytes());
        output.extend_from_slice(&compressed);
    }
    Ok(output)
}

fn compress_lz4(input: &[u8]) -> Result<Vec<u8>, lz4_flex::frame::Error> {
    // Kafka's Java reader refuses linked blocks.
    let info = lz4_flex::frame::FrameInfo::new()
        .block_size(lz4_flex::frame::BlockSize::Max64KB)
        .block_mode(lz4_flex::frame::BlockMode::Independent);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(input)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODECS: [Compression; 5] = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];

    #[test]
    fn what_each_codec_writes_it_reads_back() {
        let mut input = Vec::new();
        for round in 0..20_000_u32 {
            input.extend_from_slice(&(round * round % 977).to_le_bytes());
        }
        for length in [0, 1, 100, 32 * 1024, 32 * 1024 + 1, input.len()] {
            for codec in CODECS {
                let compressed = compress(codec, None, &input[..length]).unwrap();
                let output = decompress(codec, &compressed, DecompressLimits::default()).unwrap();
                assert_eq!(output, &input[..length], "{codec:?} of {length} bytes");
            }
        }
    }

    #[test]
    fn raw_snappy_without_xerial_framing_is_read() {
        let input = b"raw snappy raw snappy raw snappy".repeat(10);
        let raw = snap::raw::Encoder::new().compress_vec(&input).unwrap();
        let output = decompress(Compression::Snappy, &raw, DecompressLimits::default()).unwrap();
        assert_eq!(output, input);
    }

    #[test]
    fn a_bomb_is_refused_by_its_output_and_by_its_ratio() {
        let zeros = vec![0; RATIO_FREE_BYTES * 2];
        for codec in [
            Compression::Gzip,
            Compression::Snappy,
            Compression::Lz4,
            Compression::Zstd,
        ] {
            let bomb = compress(codec, None, &zeros).unwrap();
            let small_output = DecompressLimits {
                output_bytes_max: 1000,
                ratio_max: usize::MAX,
            };
            let small_ratio = DecompressLimits {
                output_bytes_max: usize::MAX,
                ratio_max: 2,
            };
            for limits in [small_output, small_ratio] {
                let error = decompress(codec, &bomb, limits).unwrap_err();
                assert!(
                    matches!(error, DecompressError::TooLarge { .. }),
                    "{codec:?}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_snappy_length_claim_is_not_allocated() {
        // A varint of 4 GiB less one, and nothing behind it.
        let claim = [0xff, 0xff, 0xff, 0xff, 0x0f];
        let error =
            decompress(Compression::Snappy, &claim, DecompressLimits::default()).unwrap_err();
        assert!(matches!(error, DecompressError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn cut_input_is_an_error_and_never_a_panic() {
        let input = b"some bytes that repeat, some bytes that repeat".repeat(30);
        for codec in [
            Compression::Gzip,
            Compression::Snappy,
            Compression::Lz4,
            Compression::Zstd,
        ] {
            let whole = compress(codec, None, &input).unwrap();
            for length in 0..whole.len() {
                if let Ok(output) = decompress(codec, &whole[..length], DecompressLimits::default())
                {
                    // Some prefixes are whole streams of less: an empty input, or whole blocks.
                    assert!(output.len() <= input.len(), "{codec:?} {length}");
                }
            }
        }
    }
}
