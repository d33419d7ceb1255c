// SPDX-License-Identifier: Apache-2.0
// What Avro's own Java library says, for tests/e2e/test_avro_oracle.py: one JSON object a line in, one out.
// {"reader": TEXT, "writer": TEXT} gives whether SchemaCompatibility calls them compatible, and how many of some random values of the
// writer's schema the reader decodes.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;

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
            pair(question, answer);
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

    private static byte[] encode(Schema schema, Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<Object>(schema).write(value, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }
}
