//! The flexible format of Kafka's metadata records: unsigned varints, compact strings and arrays, tagged fields.
//!
//! Invariants: a length or count is compared with the bytes that remain before anything is allocated by it. Pure.

use uuid::Uuid;

use super::MetadataDecodeError;

/// Reads fields off the front of bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

type Result<T> = std::result::Result<T, MetadataDecodeError>;

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn malformed(&self) -> MetadataDecodeError {
        MetadataDecodeError::Malformed {
            remaining_bytes: self.rest.len(),
        }
    }

    /// Takes all that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.malformed())?;
        self.rest = rest;
        Ok(taken)
    }

    fn fixed<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH]> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.malformed())?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn i8(&mut self) -> Result<i8> {
        self.fixed().map(i8::from_be_bytes)
    }

    pub(super) fn i16(&mut self) -> Result<i16> {
        self.fixed().map(i16::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.fixed().map(u16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32> {
        self.fixed().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64> {
        self.fixed().map(i64::from_be_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64> {
        self.fixed().map(f64::from_be_bytes)
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid> {
        self.fixed().map(Uuid::from_bytes)
    }

    /// An unsigned varint of 32 bits.
    pub(super) fn unsigned(&mut self) -> Result<u32> {
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.fixed()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| self.malformed());
            }
        }
        Err(self.malformed())
    }

    /// A compact length or count: one more than what it says, 0 for null.
    fn compact(&mut self) -> Result<Option<usize>> {
        let stored = self.unsigned()?;
        let length = stored.checked_sub(1).map(usize::try_from);
        length.transpose().map_err(|_| self.malformed())
    }

    /// The count of an array that is not null; its elements take a byte each at least.
    pub(super) fn count(&mut self) -> Result<usize> {
        let count = self.compact()?.ok_or_else(|| self.malformed())?;
        match count <= self.remaining() {
            true => Ok(count),
            false => Err(self.malformed()),
        }
    }

    pub(super) fn nullable_string(&mut self) -> Result<Option<String>> {
        let Some(length) = self.compact()? else {
            return Ok(None);
        };
        let bytes = self.take(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.malformed())?;
        Ok(Some(text.to_owned()))
    }

    pub(super) fn string(&mut self) -> Result<String> {
        self.nullable_string()?.ok_or_else(|| self.malformed())
    }

    fn chunks<const LENGTH: usize>(&mut self) -> Result<Option<&'a [[u8; LENGTH]]>> {
        let Some(count) = self.compact()? else {
            return Ok(None);
        };
        let length = count.checked_mul(LENGTH).ok_or_else(|| self.malformed())?;
        let (chunks, _) = self.take(length)?.as_chunks();
        Ok(Some(chunks))
    }

    pub(super) fn nullable_i32_array(&mut self) -> Result<Option<Vec<i32>>> {
        let decode = |chunks: &[[u8; 4]]| chunks.iter().copied().map(i32::from_be_bytes).collect();
        Ok(self.chunks()?.map(decode))
    }

    pub(super) fn i32_array(&mut self) -> Result<Vec<i32>> {
        self.nullable_i32_array()?.ok_or_else(|| self.malformed())
    }

    pub(super) fn uuid_array(&mut self) -> Result<Vec<Uuid>> {
        let chunks = self.chunks()?.ok_or_else(|| self.malformed())?;
        Ok(chunks.iter().copied().map(Uuid::from_bytes).collect())
    }

    /// Hands every tagged field to `field`, which must read all of it or nothing. Tags rise strictly.
    pub(super) fn tags(
        &mut self,
        mut field: impl FnMut(u32, &mut Reader<'a>) -> Result<()>,
    ) -> Result<()> {
        let count = self.unsigned()?;
        let mut last = None;
        for _ in 0..count {
            let tag = self.unsigned()?;
            if last >= Some(tag) {
                return Err(self.malformed());
            }
            last = Some(tag);
            let length = usize::try_from(self.unsigned()?).map_err(|_| self.malformed())?;
            let bytes = self.take(length)?;
            let mut reader = Reader::new(bytes);
            field(tag, &mut reader)?;
            let is_used = reader.remaining() == 0 || reader.remaining() == length;
            if !is_used {
                return Err(reader.malformed());
            }
        }
        Ok(())
    }
}

/// Writes fields behind one another.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// The bytes that `write` writes.
    pub(super) fn of(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Self::new();
        write(&mut writer);
        writer.into_bytes()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn i8(&mut self, value: i8) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn i16(&mut self, value: i16) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn i32(&mut self, value: i32) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn i64(&mut self, value: i64) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn f64(&mut self, value: f64) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn uuid(&mut self, value: Uuid) {
        self.raw(value.as_bytes());
    }

    pub(super) fn unsigned(&mut self, value: u32) {
        let mut rest = value;
        while rest >= 0x80 {
            // The mask leaves seven bits.
            self.bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push((rest & 0x7f) as u8);
    }

    /// A compact length or count. Lengths are bounded by the longest record where they come from.
    fn compact(&mut self, length: usize) {
        let stored = u32::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(1));
        self.unsigned(stored.expect("a metadata record is shorter than 32 bits say"));
    }

    /// The count of an array whose elements follow.
    pub(super) fn count(&mut self, count: usize) {
        self.compact(count);
    }

    pub(super) fn string(&mut self, value: &str) {
        self.compact(value.len());
        self.raw(value.as_bytes());
    }

    pub(super) fn nullable_string(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.string(value),
            None => self.unsigned(0),
        }
    }

    pub(super) fn i32_array(&mut self, values: &[i32]) {
        self.compact(values.len());
        for value in values {
            self.i32(*value);
        }
    }

    pub(super) fn uuid_array(&mut self, values: &[Uuid]) {
        self.compact(values.len());
        for value in values {
            self.uuid(*value);
        }
    }

    /// Tagged fields, which must be sorted by tag.
    pub(super) fn tags(&mut self, tags: &[(u32, Vec<u8>)]) {
        self.unsigned(u32::try_from(tags.len()).expect("a record has a handful of tags"));
        for (tag, field) in tags {
            self.unsigned(*tag);
            self.unsigned(u32::try_from(field.len()).expect("a tagged field is short"));
            self.raw(field);
        }
    }

    pub(super) fn no_tags(&mut self) {
        self.tags(&[]);
    }
}
