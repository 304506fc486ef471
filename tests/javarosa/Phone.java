import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.javarosa.core.model.CoreModelModule;
import org.javarosa.core.model.actions.setgeopoint.SetGeopointAction;
import org.javarosa.core.model.actions.setgeopoint.SetGeopointActionHandler;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceFactory;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;

/**
 * What ODK Collect tells JavaRosa about the phone before it opens a form: where media lie, what the phone is called,
 * and how a start-geopoint gets its fix. Nothing about filling belongs here.
 */
final class Phone {
    private static File media = new File(".");
    private static Map<String, String> properties = Map.of();
    private static String fix = "";

    private Phone() { }

    /** Registers JavaRosa's modules and our handlers; once per process. */
    static void boot() {
        PrototypeManager.registerPrototypes(JavaRosaCoreModule.classNames);
        PrototypeManager.registerPrototypes(CoreModelModule.classNames);
        new XFormsModule().registerModule();
        ReferenceManager.instance().addReferenceFactory(new MediaFolder());
        PropertyManager.setPropertyManager(new PhoneProperties());
        XFormParser.registerActionHandler(SetGeopointActionHandler.ELEMENT_NAME, new FixHandler());
    }

    /** Points every jr:// address at a folder and answers the property preloads (deviceid, username ...) from a map. */
    static void prepare(File folder, Map<String, String> values) {
        media = folder;
        properties = values;
    }

    /** The text that start-geopoint and background-geopoint receive from now on; empty means location is off. */
    static void standAt(String point) {
        fix = point;
    }

    private static final class MediaFolder implements ReferenceFactory {
        private static final List<String> ROOTS = List.of(
            "jr://file-csv/", "jr://file/", "jr://images/", "jr://image/", "jr://audio/", "jr://video/");

        @Override public boolean derives(String uri) {
            return ROOTS.stream().anyMatch(uri::startsWith);
        }

        @Override public Reference derive(String uri) {
            return new MediaFile(uri, new File(media, uri.substring(uri.lastIndexOf('/') + 1)));
        }

        @Override public Reference derive(String uri, String context) {
            return derive(context.substring(0, context.lastIndexOf('/') + 1) + uri);
        }
    }

    private record MediaFile(String uri, File file) implements Reference {
        @Override public boolean doesBinaryExist() { return file.exists(); }
        @Override public InputStream getStream() throws IOException { return Files.newInputStream(file.toPath()); }
        @Override public String getURI() { return uri; }
        @Override public String getLocalURI() { return file.getAbsolutePath(); }
        @Override public boolean isReadOnly() { return true; }
        @Override public OutputStream getOutputStream() throws IOException { throw new IOException("read only"); }
        @Override public void remove() throws IOException { throw new IOException("read only"); }
        @Override public Reference[] probeAlternativeReferences() { return new Reference[0]; }
    }

    private static final class PhoneProperties implements IPropertyManager {
        @Override public List<String> getProperty(String name) {
            String value = getSingularProperty(name);
            return value == null ? null : List.of(value);
        }

        @Override public String getSingularProperty(String name) { return properties.get(name.toLowerCase()); }
        @Override public void setProperty(String name, String value) { }
        @Override public void setProperty(String name, List<String> value) { }
        @Override public void addRules(IPropertyRules rules) { }
        @Override public List<IPropertyRules> getRules() { return List.of(); }
    }

    private static final class FixHandler extends SetGeopointActionHandler {
        @Override public SetGeopointAction getSetGeopointAction() { return new FixAction(null); }
    }

    /** Collect waits for a fix in the background; here the phone has one already. Public for JavaRosa's factory. */
    public static final class FixAction extends SetGeopointAction {
        public FixAction() { }

        FixAction(TreeReference target) { super(target); }

        @Override public void requestLocationUpdates() { saveLocationValue(fix); }
    }
}
