// The Java client of the client suites: writes a file of records into topics, or reads topics back
// and prints one hash line per partition. The file's layout and the hash are described in
// `cli/tests/support/hashes.rs`; every client program here follows the same rules.

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class CorelaneClient {
    public static void main(String[] args) throws Exception {
        if (args.length >= 4 && args[0].equals("produce")) {
            for (int i = 3; i < args.length; i++) {
                String[] topicAndCodec = args[i].split("=", 2);
                produce(args[1], Path.of(args[2]), topicAndCodec[0], topicAndCodec[1]);
            }
        } else if (args.length >= 3 && args[0].equals("read")) {
            read(args[1], List.of(args).subList(2, args.length));
        } else {
            System.err.println("usage: produce BOOTSTRAP RECORDS TOPIC=CODEC... | read BOOTSTRAP TOPIC...");
            System.exit(64);
        }
    }

    private static void produce(String bootstrap, Path records, String topic, String codec) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("enable.idempotence", true);
        config.put("acks", "all");
        config.put("compression.type", codec);
        config.put("linger.ms", 5);
        config.put("batch.size", 65536);
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
                var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(records), 1 << 16))) {
            while (true) {
                int partition;
                try {
                    partition = in.readInt();
                } catch (EOFException end) {
                    break;
                }
                long timestamp = in.readLong();
                byte[] key = readField(in);
                List<Header> headers = new ArrayList<>();
                for (int left = in.readInt(); left > 0; left--) {
                    String name = new String(readField(in), StandardCharsets.UTF_8);
                    headers.add(new RecordHeader(name, readField(in)));
                }
                byte[] value = readField(in);
                answers.add(producer.send(new ProducerRecord<>(topic, partition, timestamp, key, value, headers)));
            }
            producer.flush();
        }
        for (Future<RecordMetadata> answer : answers) {
            answer.get();
        }
    }

    private static void read(String bootstrap, List<String> topics) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("enable.auto.commit", false);
        config.put("auto.offset.reset", "none");
        config.put("max.poll.records", 10000);
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : topics) {
                consumer.partitionsFor(topic).forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, PartitionHash> hashes = new HashMap<>();
            for (TopicPartition partition : partitions) {
                hashes.put(partition, new PartitionHash());
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<TopicPartition> open = new ArrayList<>(partitions);
            while (true) {
                open.removeIf(p -> consumer.position(p) >= ends.get(p));
                if (open.isEmpty()) {
                    break;
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(5))) {
                    hashes.get(new TopicPartition(record.topic(), record.partition())).add(record);
                }
            }
            Map<String, String> lines = new TreeMap<>();
            hashes.forEach((p, hash) -> lines.put(p.toString(), hash.line(p)));
            lines.values().forEach(System.out::println);
        }
    }

    private static byte[] readField(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] field = new byte[length];
        in.readFully(field);
        return field;
    }

    /** The two running hashes of one partition. */
    private static final class PartitionHash {
        private long count;
        private final MessageDigest content = sha256();
        private final MessageDigest full = sha256();
        private final DataOutputStream contentOut = out(content);
        private final DataOutputStream fullOut = out(full);

        void add(ConsumerRecord<byte[], byte[]> record) {
            try {
                fullOut.writeLong(record.offset());
                fullOut.writeLong(record.timestamp());
                fields(fullOut, record);
                fields(contentOut, record);
                count++;
            } catch (IOException impossible) {
                throw new IllegalStateException(impossible);
            }
        }

        String line(TopicPartition p) {
            HexFormat hex = HexFormat.of();
            return "{\"topic\":\"%s\",\"partition\":%d,\"count\":%d,\"content\":\"%s\",\"full\":\"%s\"}"
                    .formatted(p.topic(), p.partition(), count, hex.formatHex(content.digest()), hex.formatHex(full.digest()));
        }

        private static void fields(DataOutputStream out, ConsumerRecord<byte[], byte[]> record) throws IOException {
            field(out, record.key());
            Header[] headers = record.headers().toArray();
            out.writeInt(headers.length);
            for (Header header : headers) {
                field(out, header.key().getBytes(StandardCharsets.UTF_8));
                field(out, header.value());
            }
            field(out, record.value());
        }

        private static void field(DataOutputStream out, byte[] bytes) throws IOException {
            if (bytes == null) {
                out.writeInt(-1);
            } else {
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (java.security.NoSuchAlgorithmException impossible) {
                throw new IllegalStateException(impossible);
            }
        }

        private static DataOutputStream out(MessageDigest digest) {
            return new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        }
    }
}
