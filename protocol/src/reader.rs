//! Reads the primitive types of the Kafka protocol from bytes that nobody vouches for; pure.
//!
//! Invariants: no length or count is believed before it was compared with the bytes that remain, and all memory that one
//! reader's decoding takes is charged to a budget that is a fixed multiple of the input, before it is allocated.
//! `bytes` and `records` are slices of the input's buffer and cost nothing.

use bytes::Bytes;
use thiserror::Error;
use uuid::Uuid;

/// Decoded structures may take this many bytes for each byte of input.
///
/// A test holds every message's sample, also the one full of nulls, below it. Only long arrays of empty strings and
/// arrays exceed it, and no client has a use for those.
pub const MEMORY_FACTOR: usize = 16;

/// What decoding may take beside [`MEMORY_FACTOR`], so that a short message with many empty fields is still read.
pub const MEMORY_FLOOR_BYTES: usize = 64 * 1024;

/// A 32-bit varint has at most five bytes, the last of which carries four bits.
const VARINT_BYTES_MAX: usize = 5;

/// Why bytes are no message. `what` is the field as `Struct.Field` in Kafka's words, `position` a byte of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A fixed-size value, a string or a block of bytes is longer than what is left.
    #[error("{what} at byte {position} wants {wanted} bytes, {remaining} remain")]
    Truncated {
        what: &'static str,
        position: usize,
        wanted: usize,
        remaining: usize,
    },
    /// An array claims more elements than the bytes that are left can hold.
    #[error("{what} at byte {position} claims {wanted} elements in {remaining} bytes")]
    CountTooLarge {
        what: &'static str,
        position: usize,
        wanted: usize,
        remaining: usize,
    },
    /// A length or count is below -1, or below 0 where no null is allowed.
    #[error("{what} at byte {position} has length {length}")]
    NegativeLength {
        what: &'static str,
        position: usize,
        length: i32,
    },
    /// Null where the version allows none.
    #[error("{what} at byte {position} is null")]
    UnexpectedNull { what: &'static str, position: usize },
    /// A variable-length integer has more than 32 bits.
    #[error("{what} at byte {position} is a variable-length integer of more than 32 bits")]
    VarintTooLong { what: &'static str, position: usize },
    /// A string is not UTF-8.
    #[error("{what} at byte {position} is not UTF-8")]
    InvalidUtf8 { what: &'static str, position: usize },
    /// A known tagged field did not end where its size says.
    #[error("tagged field {tag} of {what} at byte {position} leaves {remaining} bytes unread")]
    TaggedFieldSize {
        what: &'static str,
        position: usize,
        tag: u32,
        remaining: usize,
    },
    /// The decoded structures would take far more memory than the input has bytes.
    #[error("{what} at byte {position} wants {wanted} bytes of memory, {remaining} are left")]
    MemoryBudget {
        what: &'static str,
        position: usize,
        wanted: usize,
        remaining: usize,
    },
    /// The message does not have this version.
    #[error("{what} has no version {version}")]
    UnsupportedVersion { what: &'static str, version: i16 },
    /// Bytes follow the end of the message.
    #[error("{remaining} bytes follow the message's end at byte {position}")]
    TrailingBytes { position: usize, remaining: usize },
}

/// A position in bytes that are being decoded. Lives as long as the decoding of one message.
#[derive(Debug, Clone)]
pub struct Reader {
    bytes: Bytes,
    position: usize,
    /// Reading stops here: the end of the input, or of the tagged field that is being read.
    end: usize,
    memory_left_bytes: usize,
}

impl Reader {
    /// Reads from the first byte of `bytes`.
    pub fn new(bytes: Bytes) -> Self {
        let end = bytes.len();
        Self {
            bytes,
            position: 0,
            end,
            memory_left_bytes: end
                .saturating_mul(MEMORY_FACTOR)
                .saturating_add(MEMORY_FLOOR_BYTES),
        }
    }

    /// The byte that is read next, counted from the start of the input.
    pub fn position(&self) -> usize {
        self.position
    }

    /// All of the input, whatever was read of it.
    pub(crate) fn input(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.end - self.position
    }

    /// Refuses bytes behind the end of a message.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.remaining() {
            0 => Ok(()),
            remaining => Err(DecodeError::TrailingBytes {
                position: self.position,
                remaining,
            }),
        }
    }

    pub fn read_bool(&mut self, what: &'static str) -> Result<bool, DecodeError> {
        Ok(self.read_fixed::<1>(what)? != [0])
    }

    pub fn read_i8(&mut self, what: &'static str) -> Result<i8, DecodeError> {
        self.read_fixed(what).map(i8::from_be_bytes)
    }

    pub fn read_i16(&mut self, what: &'static str) -> Result<i16, DecodeError> {
        self.read_fixed(what).map(i16::from_be_bytes)
    }

    pub fn read_u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.read_fixed(what).map(u16::from_be_bytes)
    }

    pub fn read_i32(&mut self, what: &'static str) -> Result<i32, DecodeError> {
        self.read_fixed(what).map(i32::from_be_bytes)
    }

    pub fn read_u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.read_fixed(what).map(u32::from_be_bytes)
    }

    pub fn read_i64(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        self.read_fixed(what).map(i64::from_be_bytes)
    }

    pub fn read_f64(&mut self, what: &'static str) -> Result<f64, DecodeError> {
        self.read_fixed(what).map(f64::from_be_bytes)
    }

    pub fn read_uuid(&mut self, what: &'static str) -> Result<Uuid, DecodeError> {
        self.read_fixed(what).map(Uuid::from_bytes)
    }

    /// Reads an unsigned variable-length integer of at most 32 bits.
    pub fn read_varint(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        let position = self.position;
        let mut value = 0u32;
        for index in 0..VARINT_BYTES_MAX {
            let [byte] = self.read_fixed::<1>(what)?;
            let bits = u32::from(byte & 0x7f);
            if index == VARINT_BYTES_MAX - 1 && byte > 0x0f {
                break;
            }
            value |= bits << (7 * index);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::VarintTooLong { what, position })
    }

    pub fn read_string(
        &mut self,
        flexible: bool,
        what: &'static str,
    ) -> Result<String, DecodeError> {
        let position = self.position;
        self.read_nullable_string(flexible, what)?
            .ok_or(DecodeError::UnexpectedNull { what, position })
    }

    pub fn read_nullable_string(
        &mut self,
        flexible: bool,
        what: &'static str,
    ) -> Result<Option<String>, DecodeError> {
        let Some(length) = self.read_string_length(flexible, what)? else {
            return Ok(None);
        };
        let start = self.take(length, what)?;
        self.charge(length, what)?;
        match std::str::from_utf8(&self.bytes[start..start + length]) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(DecodeError::InvalidUtf8 {
                what,
                position: start,
            }),
        }
    }

    /// Reads bytes as a slice of the input's buffer.
    pub fn read_bytes(&mut self, flexible: bool, what: &'static str) -> Result<Bytes, DecodeError> {
        let position = self.position;
        self.read_nullable_bytes(flexible, what)?
            .ok_or(DecodeError::UnexpectedNull { what, position })
    }

    /// Reads bytes, or null, as a slice of the input's buffer.
    pub fn read_nullable_bytes(
        &mut self,
        flexible: bool,
        what: &'static str,
    ) -> Result<Option<Bytes>, DecodeError> {
        let Some(length) = self.read_length(flexible, what)? else {
            return Ok(None);
        };
        let start = self.take(length, what)?;
        Ok(Some(self.bytes.slice(start..start + length)))
    }

    /// Reads an array whose elements take at least `element_bytes_min` bytes each.
    pub fn read_array<T>(
        &mut self,
        flexible: bool,
        element_bytes_min: usize,
        what: &'static str,
        element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let position = self.position;
        self.read_nullable_array(flexible, element_bytes_min, what, element)?
            .ok_or(DecodeError::UnexpectedNull { what, position })
    }

    /// Reads an array, or null, whose elements take at least `element_bytes_min` bytes each.
    pub fn read_nullable_array<T>(
        &mut self,
        flexible: bool,
        element_bytes_min: usize,
        what: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<Vec<T>>, DecodeError> {
        let Some(count) = self.read_nullable_count(flexible, element_bytes_min, what)? else {
            return Ok(None);
        };
        self.charge(count.saturating_mul(size_of::<T>()), what)?;
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            elements.push(element(self)?);
        }
        Ok(Some(elements))
    }

    /// Reads the count of an array and compares it with the bytes that remain; allocates nothing.
    pub fn read_nullable_count(
        &mut self,
        flexible: bool,
        element_bytes_min: usize,
        what: &'static str,
    ) -> Result<Option<usize>, DecodeError> {
        let position = self.position;
        let Some(count) = self.read_length(flexible, what)? else {
            return Ok(None);
        };
        if count > self.remaining() / element_bytes_min.max(1) {
            return Err(DecodeError::CountTooLarge {
                what,
                position,
                wanted: count,
                remaining: self.remaining(),
            });
        }
        Ok(Some(count))
    }

    /// Reads the byte before a structure that may be null; true means that the structure follows.
    pub fn read_presence(&mut self, what: &'static str) -> Result<bool, DecodeError> {
        Ok(self.read_i8(what)? >= 0)
    }

    /// Reads what says whether a structure follows in a tagged field that may be null: there it is a varint.
    pub fn read_tagged_presence(&mut self, what: &'static str) -> Result<bool, DecodeError> {
        Ok(self.read_varint(what)? > 0)
    }

    /// Reads tagged fields: `field` gets every tag, reads the ones it knows and answers false to skip the others.
    pub fn read_tagged_fields(
        &mut self,
        what: &'static str,
        mut field: impl FnMut(u32, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let count = self.read_varint(what)?;
        for _ in 0..count {
            self.read_tagged_field(what, &mut field)?;
        }
        Ok(())
    }

    /// Skips all tagged fields of a structure that knows none.
    pub fn skip_tagged_fields(&mut self, what: &'static str) -> Result<(), DecodeError> {
        self.read_tagged_fields(what, |_, _| Ok(false))
    }

    fn read_tagged_field(
        &mut self,
        what: &'static str,
        field: &mut impl FnMut(u32, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let tag = self.read_varint(what)?;
        let size = self.read_varint(what)?;
        let start = self.take(to_usize(size), what)?;
        let field_end = self.position;
        let outer_end = std::mem::replace(&mut self.end, field_end);
        self.position = start;
        let known = field(tag, self)?;
        let remaining = self.remaining();
        if known && remaining > 0 {
            return Err(DecodeError::TaggedFieldSize {
                what,
                position: self.position,
                tag,
                remaining,
            });
        }
        self.position = field_end;
        self.end = outer_end;
        Ok(())
    }

    /// Reads the length of a string: 16 bits, or a varint of the length plus one.
    pub(crate) fn read_string_length(
        &mut self,
        flexible: bool,
        what: &'static str,
    ) -> Result<Option<usize>, DecodeError> {
        if flexible {
            return self.read_compact_length(what);
        }
        let position = self.position;
        let length = i32::from(self.read_i16(what)?);
        nullable_length(length, what, position)
    }

    /// Reads the length of bytes or of an array: 32 bits, or a varint of the length plus one.
    pub(crate) fn read_length(
        &mut self,
        flexible: bool,
        what: &'static str,
    ) -> Result<Option<usize>, DecodeError> {
        if flexible {
            return self.read_compact_length(what);
        }
        let position = self.position;
        let length = self.read_i32(what)?;
        nullable_length(length, what, position)
    }

    fn read_compact_length(&mut self, what: &'static str) -> Result<Option<usize>, DecodeError> {
        let length_plus_one = self.read_varint(what)?;
        Ok(length_plus_one.checked_sub(1).map(to_usize))
    }

    fn read_fixed<const LENGTH: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; LENGTH], DecodeError> {
        let start = self.take(LENGTH, what)?;
        let mut value = [0; LENGTH];
        value.copy_from_slice(&self.bytes[start..start + LENGTH]);
        Ok(value)
    }

    /// Steps over `length` bytes, if they are there, and returns where they start.
    pub(crate) fn take(&mut self, length: usize, what: &'static str) -> Result<usize, DecodeError> {
        if length > self.remaining() {
            return Err(DecodeError::Truncated {
                what,
                position: self.position,
                wanted: length,
                remaining: self.remaining(),
            });
        }
        let start = self.position;
        self.position += length;
        Ok(start)
    }

    #[cfg(test)]
    pub(crate) fn memory_left_bytes(&self) -> usize {
        self.memory_left_bytes
    }

    fn charge(&mut self, wanted_bytes: usize, what: &'static str) -> Result<(), DecodeError> {
        match self.memory_left_bytes.checked_sub(wanted_bytes) {
            Some(left) => {
                self.memory_left_bytes = left;
                Ok(())
            }
            None => Err(DecodeError::MemoryBudget {
                what,
                position: self.position,
                wanted: wanted_bytes,
                remaining: self.memory_left_bytes,
            }),
        }
    }
}

fn nullable_length(
    length: i32,
    what: &'static str,
    position: usize,
) -> Result<Option<usize>, DecodeError> {
    if length == -1 {
        return Ok(None);
    }
    match usize::try_from(length) {
        Ok(length) => Ok(Some(length)),
        Err(_) => Err(DecodeError::NegativeLength {
            what,
            position,
            length,
        }),
    }
}

/// A length that no memory can hold becomes the largest one, which every comparison with remaining bytes refuses.
fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &'static [u8]) -> Reader {
        Reader::new(Bytes::from_static(bytes))
    }

    #[test]
    fn varints_of_up_to_32_bits_are_read() {
        for (bytes, value) in [
            (&[0x00][..], 0),
            (&[0x7f], 127),
            (&[0x80, 0x01], 128),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], u32::MAX),
        ] {
            assert_eq!(
                Reader::new(Bytes::from_static(bytes)).read_varint("x"),
                Ok(value)
            );
        }
    }

    #[test]
    fn varints_of_more_than_32_bits_are_refused() {
        let error = Err(DecodeError::VarintTooLong {
            what: "x",
            position: 0,
        });
        assert_eq!(
            reader(&[0xff, 0xff, 0xff, 0xff, 0x1f]).read_varint("x"),
            error
        );
        assert_eq!(reader(&[0xff; 9]).read_varint("x"), error);
        assert_eq!(
            reader(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).read_varint("x"),
            error
        );
    }

    #[test]
    fn only_minus_one_is_null() {
        assert_eq!(
            reader(&[0xff, 0xff]).read_nullable_string(false, "x"),
            Ok(None)
        );
        assert_eq!(
            reader(&[0xff, 0xfe]).read_nullable_string(false, "x"),
            Err(DecodeError::NegativeLength {
                what: "x",
                position: 0,
                length: -2
            })
        );
        assert_eq!(
            reader(&[0xff, 0xff]).read_string(false, "x"),
            Err(DecodeError::UnexpectedNull {
                what: "x",
                position: 0
            })
        );
    }

    #[test]
    fn bytes_are_slices_of_the_input() {
        let input = Bytes::from(vec![4, 1, 2, 3]);
        let read = Reader::new(input.clone()).read_bytes(true, "x").unwrap();
        assert_eq!(read.as_ptr(), input[1..].as_ptr());
    }

    #[test]
    fn a_string_that_is_not_utf8_is_refused() {
        assert_eq!(
            reader(&[3, 0xc3, 0x28]).read_string(true, "x"),
            Err(DecodeError::InvalidUtf8 {
                what: "x",
                position: 1
            })
        );
    }

    #[test]
    fn a_count_is_compared_with_the_bytes_that_remain() {
        assert_eq!(
            reader(&[0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2])
                .read_array(false, 4, "x", |reader| reader.read_i32("x")),
            Err(DecodeError::CountTooLarge {
                what: "x",
                position: 0,
                wanted: 3,
                remaining: 8
            })
        );
    }

    #[test]
    fn many_empty_elements_meet_the_memory_budget() {
        let mut bytes = vec![0x81, 0x80, 0x40];
        bytes.resize(3 + (1 << 20), 1);
        let mut reader = Reader::new(Bytes::from(bytes));
        let result = reader.read_array(true, 1, "x", |reader| reader.read_string(true, "x"));
        assert!(
            matches!(result, Err(DecodeError::MemoryBudget { .. })),
            "{result:?}"
        );
    }

    #[test]
    fn unknown_tagged_fields_are_skipped_and_known_ones_must_fill_their_size() {
        let mut fields = reader(&[2, 7, 2, 0xff, 0xff, 0, 2, 0, 5]);
        let mut known = 0;
        fields
            .read_tagged_fields("x", |tag, reader| {
                if tag == 0 {
                    known = reader.read_i16("x")?;
                }
                Ok(tag == 0)
            })
            .unwrap();
        assert_eq!((known, fields.finish()), (5, Ok(())));
        let result = reader(&[1, 0, 2, 0, 5])
            .read_tagged_fields("x", |_, reader| reader.read_i8("x").map(|_| true));
        assert_eq!(
            result,
            Err(DecodeError::TaggedFieldSize {
                what: "x",
                position: 4,
                tag: 0,
                remaining: 1
            })
        );
    }
}
