/* SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Prints what topics hold as NDJSON, read by Kafka's own Java client: from each partition's beginning to the end that it has when the
 * program starts (under read_committed: to its last stable offset, so an open transaction hides itself and what follows it).
 *
 * A line: {"topic","partition","offset","timestamp","key","value","headers"}; key and value base64 or null, headers a list of
 * [name, base64 or null] in their order. Records come in order within a partition.
 *
 * java -cp '.cache/kafka/lib/*' TopicDump.java --bootstrap HOST:PORT [--config FILE] [--isolation read_committed|read_uncommitted]
 *     [--timeout-s N] [--prefix PREFIX] [TOPIC...]
 * Without a topic or prefix every topic that is not Kafka's own. Exit codes: 0, 1 failed, 2 usage, 4 not at the end in time.
 *
 * With --serve alone each line of standard input is such arguments, with tabs between them, and is answered by the lines of its records and one
 * of {"code","why"}, until standard input ends: a start of Java costs more than most topics do.
 */
public final class TopicDump {
    private String bootstrap;
    private String config;
    private String isolation = "read_committed";
    private String prefix;
    private long timeoutSeconds = 120;
    private final List<String> topics = new ArrayList<>();

    private static final class Late extends Exception {
        Late(String why) {
            super(why);
        }
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 1 && arguments[0].equals("--serve")) {
            serve();
            return;
        }
        String[] why = new String[1];
        int code = answer(arguments, why);
        if (code != 0) {
            System.err.println("TopicDump: " + why[0]);
        }
        System.exit(code);
    }

    private static void serve() throws IOException {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            String[] why = {""};
            int code = answer(line.split("\t"), why);
            try (JsonGenerator out = generator()) {
                out.writeStartObject();
                out.writeNumberField("code", code);
                out.writeStringField("why", why[0]);
                out.writeEndObject();
                out.writeRaw('\n');
            }
            System.out.flush();
        }
    }

    /** Returns the exit code; if that is not 0, retWhy[0] says why. */
    private static int answer(String[] arguments, String[] retWhy) throws IOException {
        TopicDump dump = new TopicDump();
        try {
            dump.parse(arguments);
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(dump.properties())) {
                dump.run(consumer);
            }
            return 0;
        } catch (IllegalArgumentException error) {
            retWhy[0] = error.getMessage();
            return 2;
        } catch (org.apache.kafka.common.KafkaException error) {
            retWhy[0] = error.toString();
            return 1;
        } catch (Late late) {
            retWhy[0] = late.getMessage();
            return 4;
        }
    }

    private static JsonGenerator generator() throws IOException {
        JsonGenerator out = new JsonFactory().createGenerator(new BufferedOutputStream(System.out, 1 << 16));
        out.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        out.setRootValueSeparator(null);
        return out;
    }

    private void parse(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String name = arguments[i];
            if (!name.startsWith("--")) {
                topics.add(name);
                continue;
            }
            if (++i == arguments.length) {
                throw new IllegalArgumentException(name + " needs a value");
            }
            switch (name) {
                case "--bootstrap" -> bootstrap = arguments[i];
                case "--config" -> config = arguments[i];
                case "--isolation" -> isolation = arguments[i];
                case "--prefix" -> prefix = arguments[i];
                case "--timeout-s" -> timeoutSeconds = Long.parseLong(arguments[i]);
                default -> throw new IllegalArgumentException("unknown option " + name);
            }
        }
        if (bootstrap == null && config == null) {
            throw new IllegalArgumentException("--bootstrap or --config is needed");
        }
    }

    private Properties properties() throws IOException {
        Properties properties = new Properties();
        if (config != null) {
            try (InputStream file = new FileInputStream(config)) {
                properties.load(file);
            }
        }
        if (bootstrap != null) {
            properties.put("bootstrap.servers", bootstrap);
        }
        properties.put("isolation.level", isolation);
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "none");
        properties.put("max.poll.records", "5000");
        properties.put("fetch.max.wait.ms", "50");
        properties.put("key.deserializer", ByteArrayDeserializer.class.getName());
        properties.put("value.deserializer", ByteArrayDeserializer.class.getName());
        return properties;
    }

    private Set<String> chosen(Set<String> existing) {
        Set<String> chosen = new TreeSet<>();
        for (String topic : existing) {
            boolean own = topic.startsWith("__");
            boolean asked = topics.contains(topic) || (prefix != null && topic.startsWith(prefix));
            if (asked || (topics.isEmpty() && prefix == null && !own)) {
                chosen.add(topic);
            }
        }
        for (String topic : topics) {
            if (!existing.contains(topic)) {
                throw new org.apache.kafka.common.KafkaException("there is no topic " + topic);
            }
        }
        return chosen;
    }

    private void run(KafkaConsumer<byte[], byte[]> consumer) throws IOException, Late {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : chosen(consumer.listTopics().keySet())) {
            consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        long deadline = System.nanoTime() + timeoutSeconds * 1_000_000_000L;
        try (JsonGenerator out = generator()) {
            while (true) {
                // The position also passes the marks that transactions leave, which are no records.
                ends.entrySet().removeIf(end -> {
                    boolean done = consumer.position(end.getKey()) >= end.getValue();
                    if (done) {
                        consumer.pause(List.of(end.getKey()));
                    }
                    return done;
                });
                if (ends.isEmpty()) {
                    return;
                }
                if (System.nanoTime() > deadline) {
                    throw new Late("not at the end in time: " + ends);
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    Long end = ends.get(new TopicPartition(record.topic(), record.partition()));
                    if (end != null && record.offset() < end) {
                        print(out, record);
                    }
                }
            }
        }
    }

    private static void print(JsonGenerator out, ConsumerRecord<byte[], byte[]> record) throws IOException {
        out.writeStartObject();
        out.writeStringField("topic", record.topic());
        out.writeNumberField("partition", record.partition());
        out.writeNumberField("offset", record.offset());
        out.writeNumberField("timestamp", record.timestamp());
        out.writeFieldName("key");
        base64(out, record.key());
        out.writeFieldName("value");
        base64(out, record.value());
        out.writeArrayFieldStart("headers");
        for (Header header : record.headers()) {
            out.writeStartArray();
            out.writeString(header.key());
            base64(out, header.value());
            out.writeEndArray();
        }
        out.writeEndArray();
        out.writeEndObject();
        out.writeRaw('\n');
    }

    private static void base64(JsonGenerator out, byte[] bytes) throws IOException {
        if (bytes == null) {
            out.writeNull();
        } else {
            out.writeBinary(bytes);
        }
    }
}
