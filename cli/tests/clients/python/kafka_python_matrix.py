"""kafka-python in the matrix of groups, transactions and administration: one verb a run, which fails when something is
not as it must be."""

import sys
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

WAIT_S = 30
# A poll of kafka-python 3.0.12 that ends while the group is being joined may leave the answer unread, and nothing is read
# any more: longer than a join takes on a busy machine.
POLL_MS = 2_000


def consumer(bootstrap, group, *topics, **more):
    return KafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        **more,
    )


def member(bootstrap, group, topic, instance):
    """Prints the values of a batch once its offsets are committed, so that each is printed by one member, once. Ends when
    standard input does."""
    more = {} if instance == "-" else {"group_instance_id": instance}
    reader = consumer(bootstrap, group, topic, **more)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        try:
            batches = reader.poll(timeout_ms=POLL_MS, max_records=200)
            if not batches:
                continue
            reader.commit({tp: OffsetAndMetadata(b[-1].offset + 1, "", -1) for tp, b in batches.items()})
        except KafkaError:
            # The partitions have gone to others, who begin where the last commit ended.
            continue
        values = [record.value.decode() for batch in batches.values() for record in batch]
        sys.stdout.write("".join(f"{value}\n" for value in values))
        sys.stdout.flush()
    reader.close()


def read(reader, count):
    """The next `count` records, or a failure."""
    records, deadline = [], time.monotonic() + WAIT_S
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records after {WAIT_S} s"
        for batch in reader.poll(timeout_ms=POLL_MS, max_records=count - len(records)).values():
            records += batch
    return records


def seek(bootstrap, topic):
    """Wants a topic of two partitions with 100 records each. Nothing is paused: kafka-python 3.0.12 now and then asks for
    nothing any more of a partition that was sought while it was paused."""
    reader = consumer(bootstrap, f"{topic}-seek", topic)
    assert len(read(reader, 200)) == 200
    reader.seek(TopicPartition(topic, 0), 40)
    reader.seek(TopicPartition(topic, 1), 90)
    expected = [(0, o) for o in range(40, 100)] + [(1, o) for o in range(90, 100)]
    assert sorted((r.partition, r.offset) for r in read(reader, 70)) == expected
    reader.close()


def transactions(bootstrap, topic, rounds):
    producer = KafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-id")
    producer.init_transactions()
    for number in range(int(rounds)):
        for word in ("committed", "aborted"):
            producer.begin_transaction()
            for partition in (0, 1):
                producer.send(topic, f"{word}-{number}".encode(), b"key", partition=partition)
            producer.flush(WAIT_S)
            if word == "committed":
                producer.commit_transaction()
            else:
                producer.abort_transaction()
    producer.close()


def admin(bootstrap, topic):
    from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    client.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "86400000"})])
    client.create_partitions({topic: NewPartitions(3)})
    [described] = client.describe_topics([topic])
    assert len(described["partitions"]) == 3, described
    configs = str(client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
    assert "retention.ms" in configs and "86400000" in configs, configs
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for number in range(10):
        producer.send(topic, str(number).encode(), partition=0).get(WAIT_S)
    producer.close()
    first = TopicPartition(topic, 0)
    client.delete_records({first: 4})
    reader = consumer(bootstrap, f"{topic}-group")
    assert reader.beginning_offsets([first]) == {first: 4} and reader.end_offsets([first]) == {first: 10}
    reader.assign([first])
    reader.commit({first: OffsetAndMetadata(7, "text", -1)})
    reader.close()
    offsets = client.list_group_offsets({f"{topic}-group": None})
    assert "7" in str(offsets) and "text" in str(offsets), offsets
    assert f"{topic}-group" in str(client.list_groups())
    client.delete_groups([f"{topic}-group"])
    client.delete_topics([topic])
    client.close()


VERBS = {"member": member, "seek": seek, "transactions": transactions, "admin": admin}
VERBS[sys.argv[1]](*sys.argv[2:])
