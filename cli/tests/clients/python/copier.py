"""confluent-kafka copies a topic into another one, exactly once, as TransactionalCopier.java does."""

import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

RECORDS_PER_TRANSACTION = 50
ABORTED = 5
WAIT_S = 60


def positions(consumer, partitions):
    """Where to read on: behind what is committed, else at the beginning; waits while a transaction holds it open."""
    while True:
        committed = consumer.committed(partitions, WAIT_S)
        if not any(partition.error for partition in committed):
            break
    for partition in committed:
        if partition.offset < 0:
            partition.offset = OFFSET_BEGINNING
    return committed


def begin(consumer, partitions):
    # librdkafka 2.16 left alone takes offsets that a transaction holds open while the group changes for none, and starts
    # where auto.offset.reset says.
    consumer.assign(positions(consumer, partitions))


def go_back(consumer):
    for position in positions(consumer, consumer.assignment()):
        consumer.seek(position)


def abort(producer):
    while True:
        try:
            return producer.abort_transaction(WAIT_S)
        except KafkaException as error:
            if not error.args[0].retriable():
                raise


def commit(producer, consumer, offsets):
    while True:
        try:
            producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), WAIT_S)
            break
        except KafkaException as error:
            if not error.args[0].retriable():
                raise
    while True:
        try:
            return producer.commit_transaction(WAIT_S)
        except KafkaException as error:
            if not error.args[0].retriable():
                raise


def main(bootstrap, transactional_id, group, source, target):
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": 10000,
            "reconnect.backoff.max.ms": 200,
            # A client that starts over from its bootstrap servers waits for ever for a coordinator that it has forgotten:
            # https://github.com/confluentinc/librdkafka/issues/5511
            "metadata.recovery.strategy": "none",
        }
    )
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "group.instance.id": transactional_id,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
            "reconnect.backoff.max.ms": 200,
            "partition.assignment.strategy": "range",
        }
    )
    producer.init_transactions(WAIT_S)
    consumer.subscribe([source], on_assign=begin)
    transaction = 0
    while True:
        records = consumer.consume(RECORDS_PER_TRANSACTION, 0.2)
        records = [record for record in records if not record.error()]
        if not records:
            continue
        transaction += 1
        try:
            producer.begin_transaction()
            ends = {}
            for record in records:
                value = b"copy of " + record.value()
                producer.produce(target, value, record.key(), record.partition())
                ends[record.partition()] = record.offset() + 1
            offsets = [TopicPartition(source, partition, end) for partition, end in ends.items()]
            if transaction % ABORTED == 0:
                producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), WAIT_S)
                abort(producer)
                go_back(consumer)
            else:
                commit(producer, consumer, offsets)
        except KafkaException as error:
            if error.args[0].fatal():
                raise
            print("aborted:", error, file=sys.stderr)
            abort(producer)
            go_back(consumer)


main(*sys.argv[1:])
