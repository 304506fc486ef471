import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers the test asks for. A key is a question's path with row numbers (/data/art[2]/umur), its path without them,
 * or its bare name; the most exact one wins. A value is a text (empty: leave unanswered), a list (one text per row of the
 * repeat the question stands in), or {"any": [...]} (one of them at random).
 */
final class Hints {
    private static final Pattern ROW = Pattern.compile("\\[(\\d+)\\]");
    private final JsonNode hints;
    private final Random random;
    private final Set<String> used = new LinkedHashSet<>();

    Hints(JsonNode hints, Random random) {
        this.hints = hints;
        this.random = random;
    }

    /** The wanted text for a question, or null when the test does not care. */
    String find(String path) {
        for (String key : keys(path)) {
            JsonNode value = hints.get(key);
            if (value != null) {
                used.add(key);
                return text(value, path);
            }
        }
        return null;
    }

    /** Keys that no question asked for, so that a test notices a misspelt name. */
    List<String> unused() {
        List<String> rest = new ArrayList<>();
        hints.fieldNames().forEachRemaining(key -> {
            if (!used.contains(key)) {
                rest.add(key);
            }
        });
        return rest;
    }

    private static List<String> keys(String path) {
        String plain = path.replaceAll("\\[\\d+\\]", "");
        return List.of(path, plain, plain.substring(plain.lastIndexOf('/') + 1));
    }

    private String text(JsonNode value, String path) {
        if (value.isArray()) {
            int row = row(path);
            return row < value.size() ? text(value.get(row), path) : null;
        }
        if (value.isObject()) {
            JsonNode any = value.get("any");
            return any.get(random.nextInt(any.size())).asText();
        }
        return value.isNull() ? null : value.asText();
    }

    private static int row(String path) {
        Matcher rows = ROW.matcher(path);
        int last = 1;
        while (rows.find()) {
            last = Integer.parseInt(rows.group(1));
        }
        return last - 1;
    }
}
