"""kafka-python in the client suites: writes a records file into topics, or reads topics back."""

import sys
import threading

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from records import PartitionHash, read_records


def produce(bootstrap, path, topics):
    for topic, codec in topics:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            enable_idempotence=True,
            acks="all",
            compression_type=None if codec == "none" else codec,
            linger_ms=5,
            batch_size=65536,
        )
        answers = [
            producer.send(topic, value, key, headers, partition, timestamp)
            for partition, timestamp, key, headers, value in read_records(path)
        ]
        producer.flush(timeout=120)
        for answer in answers:
            answer.get(timeout=60)
        producer.close()


def read(bootstrap, topics):
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        max_poll_records=10_000,
        fetch_max_bytes=50 << 20,
    )
    partitions = [
        TopicPartition(topic, p) for topic in topics for p in consumer.partitions_for_topic(topic)
    ]
    hashes = {tp: PartitionHash() for tp in partitions}
    ends = consumer.end_offsets(partitions)
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    while any(consumer.position(tp) < ends[tp] for tp in partitions):
        for tp, records in consumer.poll(timeout_ms=5000).items():
            hashed = hashes[tp]
            for record in records:
                hashed.add(record.offset, record.timestamp, record.key, record.headers, record.value)
    consumer.close()
    for tp in sorted(partitions):
        hashes[tp].print_line(tp.topic, tp.partition)


def member(bootstrap, group, topic):
    """Reads as a member of a group; a record's value is printed once its offset is committed."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
    )
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    uncommitted = []
    while not ended.is_set():
        try:
            for batch in consumer.poll(timeout_ms=2_000).values():
                uncommitted.extend(batch)
            if not uncommitted:
                continue
            consumer.commit()
        except KafkaError:
            # The broker is away, or the partitions have gone to others: the next commit tells.
            continue
        for record in uncommitted:
            print(record.value.decode())
        uncommitted.clear()
        sys.stdout.flush()
    consumer.close()


if __name__ == "__main__":
    if sys.argv[1] == "member":
        member(*sys.argv[2:])
        sys.exit()
    if sys.argv[1] == "produce":
        produce(sys.argv[2], sys.argv[3], [a.split("=", 1) for a in sys.argv[4:]])
    else:
        read(sys.argv[2], sys.argv[3:])
