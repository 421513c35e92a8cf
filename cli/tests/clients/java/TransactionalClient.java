// The Java client as a transactional producer and as a reader of either isolation level. Started from its source.
//
// write BOOTSTRAP TRANSACTIONAL-ID TOPIC FIRST ROUNDS   each round commits one transaction over both partitions and
//                                                       aborts the next; records are named by their round
// hang BOOTSTRAP TRANSACTIONAL-ID TOPIC                 begins a transaction over both partitions and an offset of the
//                                                       group "reader", says "open", and stays
// fence BOOTSTRAP TRANSACTIONAL-ID TOPIC                a second producer takes over from a first one
// read BOOTSTRAP ISOLATION TOPIC                        prints partition, offset and value of every record

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class TransactionalClient {
    private static final int PARTITIONS = 2;

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "write" -> write(args[1], args[2], args[3], Integer.parseInt(args[4]), Integer.parseInt(args[5]));
            case "hang" -> hang(args[1], args[2], args[3]);
            case "fence" -> fence(args[1], args[2], args[3]);
            case "read" -> read(args[1], args[2], args[3]);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static KafkaProducer<String, String> producer(String bootstrap, String id) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("transactional.id", id);
        config.put("transaction.timeout.ms", 60000);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private static void send(KafkaProducer<String, String> producer, String topic, String value) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(new ProducerRecord<>(topic, partition, "key", value));
        }
    }

    private static void write(String bootstrap, String id, String topic, int first, int rounds) {
        try (var producer = producer(bootstrap, id)) {
            producer.initTransactions();
            for (int round = first; round < first + rounds; round++) {
                producer.beginTransaction();
                send(producer, topic, "committed-" + round);
                producer.commitTransaction();
                producer.beginTransaction();
                send(producer, topic, "aborted-" + round);
                producer.flush();
                producer.abortTransaction();
            }
        }
    }

    @SuppressWarnings("removal")
    private static void hang(String bootstrap, String id, String topic) throws Exception {
        var producer = producer(bootstrap, id);
        producer.initTransactions();
        producer.beginTransaction();
        send(producer, topic, "open");
        producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)), new ConsumerGroupMetadata("reader"));
        producer.flush();
        System.out.println("open");
        System.out.flush();
        Thread.sleep(Long.MAX_VALUE);
    }

    private static void fence(String bootstrap, String id, String topic) {
        var first = producer(bootstrap, id);
        first.initTransactions();
        first.beginTransaction();
        send(first, topic, "fenced");
        first.flush();
        try (var second = producer(bootstrap, id)) {
            second.initTransactions();
            try {
                first.commitTransaction();
                throw new IllegalStateException("a fenced producer has committed");
            } catch (ProducerFencedException | InvalidProducerEpochException expected) {
                System.out.println("fenced");
            }
            second.beginTransaction();
            send(second, topic, "second");
            second.commitTransaction();
        }
        first.close(Duration.ZERO);
    }

    private static void read(String bootstrap, String isolation, String topic) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("isolation.level", isolation);
        List<TopicPartition> partitions = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            partitions.add(new TopicPartition(topic, partition));
        }
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(at -> consumer.position(at) < ends.get(at))) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    System.out.println(record.partition() + " " + record.offset() + " " + record.value());
                }
            }
        }
    }
}
