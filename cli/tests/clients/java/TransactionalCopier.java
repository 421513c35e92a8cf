// Copies a topic into another one, exactly once: what it reads as a member of a group it writes, with the offsets that it
// has got to, in one transaction. Started from its source; ends when it is killed, or for a reason that it prints.
//
// BOOTSTRAP TRANSACTIONAL-ID GROUP FROM TO

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class TransactionalCopier {
    private static final int RECORDS_PER_TRANSACTION = 50;
    /** One transaction in so many is aborted for no reason, and its records are read again. */
    private static final int ABORTED = 5;

    public static void main(String[] args) {
        String bootstrap = args[0];
        try (var producer = producer(bootstrap, args[1]); var consumer = consumer(bootstrap, args[1], args[2])) {
            producer.initTransactions();
            consumer.subscribe(List.of(args[3]));
            for (int transaction = 1; ; transaction++) {
                var records = consumer.poll(Duration.ofMillis(200));
                if (records.isEmpty()) {
                    continue;
                }
                try {
                    producer.beginTransaction();
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                    for (ConsumerRecord<String, String> record : records) {
                        producer.send(new ProducerRecord<>(args[4], record.partition(), record.key(), "copy of " + record.value()));
                        offsets.put(new TopicPartition(record.topic(), record.partition()),
                                new OffsetAndMetadata(record.offset() + 1));
                    }
                    producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                    if (transaction % ABORTED == 0) {
                        producer.abortTransaction();
                        goBack(consumer);
                    } else {
                        producer.commitTransaction();
                    }
                } catch (ProducerFencedException | OutOfOrderSequenceException fatal) {
                    throw fatal;
                } catch (KafkaException abortable) {
                    System.err.println("aborted: " + abortable);
                    producer.abortTransaction();
                    goBack(consumer);
                }
            }
        }
    }

    /** To what has been committed, of every partition that it has. */
    private static void goBack(KafkaConsumer<String, String> consumer) {
        var committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata offset = committed.get(partition);
            if (offset == null) {
                consumer.seekToBeginning(List.of(partition));
            } else {
                consumer.seek(partition, offset);
            }
        }
    }

    private static KafkaProducer<String, String> producer(String bootstrap, String id) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("transactional.id", id);
        config.put("transaction.timeout.ms", 10000);
        config.put("retry.backoff.ms", 20);
        config.put("reconnect.backoff.max.ms", 200);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(String bootstrap, String instance, String group) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("group.id", group);
        config.put("group.instance.id", instance);
        config.put("isolation.level", "read_committed");
        config.put("enable.auto.commit", false);
        config.put("auto.offset.reset", "earliest");
        config.put("max.poll.records", RECORDS_PER_TRANSACTION);
        config.put("session.timeout.ms", 6000);
        config.put("heartbeat.interval.ms", 500);
        config.put("retry.backoff.ms", 20);
        config.put("reconnect.backoff.max.ms", 200);
        config.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer.RangeAssignor");
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }
}
