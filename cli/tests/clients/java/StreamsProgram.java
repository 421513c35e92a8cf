// The programs of Kafka Streams that the suites run, exactly once: a word count, and a join of two topics. Ends in good order
// on SIGTERM, and prints each state that it gets to.
//
// BOOTSTRAP STATE-FOLDER word-count LINES COUNTS | BOOTSTRAP STATE-FOLDER join DEPARTURES ARRIVALS MEETINGS

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;

public final class StreamsProgram {
    /** Times of one plane that lie no further apart meet; as in `kafka_streams.rs`. */
    private static final Duration WINDOW = Duration.ofHours(6);
    /** Nothing comes too late: what meets depends on the records alone, not on their order. */
    private static final Duration GRACE = Duration.ofDays(400);

    public static void main(String[] args) throws Exception {
        Topology topology = switch (args[2]) {
            case "word-count" -> wordCount(args[3], args[4]);
            case "join" -> join(args[3], args[4], args[5]);
            default -> throw new IllegalArgumentException(args[2]);
        };
        var streams = new KafkaStreams(topology, settings(args[0], args[1], args[2]));
        streams.setStateListener((now, before) -> System.out.println("state " + now));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            boolean ended = streams.close(Duration.ofSeconds(30));
            System.out.println(ended ? "closed" : "not closed in time");
        }));
        streams.start();
        Thread.currentThread().join();
    }

    /** Each count of each word goes out: with nothing held back, those of a word are 1, 2, 3. */
    private static Topology wordCount(String lines, String counts) {
        var builder = new StreamsBuilder();
        builder.stream(lines, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> List.of(line.split(",")))
                .groupBy((key, word) -> word, Grouped.with("words", Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .mapValues(count -> count.toString())
                .to(counts, Produced.with(Serdes.String(), Serdes.String()));
        return builder.build();
    }

    /** Every departure with every arrival of the same plane that lies in the window. */
    private static Topology join(String departures, String arrivals, String meetings) {
        var builder = new StreamsBuilder();
        KStream<String, String> left = flights(builder, departures);
        KStream<String, String> right = flights(builder, arrivals);
        left.join(right, (departure, arrival) -> row(departure) + " " + row(arrival),
                        JoinWindows.ofTimeDifferenceAndGrace(WINDOW, GRACE),
                        StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String()).withName("meetings"))
                .to(meetings, Produced.with(Serdes.String(), Serdes.String()));
        return builder.build();
    }

    /** Values are a row of the data set and a time in milliseconds, which is the record's. */
    private static KStream<String, String> flights(StreamsBuilder builder, String topic) {
        return builder.stream(topic, Consumed.with(Serdes.String(), Serdes.String())
                .withTimestampExtractor((record, latest) -> Long.parseLong(record.value().toString().split(" ")[1])));
    }

    private static String row(String flight) {
        return flight.split(" ")[0];
    }

    private static Properties settings(String bootstrap, String stateFolder, String id) {
        var settings = new Properties();
        settings.put("application.id", id);
        settings.put("bootstrap.servers", bootstrap);
        settings.put("state.dir", stateFolder);
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("num.stream.threads", 2);
        settings.put("statestore.cache.max.bytes", 0);
        settings.put("commit.interval.ms", 100);
        settings.put("reconnect.backoff.max.ms", 200);
        settings.put("producer.transaction.timeout.ms", 10000);
        settings.put("consumer.session.timeout.ms", 6000);
        settings.put("consumer.heartbeat.interval.ms", 500);
        settings.put("consumer.auto.offset.reset", "earliest");
        return settings;
    }
}
