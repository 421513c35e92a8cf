//! Writes the primitive types of the Kafka protocol into a buffer that grows; pure.
//!
//! Invariant: what is written is what `Reader` reads back with the same `flexible`, or an error and the buffer is useless.

use std::collections::VecDeque;

use bytes::Bytes;
use thiserror::Error;
use uuid::Uuid;

/// Why a message cannot be written at a version. `what` is the field as `Struct.Field` in Kafka's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The message does not have this version.
    #[error("{what} has no version {version}")]
    UnsupportedVersion { what: &'static str, version: i16 },
    /// A field is set that this version does not have, and that Kafka does not let be left out.
    #[error("{what} is set and does not exist in version {version}")]
    FieldNotInVersion { what: &'static str, version: i16 },
    /// Null where this version allows none.
    #[error("{what} is null, which version {version} does not allow")]
    UnexpectedNull { what: &'static str, version: i16 },
    /// The number of lengths given is not the number of `records` fields.
    #[error("{what} has no length for its records, or a length has no records")]
    OutsideRecords { what: &'static str },
    /// A string, an array or a block of bytes is too long for its length field.
    #[error("{what} has length {length}, at most {length_max} can be written")]
    TooLong {
        what: &'static str,
        length: usize,
        length_max: usize,
    },
}

/// A buffer that is being written. Owned by whoever encodes one message.
#[derive(Debug, Default)]
pub struct Writer {
    buffer: Vec<u8>,
    outside: Option<OutsideRecords>,
}

/// Records that are sent between parts of the buffer instead of being copied into it.
#[derive(Debug)]
struct OutsideRecords {
    lengths: VecDeque<usize>,
    gaps: Vec<usize>,
}

impl Writer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends to `buffer`, so that its capacity can be used again.
    pub fn over(buffer: Vec<u8>) -> Self {
        Self {
            buffer,
            outside: None,
        }
    }

    /// Writes no records: for each `records` field in wire order, `lengths` says how long its records are, and where they
    /// belong is noted. What the message itself holds in these fields is not looked at.
    pub fn with_outside_records(lengths: impl IntoIterator<Item = usize>) -> Self {
        let lengths: VecDeque<usize> = lengths.into_iter().collect();
        let gaps = Vec::with_capacity(lengths.len());
        Self {
            buffer: Vec::new(),
            outside: Some(OutsideRecords { lengths, gaps }),
        }
    }

    /// The number of bytes written.
    pub fn position(&self) -> usize {
        self.buffer.len()
    }

    /// The bytes written.
    pub fn as_slice(&self) -> &[u8] {
        &self.buffer
    }

    pub fn into_vec(self) -> Vec<u8> {
        self.buffer
    }

    /// The bytes written, without a copy.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from(self.buffer)
    }

    pub fn write_bool(&mut self, value: bool) {
        self.buffer.push(u8::from(value));
    }

    pub fn write_i8(&mut self, value: i8) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_i16(&mut self, value: i16) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_u16(&mut self, value: u16) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_i32(&mut self, value: i32) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_u32(&mut self, value: u32) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_i64(&mut self, value: i64) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_f64(&mut self, value: f64) {
        self.write_slice(&value.to_be_bytes());
    }

    pub fn write_uuid(&mut self, value: Uuid) {
        self.write_slice(value.as_bytes());
    }

    /// Appends bytes as they are, without a length.
    pub fn write_slice(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes an unsigned variable-length integer.
    pub fn write_varint(&mut self, value: u32) {
        let (bytes, length) = varint(value);
        self.write_slice(&bytes[..length]);
    }

    pub fn write_string(
        &mut self,
        flexible: bool,
        value: &str,
        what: &'static str,
    ) -> Result<(), EncodeError> {
        if flexible {
            self.write_compact_length(value.len(), what)?;
        } else {
            let length = i16::try_from(value.len())
                .map_err(|_| too_long(what, value.len(), i16::MAX.unsigned_abs().into()))?;
            self.write_i16(length);
        }
        self.write_slice(value.as_bytes());
        Ok(())
    }

    pub fn write_nullable_string(
        &mut self,
        flexible: bool,
        value: Option<&str>,
        what: &'static str,
    ) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.write_string(flexible, value, what),
            None if flexible => {
                self.write_varint(0);
                Ok(())
            }
            None => {
                self.write_i16(-1);
                Ok(())
            }
        }
    }

    pub fn write_bytes(
        &mut self,
        flexible: bool,
        value: &[u8],
        what: &'static str,
    ) -> Result<(), EncodeError> {
        self.write_length(flexible, value.len(), what)?;
        self.write_slice(value);
        Ok(())
    }

    pub fn write_nullable_bytes(
        &mut self,
        flexible: bool,
        value: Option<&[u8]>,
        what: &'static str,
    ) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.write_bytes(flexible, value, what),
            None => {
                self.write_null_length(flexible);
                Ok(())
            }
        }
    }

    /// Writes records, or only their length when they are sent from outside the buffer.
    pub fn write_records(
        &mut self,
        flexible: bool,
        value: Option<&[u8]>,
        what: &'static str,
    ) -> Result<(), EncodeError> {
        let Some(outside) = &mut self.outside else {
            return self.write_nullable_bytes(flexible, value, what);
        };
        let Some(length) = outside.lengths.pop_front() else {
            return Err(EncodeError::OutsideRecords { what });
        };
        self.write_length(flexible, length, what)?;
        let position = self.position();
        if let Some(outside) = &mut self.outside {
            outside.gaps.push(position);
        }
        Ok(())
    }

    /// The buffer, and the positions in it before which the outside records belong.
    ///
    /// Fails when more lengths were given than the message has `records` fields.
    pub(crate) fn into_parts(self) -> Result<(Vec<u8>, Vec<usize>), EncodeError> {
        match self.outside {
            None => Ok((self.buffer, Vec::new())),
            Some(outside) if outside.lengths.is_empty() => Ok((self.buffer, outside.gaps)),
            Some(_) => Err(EncodeError::OutsideRecords { what: "message" }),
        }
    }

    pub fn write_array<T>(
        &mut self,
        flexible: bool,
        elements: &[T],
        what: &'static str,
        mut element: impl FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.write_length(flexible, elements.len(), what)?;
        elements.iter().try_for_each(|value| element(self, value))
    }

    pub fn write_nullable_array<T>(
        &mut self,
        flexible: bool,
        elements: Option<&[T]>,
        what: &'static str,
        element: impl FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        match elements {
            Some(elements) => self.write_array(flexible, elements, what, element),
            None => {
                self.write_null_length(flexible);
                Ok(())
            }
        }
    }

    /// Writes the byte before a structure that may be null.
    pub fn write_presence(&mut self, present: bool) {
        self.write_i8(if present { 1 } else { -1 });
    }

    /// Writes whether a structure follows in a tagged field that may be null: there it is a varint.
    pub fn write_tagged_presence(&mut self, present: bool) {
        self.write_varint(u32::from(present));
    }

    /// Writes one tagged field: its tag, its size, and what `field` writes.
    pub fn write_tagged_field(
        &mut self,
        tag: u32,
        what: &'static str,
        field: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.write_varint(tag);
        let start = self.position();
        field(self)?;
        let size = self.position() - start;
        let size = u32::try_from(size).map_err(|_| too_long(what, size, LENGTH_MAX))?;
        let (bytes, length) = varint(size);
        // The size stands before the field but is known only behind it; tagged fields are short, so moving one is cheap.
        self.buffer
            .splice(start..start, bytes[..length].iter().copied());
        Ok(())
    }

    /// Writes the length of bytes or the count of an array.
    pub fn write_length(
        &mut self,
        flexible: bool,
        length: usize,
        what: &'static str,
    ) -> Result<(), EncodeError> {
        if flexible {
            return self.write_compact_length(length, what);
        }
        self.write_i32(checked_length(length, what)?);
        Ok(())
    }

    /// Writes the length that means null, of bytes or of an array.
    pub fn write_null_length(&mut self, flexible: bool) {
        if flexible {
            self.write_varint(0);
        } else {
            self.write_i32(-1);
        }
    }

    /// Overwrites four bytes at `position`, which were written before, with a big-endian integer.
    pub(crate) fn patch_i32(&mut self, position: usize, value: i32) {
        self.buffer[position..position + 4].copy_from_slice(&value.to_be_bytes());
    }

    fn write_compact_length(
        &mut self,
        length: usize,
        what: &'static str,
    ) -> Result<(), EncodeError> {
        self.write_varint(checked_length(length, what)?.unsigned_abs() + 1);
        Ok(())
    }
}

const LENGTH_MAX: usize = i32::MAX.unsigned_abs() as usize;

fn checked_length(length: usize, what: &'static str) -> Result<i32, EncodeError> {
    i32::try_from(length).map_err(|_| too_long(what, length, LENGTH_MAX))
}

fn too_long(what: &'static str, length: usize, length_max: usize) -> EncodeError {
    EncodeError::TooLong {
        what,
        length,
        length_max,
    }
}

fn varint(mut value: u32) -> ([u8; 5], usize) {
    let mut bytes = [0; 5];
    let mut length = 0;
    while value > 0x7f {
        bytes[length] = lowest_byte(value) | 0x80;
        value >>= 7;
        length += 1;
    }
    bytes[length] = lowest_byte(value);
    (bytes, length + 1)
}

fn lowest_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_take_seven_bits_a_byte() {
        let mut writer = Writer::new();
        for value in [0, 127, 128, u32::MAX] {
            writer.write_varint(value);
        }
        assert_eq!(
            writer.as_slice(),
            [0, 0x7f, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]
        );
    }

    #[test]
    fn a_tagged_field_is_preceded_by_its_size() {
        let mut writer = Writer::new();
        writer
            .write_tagged_field(3, "x", |writer| writer.write_bytes(true, &[9; 200], "x"))
            .unwrap();
        assert_eq!(writer.as_slice()[..5], [3, 0xca, 1, 0xc9, 1]);
        assert_eq!(writer.position(), 1 + 2 + 2 + 200);
    }

    #[test]
    fn a_string_longer_than_its_length_field_is_refused() {
        let mut writer = Writer::new();
        let text = "x".repeat(40_000);
        assert_eq!(
            writer.write_string(false, &text, "x"),
            Err(EncodeError::TooLong {
                what: "x",
                length: 40_000,
                length_max: 32_767
            })
        );
        assert_eq!(writer.write_string(true, &text, "x"), Ok(()));
    }
}
