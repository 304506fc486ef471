import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.javarosa.core.model.Constants;
import org.javarosa.core.model.RangeQuestion;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.data.AnswerDataFactory;
import org.javarosa.core.model.data.DateData;
import org.javarosa.core.model.data.DateTimeData;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.data.StringData;
import org.javarosa.core.model.data.UncastData;
import org.javarosa.core.model.utils.DateUtils;
import org.javarosa.form.api.FormEntryPrompt;

/**
 * Plausible answers for one question, best guesses first, as the texts that stand in the submission. The filler offers
 * them one after the other until the form's own constraint accepts one, so a wrong guess costs only time.
 */
final class Answers {
    private static final int GUESSES = 60;
    private static final Pattern REGEX = Pattern.compile("regex\\(\\s*\\.\\s*,\\s*(?:'([^']*)'|\"([^\"]*)\")\\s*\\)");
    private static final Pattern LOWEST = Pattern.compile("(?<![\\w.])\\.\\s*(>=?)\\s*(-?\\d+(?:\\.\\d+)?)");
    private static final Pattern HIGHEST = Pattern.compile("(?<![\\w.])\\.\\s*(<=?)\\s*(-?\\d+(?:\\.\\d+)?)");
    private static final String[] WORDS = {
        "rumah", "dekat", "masjid", "warung", "sawah", "keluarga", "bantuan", "tetangga", "dusun", "jalan", "timur",
        "barat", "petugas", "datang", "pagi", "siang", "anak", "sekolah", "kerja", "pasar", "sudah", "belum", "lama"};
    private static final String[] NAMES = {
        "Siti Aminah", "Sutrisno", "Wahyu Lestari", "Slamet Riyadi", "Dewi Kartika", "Paijo", "Sri Rahayu", "Kasiyem",
        "Mochammad Arif", "Endang Sulastri", "Bambang Irawan", "Nur Hidayah", "Suwarno", "Ngatinah", "Budi Santoso"};
    private final Random random;
    private final Place place;

    Answers(Random random, Place place) {
        this.random = random;
        this.place = place;
    }

    /** Answers to try for a question that stands at this name, given its constraint's XPath (may be empty). */
    List<IAnswerData> guesses(FormEntryPrompt prompt, String name, String constraint) {
        switch (prompt.getControlType()) {
            case Constants.CONTROL_SELECT_ONE: return one(prompt);
            case Constants.CONTROL_SELECT_MULTI: return several(prompt);
            case Constants.CONTROL_RANK: return List.of(parse(prompt, joined(shuffled(values(prompt)))));
            case Constants.CONTROL_TRIGGER: return List.of(new StringData("OK"));
            case Constants.CONTROL_RANGE: return many(() -> parse(prompt, step((RangeQuestion) prompt.getQuestion())));
            case Constants.CONTROL_INPUT: return typed(prompt, name, constraint);
            default: return List.of(new StringData(mediaName(prompt.getControlType())));
        }
    }

    /** The answer that a text means for this question; selects must name an offered choice. */
    IAnswerData parse(FormEntryPrompt prompt, String text) {
        requireOffered(prompt, text);
        int control = prompt.getControlType();
        boolean plain = control == Constants.CONTROL_TRIGGER || prompt.getDataType() == Constants.DATATYPE_BINARY;
        return plain ? new StringData(text)
            : AnswerDataFactory.template(control, prompt.getDataType()).cast(new UncastData(text));
    }

    private void requireOffered(FormEntryPrompt prompt, String text) {
        if (!isSelect(prompt)) {
            return;
        }
        List<String> offered = values(prompt);
        for (String value : text.split("\\s+")) {
            if (!offered.contains(value)) {
                throw new IllegalArgumentException("choice " + value + " is not offered; offered: " + brief(offered));
            }
        }
    }

    private static String brief(List<String> offered) {
        return offered.stream().limit(20).collect(Collectors.joining(" ")) + (offered.size() > 20 ? " …" : "");
    }

    static boolean isSelect(FormEntryPrompt prompt) {
        int control = prompt.getControlType();
        return control == Constants.CONTROL_SELECT_ONE || control == Constants.CONTROL_SELECT_MULTI
            || control == Constants.CONTROL_RANK;
    }

    static boolean isMedia(FormEntryPrompt prompt) {
        return prompt.getDataType() == Constants.DATATYPE_BINARY;
    }

    private List<IAnswerData> one(FormEntryPrompt prompt) {
        return shuffled(values(prompt)).stream().map(value -> parse(prompt, value)).collect(Collectors.toList());
    }

    private List<IAnswerData> several(FormEntryPrompt prompt) {
        List<String> values = values(prompt);
        if (values.isEmpty()) {
            return List.of();
        }
        int most = Math.min(4, values.size());
        Stream<String> mixed = Stream.generate(
            () -> joined(shuffled(values).subList(0, 1 + random.nextInt(most)))).limit(GUESSES);
        return Stream.concat(mixed, shuffled(values).stream()).map(v -> parse(prompt, v)).collect(Collectors.toList());
    }

    private static List<String> values(FormEntryPrompt prompt) {
        return prompt.getSelectChoices().stream().map(SelectChoice::getValue).collect(Collectors.toList());
    }

    private List<String> shuffled(List<String> values) {
        List<String> copy = new ArrayList<>(values);
        Collections.shuffle(copy, random);
        return copy;
    }

    private static String joined(List<String> values) {
        return String.join(" ", values);
    }

    private List<IAnswerData> typed(FormEntryPrompt prompt, String name, String constraint) {
        switch (prompt.getDataType()) {
            case Constants.DATATYPE_INTEGER: case Constants.DATATYPE_LONG:
                return many(() -> parse(prompt, String.valueOf((long) Math.floor(number(constraint)))));
            case Constants.DATATYPE_DECIMAL:
                return many(() -> parse(prompt, String.valueOf(Math.round(number(constraint) * 10) / 10.0)));
            case Constants.DATATYPE_DATE:
                return many(() -> new DateData(DateUtils.parseDate(day().toString())));
            case Constants.DATATYPE_DATE_TIME:
                return many(() -> new DateTimeData(DateUtils.parseDateTime(moment().toString())));
            case Constants.DATATYPE_TIME:
                return many(() -> parse(prompt, String.format("%02d:%02d:00.000+07:00", 7 + dice(11), dice(60))));
            case Constants.DATATYPE_GEOPOINT: return many(() -> parse(prompt, place.point()));
            case Constants.DATATYPE_GEOTRACE: return many(() -> new StringData(place.line(false)));
            case Constants.DATATYPE_GEOSHAPE: return many(() -> new StringData(place.line(true)));
            case Constants.DATATYPE_BARCODE: return texts(prompt, constraint, "[A-Z]{3}-[0-9]{6}", name);
            default: return texts(prompt, constraint, null, name);
        }
    }

    private List<IAnswerData> texts(FormEntryPrompt prompt, String constraint, String usual, String name) {
        Matcher regex = REGEX.matcher(constraint);
        String found = regex.find() ? (regex.group(1) == null ? regex.group(2) : regex.group(1)) : usual;
        if (found != null) {
            return many(() -> parse(prompt, PatternText.of(found, random)));
        }
        return many(() -> parse(prompt, name.startsWith("nama") ? NAMES[dice(NAMES.length)] : sentence()));
    }

    private String sentence() {
        return Stream.generate(() -> WORDS[dice(WORDS.length)]).limit(2 + dice(8)).collect(Collectors.joining(" "));
    }

    /** A number between the literal bounds of the constraint; small ones are likelier, as in life. */
    private double number(String constraint) {
        double low = bound(LOWEST, constraint, 0, 1);
        double high = bound(HIGHEST, constraint, low + new int[] {3, 10, 100, 10_000}[dice(4)], -1);
        double share = Math.pow(random.nextDouble(), 3);
        return low + share * (high - low + 1 - 1e-9);
    }

    private static double bound(Pattern pattern, String constraint, double otherwise, int inward) {
        Matcher match = pattern.matcher(constraint);
        if (!match.find()) {
            return otherwise;
        }
        return Double.parseDouble(match.group(2)) + (match.group(1).length() == 1 ? inward : 0);
    }

    private String step(RangeQuestion range) {
        BigDecimal step = range.getRangeStep().abs();
        BigDecimal span = range.getRangeEnd().subtract(range.getRangeStart());
        int steps = span.abs().divideToIntegralValue(step).intValue();
        BigDecimal moved = step.multiply(BigDecimal.valueOf(dice(steps + 1) * (long) span.signum()));
        return range.getRangeStart().add(moved).toPlainString();
    }

    private LocalDate day() {
        int[] spans = {1, 15, 400, 25_000};
        int span = spans[dice(spans.length)];
        return LocalDate.now().plusDays(random.nextInt(4) == 0 ? dice(30) : -dice(span));
    }

    private LocalDateTime moment() {
        return day().atTime(7 + dice(11), dice(60), dice(60));
    }

    private String mediaName(int control) {
        String stem = String.valueOf(System.currentTimeMillis()) + String.format("%04d", dice(10_000));
        switch (control) {
            case Constants.CONTROL_AUDIO_CAPTURE: return stem + ".m4a";
            case Constants.CONTROL_VIDEO_CAPTURE: return stem + ".mp4";
            case Constants.CONTROL_FILE_CAPTURE: return stem + ".pdf";
            case Constants.CONTROL_OSM_CAPTURE: return stem + ".osm";
            default: return stem + ".jpg";
        }
    }

    private interface Guess { IAnswerData make(); }

    private static List<IAnswerData> many(Guess guess) {
        return Stream.generate(guess::make).limit(GUESSES).collect(Collectors.toList());
    }

    private int dice(int sides) {
        return random.nextInt(sides);
    }
}
