//! Walks the topics and partitions of a request in place: the array of arrays that Produce and Fetch share; pure.
//!
//! Invariant: the reader stands at the start of a partition exactly when `next_partition` answered true, and behind the
//! last topic's tagged fields when it answered false.

use uuid::Uuid;

use crate::{DecodeError, Reader};

/// A topic as a request names it: by name before version 13 of Produce and Fetch, by id from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TopicRef<'a> {
    Name(&'a str),
    Id(Uuid),
}

/// What differs between the APIs: how topics are named, and the fewest bytes that a partition takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TopicLayout {
    pub flexible: bool,
    pub by_id: bool,
    pub partition_bytes_min: usize,
    pub what: &'static str,
}

/// The position in the topics of one request.
#[derive(Debug, Clone)]
pub(crate) struct TopicWalk {
    pub reader: Reader,
    layout: TopicLayout,
    topic: TopicSpan,
    topics_left: usize,
    partitions_left: usize,
    inside_topic: bool,
}

/// Where the topic's name lies in the input, or its id.
#[derive(Debug, Clone, Copy)]
enum TopicSpan {
    Name { start: usize, length: usize },
    Id(Uuid),
}

impl TopicWalk {
    /// Reads the count of topics, at which the reader must stand.
    pub fn start(mut reader: Reader, layout: TopicLayout) -> Result<Self, DecodeError> {
        let position = reader.position();
        let topics_left = reader
            .read_nullable_count(layout.flexible, layout.topic_bytes_min(), layout.what)?
            .ok_or(DecodeError::UnexpectedNull {
                what: layout.what,
                position,
            })?;
        Ok(Self {
            reader,
            layout,
            topic: TopicSpan::Id(Uuid::nil()),
            topics_left,
            partitions_left: 0,
            inside_topic: false,
        })
    }

    /// Steps to the next partition; its fields, and its tagged fields, are then the caller's to read.
    pub fn next_partition(&mut self) -> Result<bool, DecodeError> {
        while self.partitions_left == 0 {
            if std::mem::replace(&mut self.inside_topic, false) && self.layout.flexible {
                self.reader.skip_tagged_fields(self.layout.what)?;
            }
            if self.topics_left == 0 {
                return Ok(false);
            }
            self.topics_left -= 1;
            self.enter_topic()?;
        }
        self.partitions_left -= 1;
        Ok(true)
    }

    pub fn is_flexible(&self) -> bool {
        self.layout.flexible
    }

    /// The topic of the partition at which the walk stands.
    pub fn topic<'a>(&self, input: &'a [u8]) -> Result<TopicRef<'a>, DecodeError> {
        match self.topic {
            TopicSpan::Id(id) => Ok(TopicRef::Id(id)),
            TopicSpan::Name { start, length } => {
                text(input, start, length, self.layout.what).map(TopicRef::Name)
            }
        }
    }

    fn enter_topic(&mut self) -> Result<(), DecodeError> {
        let TopicLayout {
            flexible,
            by_id,
            partition_bytes_min,
            what,
        } = self.layout;
        self.topic = match by_id {
            true => TopicSpan::Id(self.reader.read_uuid(what)?),
            false => read_name(&mut self.reader, flexible, what)?,
        };
        let position = self.reader.position();
        self.partitions_left = self
            .reader
            .read_nullable_count(flexible, partition_bytes_min, what)?
            .ok_or(DecodeError::UnexpectedNull { what, position })?;
        self.inside_topic = true;
        Ok(())
    }
}

impl TopicLayout {
    /// A topic has a name or an id, a count of partitions, and in flexible versions a count of tagged fields.
    fn topic_bytes_min(self) -> usize {
        let name = match (self.by_id, self.flexible) {
            (true, _) => 16,
            (false, true) => 1,
            (false, false) => 2,
        };
        name + if self.flexible { 2 } else { 4 }
    }
}

fn read_name(
    reader: &mut Reader,
    flexible: bool,
    what: &'static str,
) -> Result<TopicSpan, DecodeError> {
    let position = reader.position();
    let length = reader
        .read_string_length(flexible, what)?
        .ok_or(DecodeError::UnexpectedNull { what, position })?;
    let start = reader.take(length, what)?;
    // Nobody asks for the name of a topic without partitions, so it is checked where it is read.
    text(reader.input(), start, length, what)?;
    Ok(TopicSpan::Name { start, length })
}

/// The string that lies at `start` in the input.
pub(crate) fn text<'a>(
    input: &'a [u8],
    start: usize,
    length: usize,
    what: &'static str,
) -> Result<&'a str, DecodeError> {
    std::str::from_utf8(&input[start..start + length]).map_err(|_| DecodeError::InvalidUtf8 {
        what,
        position: start,
    })
}
