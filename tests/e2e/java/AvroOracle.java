// SPDX-License-Identifier: Apache-2.0
// What Avro's own Java library says, for tests/e2e/test_avro_oracle.py: one JSON object a line in, one out.
// {"reader": TEXT, "writer": TEXT} gives whether SchemaCompatibility calls them compatible, and how many of some random values of the
// writer's schema the reader decodes. {"schema": TEXT, "hex": BYTES} gives the value of its field v after the conversions of logical
// types, and the bytes once more as Java writes the value. {"container": FILE} gives each object of a container file as bare bytes.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;
import org.apache.avro.util.TimePeriod;

public class AvroOracle {
    private static final int VALUES = 12;
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
    }

    private static ObjectNode answer(JsonNode question) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            if (question.has("container")) {
                container(question.get("container").asText(), answer);
            } else if (question.has("hex")) {
                value(parse(question.get("schema")), unhex(question.get("hex").asText()), answer);
            } else {
                pair(question, answer);
            }
        } catch (Exception why) {
            answer.put("refused", why.toString());
        }
        return answer;
    }

    private static Schema parse(JsonNode text) {
        return new Schema.Parser().parse(text.asText());
    }

    private static void pair(JsonNode question, ObjectNode answer) throws IOException {
        Schema reader = parse(question.get("reader"));
        Schema writer = parse(question.get("writer"));
        boolean compatible;
        try {
            compatible = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType() == SchemaCompatibilityType.COMPATIBLE;
        } catch (RuntimeException why) { // a field that is two of the writer's by its aliases
            compatible = false;
            answer.put("why", why.toString());
        }
        answer.put("compatible", compatible);
        answer.put("values", VALUES);
        answer.put("decoded", decodeRandom(reader, writer, answer));
    }

    private static int decodeRandom(Schema reader, Schema writer, ObjectNode answer) throws IOException {
        int decoded = 0;
        for (Object value : new RandomData(writer, VALUES, 7L)) {
            byte[] bytes = encode(writer, value);
            try {
                BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
                new GenericDatumReader<Object>(writer, reader).read(null, decoder);
                if (decoder.isEnd()) {
                    decoded++;
                }
            } catch (Exception why) {
                answer.put("why", why.toString());
            }
        }
        return decoded;
    }

    private static byte[] unhex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static GenericData withConversions() {
        GenericData data = new GenericData();
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
        data.addLogicalTypeConversion(new Conversions.UUIDConversion());
        data.addLogicalTypeConversion(new TimeConversions.DateConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
        return data;
    }

    private static void value(Schema schema, byte[] bytes, ObjectNode answer) throws IOException {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
        GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema, schema, withConversions());
        GenericRecord record = reader.read(null, decoder);
        Schema field = schema.getFields().get(0).schema();
        answer.put("value", show(duration(field, record.get(0))));
        answer.put("whole", decoder.isEnd());
        BinaryDecoder again = DecoderFactory.get().binaryDecoder(bytes, null);
        answer.put("hex", HexFormat.of().formatHex(encode(schema, new GenericDatumReader<Object>(schema).read(null, again))));
    }

    /** Avro 1.12.0 has the conversion, but its parser does not know the logical type. */
    private static Object duration(Schema field, Object value) {
        boolean is = value instanceof GenericFixed && "duration".equals(field.getProp("logicalType"));
        return is ? new Conversions.DurationConversion().fromFixed((GenericFixed) value, field, LogicalTypes.duration()) : value;
    }

    private static String show(Object value) {
        if (value instanceof BigDecimal) {
            return ((BigDecimal) value).toPlainString();
        } else if (value instanceof LocalTime) {
            return Long.toString(((LocalTime) value).toNanoOfDay());
        } else if (value instanceof Instant) {
            return ((Instant) value).getEpochSecond() + " " + ((Instant) value).getNano();
        } else if (value instanceof LocalDateTime) {
            return ((LocalDateTime) value).toEpochSecond(ZoneOffset.UTC) + " " + ((LocalDateTime) value).getNano();
        } else if (value instanceof TimePeriod) {
            TimePeriod period = (TimePeriod) value;
            return period.getMonths() + " " + period.getDays() + " " + period.getMillis();
        }
        return String.valueOf(value);
    }

    private static void container(String file, ObjectNode answer) throws IOException {
        ArrayNode objects = answer.putArray("objects");
        try (DataFileReader<Object> reader = new DataFileReader<>(new File(file), new GenericDatumReader<>())) {
            answer.put("schema", reader.getSchema().toString());
            for (Object object : reader) {
                objects.add(HexFormat.of().formatHex(encode(reader.getSchema(), object)));
            }
        }
    }

    private static byte[] encode(Schema schema, Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<Object>(schema).write(value, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }
}
