"""confluent-kafka in the client suites: writes a records file into topics, or reads topics back."""

import sys
import threading

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from records import PartitionHash, read_records

READ_BATCH_RECORDS = 10_000


def produce(bootstrap, path, topics):
    for topic, codec in topics:
        failures = []
        producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": codec,
                "linger.ms": 5,
            }
        )

        def delivered(error, _message):
            if error is not None:
                failures.append(error)

        for partition, timestamp, key, headers, value in read_records(path):
            while True:
                try:
                    producer.produce(
                        topic,
                        value,
                        key,
                        partition,
                        on_delivery=delivered,
                        timestamp=timestamp,
                        headers=headers,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        left = producer.flush(60)
        if left or failures:
            raise SystemExit(f"{topic}: {left} records unsent, failures: {failures[:3]}")


def read(bootstrap, topics):
    # The library insists on a group id; assigning partitions never joins or commits to the group.
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "corelane-unused",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": False,
        }
    )
    hashes = {}
    ends = {}
    metadata = consumer.list_topics(timeout=30)
    for topic in topics:
        for partition in metadata.topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
            hashes[topic, partition] = PartitionHash()
            if high > low:
                ends[topic, partition] = high
    consumer.assign([TopicPartition(t, p, 0) for t, p in ends])
    while ends:
        for message in consumer.consume(READ_BATCH_RECORDS, timeout=1):
            if message.error():
                raise KafkaException(message.error())
            at = message.topic(), message.partition()
            hashes[at].add(
                message.offset(),
                message.timestamp()[1],
                message.key(),
                message.headers() or [],
                message.value(),
            )
            if at in ends and message.offset() + 1 >= ends[at]:
                del ends[at]
    consumer.close()
    for (topic, partition), hashed in sorted(hashes.items()):
        hashed.print_line(topic, partition)


def member(bootstrap, group, topic, protocol="classic", instance=None):
    """Reads as a member of a group; a record's value is printed once its offset is committed."""
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "group.protocol": protocol,
        "topic.metadata.refresh.interval.ms": 1000,
    }
    if protocol == "classic":
        settings["partition.assignment.strategy"] = "range"
        settings["session.timeout.ms"] = 6000
        settings["heartbeat.interval.ms"] = 500
    if instance:
        settings["group.instance.id"] = instance
    consumer = Consumer(settings)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    consumer.subscribe([topic])
    uncommitted = []
    while not ended.is_set():
        records = [r for r in consumer.consume(500, 0.2) if r.error() is None]
        uncommitted.extend(records)
        if not uncommitted:
            continue
        try:
            consumer.commit(asynchronous=False)
        except KafkaException:
            # The broker is away, or the partitions have gone to others: the next commit tells.
            continue
        for record in uncommitted:
            print(record.value().decode())
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
