//! Produce (0) of versions 0 to 2: advertised, because old librdkafka turns compression off where they are missing
//! from the range, and not served, as in Kafka: record batches of format v2 came with version 3.
//!
//! Every partition is answered with UNSUPPORTED_VERSION, in the layout of the version asked for: 1 adds the throttle
//! time, 2 the append time.

use corelane_protocol::frame::framed;
use corelane_protocol::{DecodeError, EncodeError, Reader, Writer};

use crate::dispatch::Call;
use crate::response::Answer;
use corelane_protocol::ErrorCode;

struct Topic {
    name: String,
    partitions: Vec<i32>,
}

/// Refuses the request.
pub fn answer(call: Call, mut reader: Reader) -> Result<(), DecodeError> {
    let acks = reader.read_i16("ProduceRequest.Acks")?;
    reader.read_i32("ProduceRequest.TimeoutMs")?;
    let topics = reader.read_array(false, 6, "ProduceRequest.TopicData", read_topic)?;
    let answer = match acks {
        // No response is expected; closing the connection is the only way to say no.
        0 => Answer::Close,
        _ => call.answer_of(encode(call.head.version, call.head.correlation_id, &topics)),
    };
    call.answer(answer);
    Ok(())
}

fn read_topic(reader: &mut Reader) -> Result<Topic, DecodeError> {
    Ok(Topic {
        name: reader.read_string(false, "TopicProduceData.Name")?,
        partitions: reader.read_array(false, 8, "TopicProduceData.PartitionData", |reader| {
            let index = reader.read_i32("PartitionProduceData.Index")?;
            reader.read_nullable_bytes(false, "PartitionProduceData.Records")?;
            Ok(index)
        })?,
    })
}

fn encode(version: i16, correlation_id: i32, topics: &[Topic]) -> Result<Vec<u8>, EncodeError> {
    framed(|writer| {
        writer.write_i32(correlation_id);
        writer.write_array(
            false,
            topics,
            "ProduceResponse.Responses",
            |writer, topic| {
                writer.write_string(false, &topic.name, "TopicProduceResponse.Name")?;
                let what = "TopicProduceResponse.PartitionResponses";
                writer.write_array(false, &topic.partitions, what, |writer, index| {
                    write_partition(writer, version, *index);
                    Ok(())
                })
            },
        )?;
        if version >= 1 {
            writer.write_i32(0);
        }
        Ok(())
    })
}

fn write_partition(writer: &mut Writer, version: i16, index: i32) {
    writer.write_i32(index);
    writer.write_i16(ErrorCode::UnsupportedVersion.code());
    writer.write_i64(-1);
    if version >= 2 {
        writer.write_i64(-1);
    }
}
