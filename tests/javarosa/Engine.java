import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.xform.util.XFormUtils;

/**
 * JavaRosa as a process: one JSON request a line on standard input, one JSON answer a line on standard output, {"error": text}
 * when something fails. Commands: load, fill, validate, serialize. engine.py is the other end and documents the fields.
 */
public final class Engine {
    private static final int ATTEMPTS = 40;
    private final ObjectMapper json = new ObjectMapper();
    private File xform;
    private Filler filler;

    public static void main(String[] arguments) throws IOException {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Phone.boot();
        Engine engine = new Engine();
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(engine.answer(line));
        }
    }

    private String answer(String line) throws IOException {
        try {
            return json.writeValueAsString(perform(json.readTree(line)));
        } catch (Exception | StackOverflowError e) {
            return json.writeValueAsString(json.createObjectNode().put("error", describe(e)));
        }
    }

    private static String describe(Throwable e) {
        String text = e.getMessage() == null ? "" : e.getMessage();
        return e instanceof Filler.DeadEnd ? text : e.getClass().getSimpleName() + ": " + text;
    }

    private JsonNode perform(JsonNode request) throws Exception {
        switch (request.get("command").asText()) {
            case "load": return load(request);
            case "fill": return fill(request);
            case "validate": return json.createObjectNode().set("problem", json.valueToTree(filled().problem()));
            case "serialize": return serialize(Path.of(request.get("path").asText()));
            default: throw new IllegalArgumentException("unknown command in " + request);
        }
    }

    private Filler filled() {
        if (filler == null) {
            throw new IllegalStateException("fill a form first");
        }
        return filler;
    }

    private JsonNode load(JsonNode request) throws Exception {
        Map<String, String> properties = new HashMap<>();
        request.get("properties").fields().forEachRemaining(e -> properties.put(e.getKey(), e.getValue().asText()));
        Phone.prepare(new File(request.get("media").asText()), properties);
        xform = new File(request.get("form").asText());
        filler = null;
        FormDef form = open();
        ObjectNode answer = json.createObjectNode().put("title", form.getTitle());
        answer.set("warnings", json.valueToTree(form.getParseWarnings()));
        return answer;
    }

    /** A fresh instance; parsed anew each time, so that media may change between two fillings. */
    private FormDef open() throws Exception {
        FormDef form = XFormUtils.getFormFromFormXml(xform.getAbsolutePath(), "jr://file/last-saved.xml");
        form.initialize(true, new InstanceInitializationFactory());
        return form;
    }

    private JsonNode fill(JsonNode request) throws Exception {
        Random seeds = new Random(request.get("seed").asLong());
        Filler.DeadEnd last = null;
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                return fillOnce(request, new Random(seeds.nextLong()));
            } catch (Filler.DeadEnd e) {
                last = e;
            }
        }
        throw last;
    }

    private JsonNode fillOnce(JsonNode request, Random random) throws Exception {
        Hints hints = new Hints(request.get("hints"), random);
        Place place = new Place(request.get("place"), random);
        Phone.standAt(request.get("location_on").asBoolean() ? place.point() : "");
        filler = new Filler(open(), request, random, hints, place);
        filler.fill(request.get("duration_s").asLong());
        ObjectNode answer = json.createObjectNode();
        answer.set("answers", json.valueToTree(filler.asked()));
        answer.set("media", json.valueToTree(filler.media()));
        answer.set("unused_hints", json.valueToTree(hints.unused()));
        return answer;
    }

    private JsonNode serialize(Path path) throws Exception {
        XFormSerializingVisitor visitor = new XFormSerializingVisitor();
        try (InputStream xml = visitor.createSerializedPayload(filled().form().getMainInstance()).getPayloadStream()) {
            Files.copy(xml, path, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        return json.createObjectNode().put("size_bytes", Files.size(path));
    }
}
