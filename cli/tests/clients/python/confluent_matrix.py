"""confluent-kafka in the matrix of groups, transactions and administration: one verb a run, which fails when something is
not as it must be."""

import sys
import threading
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, ResourceType

WAIT_S = 30


def consumer(bootstrap, group, **more):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
            **more,
        }
    )


def member(bootstrap, group, topic, instance):
    """Prints the values of a batch once its offsets are committed, so that each is printed by one member, once. Ends when
    standard input does."""
    more = {} if instance == "-" else {"group.instance.id": instance}
    reader = consumer(bootstrap, group, **more)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    # With callbacks a rebalance waits for the next call of consume, after the commit of what was read.
    reader.subscribe([topic], on_assign=lambda *_: None, on_revoke=lambda *_: None)
    while not ended.is_set():
        records = [r for r in reader.consume(200, 0.2) if r.error() is None]
        ends = {r.partition(): r.offset() + 1 for r in records}
        if not ends:
            continue
        try:
            reader.commit(offsets=[TopicPartition(topic, p, o) for p, o in ends.items()], asynchronous=False)
        except KafkaException:
            # The partitions have gone to others, who begin where the last commit ended.
            continue
        sys.stdout.write("".join(f"{r.value().decode()}\n" for r in records))
        sys.stdout.flush()
    reader.close()


def read(reader, count):
    """The next `count` records, or a failure."""
    records, deadline = [], time.monotonic() + WAIT_S
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records after {WAIT_S} s"
        records += [r for r in reader.consume(count - len(records), 0.2) if r.error() is None]
    return records


def seek_and_pause(bootstrap, topic):
    """Wants a topic of two partitions with 100 records each."""
    reader = consumer(bootstrap, f"{topic}-seek")
    reader.subscribe([topic])
    assert len(read(reader, 200)) == 200
    first, second = TopicPartition(topic, 0, 40), TopicPartition(topic, 1, 90)
    reader.pause([first])
    reader.seek(first)
    reader.seek(second)
    assert [(r.partition(), r.offset()) for r in read(reader, 10)] == [(1, o) for o in range(90, 100)]
    assert not reader.consume(1, 1.0), "a paused partition gave a record"
    reader.resume([first])
    assert [(r.partition(), r.offset()) for r in read(reader, 60)] == [(0, o) for o in range(40, 100)]
    reader.close()


def transactions(bootstrap, topic, rounds):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{topic}-id"})
    producer.init_transactions(WAIT_S)
    for number in range(int(rounds)):
        for word in ("committed", "aborted"):
            producer.begin_transaction()
            for partition in (0, 1):
                producer.produce(topic, f"{word}-{number}", "key", partition)
            producer.flush(WAIT_S)
            if word == "committed":
                producer.commit_transaction(WAIT_S)
            else:
                producer.abort_transaction(WAIT_S)


def admin(bootstrap, topic):
    client = AdminClient({"bootstrap.servers": bootstrap})

    def wait(futures):
        return [future.result(WAIT_S) for future in futures.values()]

    wait(client.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "86400000"})]))
    wait(client.create_partitions([NewPartitions(topic, 3)]))
    assert len(client.list_topics(topic, WAIT_S).topics[topic].partitions) == 3
    of_topic = ConfigResource(ResourceType.TOPIC, topic)
    [configs] = wait(client.describe_configs([of_topic]))
    assert configs["retention.ms"].value == "86400000"
    assert configs["cleanup.policy"].value == "delete" and configs["cleanup.policy"].is_default
    producer = Producer({"bootstrap.servers": bootstrap})
    for number in range(10):
        producer.produce(topic, str(number), partition=0)
    assert producer.flush(WAIT_S) == 0
    wait(client.delete_records([TopicPartition(topic, 0, 4)]))
    reader = consumer(bootstrap, f"{topic}-group")
    assert reader.get_watermark_offsets(TopicPartition(topic, 0), WAIT_S) == (4, 10)
    reader.commit(offsets=[TopicPartition(topic, 0, 7)], asynchronous=False)
    reader.close()
    [offsets] = wait(client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(f"{topic}-group")]))
    assert [(p.partition, p.offset) for p in offsets.topic_partitions] == [(0, 7)]
    listed = client.list_consumer_groups().result(WAIT_S).valid
    assert f"{topic}-group" in [group.group_id for group in listed]
    wait(client.delete_consumer_groups([f"{topic}-group"]))
    wait(client.delete_topics([topic]))


VERBS = {"member": member, "seek": seek_and_pause, "transactions": transactions, "admin": admin}
VERBS[sys.argv[1]](*sys.argv[2:])
