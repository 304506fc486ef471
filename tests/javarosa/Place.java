import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Where the phone stands during one filling: a spot in a box, with fixes that scatter a few metres around it. */
final class Place {
    private static final double SCATTER_DEG = 0.00003;
    private final Random random;
    private final double latitude;
    private final double longitude;
    private final double bestAccuracy;
    private final double worstAccuracy;

    /** Reads {box: [south, west, north, east], accuracy: [best, worst]}; degrees and metres. */
    Place(JsonNode place, Random random) {
        JsonNode box = place.get("box");
        this.random = random;
        this.latitude = between(box.get(0).asDouble(), box.get(2).asDouble());
        this.longitude = between(box.get(1).asDouble(), box.get(3).asDouble());
        this.bestAccuracy = place.get("accuracy").get(0).asDouble();
        this.worstAccuracy = place.get("accuracy").get(1).asDouble();
    }

    /** One fix: latitude, longitude, altitude, accuracy. */
    String point() {
        return at(latitude + scatter(), longitude + scatter());
    }

    /** A walk of three to six fixes; closed ones end where they began. */
    String line(boolean closed) {
        List<String> points = new ArrayList<>();
        int corners = 3 + random.nextInt(4);
        for (int i = 0; i < corners; i++) {
            double angle = 2 * Math.PI * i / corners;
            points.add(at(latitude + 0.0002 * Math.sin(angle), longitude + 0.0002 * Math.cos(angle)));
        }
        if (closed) {
            points.add(points.get(0));
        }
        return String.join(";", points);
    }

    private String at(double lat, double lon) {
        return String.format(Locale.ROOT, "%.7f %.7f %.1f %.1f", lat, lon, between(20, 60),
            between(bestAccuracy, worstAccuracy));
    }

    private double scatter() {
        return between(-SCATTER_DEG, SCATTER_DEG);
    }

    private double between(double low, double high) {
        return low + random.nextDouble() * (high - low);
    }
}
