"""confluent-kafka as a transactional producer: commits one transaction over both partitions and aborts the next."""

import sys

from confluent_kafka import Producer

WAIT_S = 30


def main(bootstrap, transactional_id, topic, rounds):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id})
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


main(*sys.argv[1:])
