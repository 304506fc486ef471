import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random text that matches a regular expression of the plain kind form authors write: literals, classes, groups,
 * alternatives, counted repetition and the escapes d, w, s. Look-around and back-references are refused.
 */
final class PatternText {
    private static final int MOST_OPEN = 6;
    private static final String WORD = "abcdefghijklmnopqrstuvwxyz0123456789";
    private final String pattern;
    private final Random random;
    private int at;

    private PatternText(String pattern, Random random) {
        this.pattern = pattern;
        this.random = random;
    }

    /** One random text that the whole pattern matches. */
    static String of(String pattern, Random random) {
        PatternText maker = new PatternText(pattern, random);
        String text = maker.alternatives().make(random);
        if (maker.at < pattern.length()) {
            throw new IllegalArgumentException("cannot read the pattern " + pattern + " at " + maker.at);
        }
        return text;
    }

    private interface Piece { String make(Random random); }

    private Piece alternatives() {
        List<Piece> branches = new ArrayList<>(List.of(sequence()));
        while (at < pattern.length() && pattern.charAt(at) == '|') {
            at++;
            branches.add(sequence());
        }
        return r -> branches.get(r.nextInt(branches.size())).make(r);
    }

    private Piece sequence() {
        List<Piece> pieces = new ArrayList<>();
        while (at < pattern.length() && "|)".indexOf(pattern.charAt(at)) < 0) {
            pieces.add(repeated(atom()));
        }
        return r -> {
            StringBuilder text = new StringBuilder();
            pieces.forEach(piece -> text.append(piece.make(r)));
            return text.toString();
        };
    }

    private Piece atom() {
        char c = pattern.charAt(at++);
        switch (c) {
            case '^': case '$': return r -> "";
            case '.': return oneOf(WORD);
            case '(': return group();
            case '[': return oneOf(characterClass());
            case '\\': return oneOf(escape());
            default: return r -> String.valueOf(c);
        }
    }

    private Piece group() {
        if (pattern.startsWith("?:", at)) {
            at += 2;
        } else if (at < pattern.length() && pattern.charAt(at) == '?') {
            throw new IllegalArgumentException("cannot make text for look-around in " + pattern);
        }
        Piece inner = alternatives();
        at++;
        return inner;
    }

    private String escape() {
        char c = pattern.charAt(at++);
        switch (c) {
            case 'd': return "0123456789";
            case 'w': return WORD;
            case 's': return " ";
            default: return String.valueOf(c);
        }
    }

    private String characterClass() {
        boolean negated = pattern.charAt(at) == '^';
        at += negated ? 1 : 0;
        StringBuilder members = new StringBuilder();
        for (boolean first = true; first || pattern.charAt(at) != ']'; first = false) {
            char c = pattern.charAt(at++);
            if (c == '\\') {
                members.append(escape());
            } else if (pattern.charAt(at) == '-' && pattern.charAt(at + 1) != ']') {
                appendRange(members, c, pattern.charAt(at + 1));
                at += 2;
            } else {
                members.append(c);
            }
        }
        at++;
        return negated ? without(members.toString()) : members.toString();
    }

    private static void appendRange(StringBuilder members, char first, char last) {
        for (char c = first; c <= last; c++) {
            members.append(c);
        }
    }

    private static String without(String excluded) {
        StringBuilder rest = new StringBuilder();
        (WORD + " -").chars().filter(c -> excluded.indexOf(c) < 0).forEach(c -> rest.append((char) c));
        return rest.toString();
    }

    private static Piece oneOf(String characters) {
        return r -> String.valueOf(characters.charAt(r.nextInt(characters.length())));
    }

    private Piece repeated(Piece piece) {
        if (at >= pattern.length() || "?*+{".indexOf(pattern.charAt(at)) < 0) {
            return piece;
        }
        int[] bounds = bounds();
        return r -> {
            StringBuilder text = new StringBuilder();
            int times = bounds[0] + r.nextInt(bounds[1] - bounds[0] + 1);
            for (int i = 0; i < times; i++) {
                text.append(piece.make(r));
            }
            return text.toString();
        };
    }

    private int[] bounds() {
        switch (pattern.charAt(at++)) {
            case '?': return new int[] {0, 1};
            case '*': return new int[] {0, MOST_OPEN};
            case '+': return new int[] {1, MOST_OPEN};
            default: return counted();
        }
    }

    private int[] counted() {
        int end = pattern.indexOf('}', at);
        String[] parts = pattern.substring(at, end).split(",", -1);
        at = end + 1;
        int least = Integer.parseInt(parts[0].trim());
        if (parts.length == 1) {
            return new int[] {least, least};
        }
        return new int[] {least, parts[1].isBlank() ? least + MOST_OPEN : Integer.parseInt(parts[1].trim())};
    }
}
