"""confluent-kafka copies a topic into another one, exactly once, as TransactionalCopier.java does."""

import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

RECORDS_PER_TRANSACTION = 50
ABORTED = 5
WAIT_S = 60


def go_back(consumer):
    for committed in consumer.committed(consumer.assignment(), WAIT_S):
        # -2 is the beginning.
        offset = committed.offset if committed.offset >= 0 else -2
        consumer.seek(TopicPartition(committed.topic, committed.partition, offset))


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
    consumer.subscribe([source])
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
