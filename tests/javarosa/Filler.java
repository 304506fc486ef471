import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.ValidateOutcome;
import org.javarosa.core.model.condition.Constraint;
import org.javarosa.core.model.data.DateTimeData;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.data.StringData;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.xpath.XPathConditional;

/**
 * Fills one form as an enumerator does: swipes through it, answers what is asked, adds repeats, goes back when the form
 * refuses to finish, finalises. Everything about relevance, constraints, choices and calculations is left to JavaRosa.
 */
final class Filler {
    private static final int MOST_CORRECTIONS = 50;
    private final FormDef form;
    private final FormEntryController controller;
    private final FormEntryModel model;
    private final Random random;
    private final Hints hints;
    private final Answers answers;
    private final double optionalShare;
    private final Map<String, Integer> rows = new LinkedHashMap<>();

    Filler(FormDef form, JsonNode request, Random random, Hints hints, Place place) {
        this.form = form;
        this.model = new FormEntryModel(form);
        this.controller = new FormEntryController(model);
        this.random = random;
        this.hints = hints;
        this.answers = new Answers(random, place);
        this.optionalShare = request.path("optional_share").asDouble(0.5);
    }

    /** No answer is possible here after what was answered before; another filling may fare better. */
    static final class DeadEnd extends RuntimeException {
        private static final long serialVersionUID = 1;

        DeadEnd(String message) { super(message); }
    }

    /** Answers the whole form and finalises it; duration is how long ago the interview shall have begun. */
    void fill(long durationSeconds) {
        swipeThrough(false);
        correct();
        rememberAudit();
        setStart(durationSeconds);
        controller.finalizeFormEntry();
    }

    private void swipeThrough(boolean onlyMissing) {
        controller.jumpToIndex(FormIndex.createBeginningOfFormIndex());
        for (int event = controller.stepToNextEvent(); event != FormEntryController.EVENT_END_OF_FORM;
                event = controller.stepToNextEvent()) {
            if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT && !onlyMissing && wantsRow()) {
                controller.newRepeat();
            } else if (event == FormEntryController.EVENT_QUESTION) {
                answerHere(onlyMissing);
            }
        }
    }

    private boolean wantsRow() {
        TreeReference ref = model.getFormIndex().getReference();
        String repeat = path(ref.getParentRef()) + "/" + ref.getNameLast();
        int wanted = rows.computeIfAbsent(repeat, key -> {
            String hint = hints.find(key);
            return hint == null ? random.nextInt(3) : Integer.parseInt(hint);
        });
        return ref.getMultLast() < wanted;
    }

    private void answerHere(boolean onlyMissing) {
        FormEntryPrompt prompt = model.getQuestionPrompt();
        boolean keep = onlyMissing && (prompt.getAnswerValue() != null || !prompt.isRequired());
        if (!prompt.isReadOnly() && !keep) {
            answer(prompt);
        }
    }

    private void answer(FormEntryPrompt prompt) {
        String path = path(prompt.getIndex().getReference());
        String hint = hints.find(path);
        if (hint != null) {
            follow(prompt, path, hint);
        } else if (prompt.isRequired() || random.nextDouble() < optionalShare) {
            tryGuesses(prompt, path);
        }
    }

    private void follow(FormEntryPrompt prompt, String path, String hint) {
        try {
            IAnswerData value = hint.isEmpty() ? null : answers.parse(prompt, hint);
            int status = controller.answerQuestion(prompt.getIndex(), value, true);
            if (status != FormEntryController.ANSWER_OK) {
                throw new DeadEnd("the form refuses the answer " + hint + " for " + path + ": " + why(status, prompt));
            }
        } catch (IllegalArgumentException e) {
            throw new DeadEnd("cannot answer " + path + " with " + hint + ": " + e.getMessage());
        }
    }

    private static String why(int status, FormEntryPrompt prompt) {
        return status == FormEntryController.ANSWER_REQUIRED_BUT_EMPTY ? "required"
            : "constraint, " + prompt.getConstraintText();
    }

    private void tryGuesses(FormEntryPrompt prompt, String path) {
        String name = prompt.getIndex().getReference().getNameLast();
        for (IAnswerData guess : answers.guesses(prompt, name, constraint(prompt.getIndex()))) {
            if (controller.answerQuestion(prompt.getIndex(), guess, true) == FormEntryController.ANSWER_OK) {
                return;
            }
        }
        if (prompt.isRequired()) {
            throw new DeadEnd("no acceptable answer for " + path + " (" + prompt.getConstraintText() + ")");
        }
    }

    private String constraint(FormIndex index) {
        Constraint constraint = form.getMainInstance().resolveReference(index.getReference()).getConstraint();
        boolean readable = constraint != null && constraint.constraint instanceof XPathConditional;
        String xpath = readable ? ((XPathConditional) constraint.constraint).xpath : null;
        return xpath == null ? "" : xpath;
    }

    /** Does what Collect makes the enumerator do when finalising fails: go to the question and answer again. */
    private void correct() {
        for (int i = 0; i < MOST_CORRECTIONS; i++) {
            ValidateOutcome problem = form.validate();
            if (problem == null || problem.outcome == FormEntryController.ANSWER_OK) {
                return;
            }
            controller.jumpToIndex(problem.failedPrompt);
            answer(model.getQuestionPrompt());
            swipeThrough(true);
        }
        throw new DeadEnd("the form cannot be finalised");
    }

    private void rememberAudit() {
        TreeElement meta = form.getMainInstance().getRoot().getFirstChild("meta");
        TreeElement audit = meta == null ? null : meta.getFirstChild("audit");
        if (audit != null) {
            audit.setAnswer(new StringData("audit.csv"));
        }
    }

    private void setStart(long durationSeconds) {
        if (durationSeconds > 0) {
            Date began = new Date(System.currentTimeMillis() - durationSeconds * 1000);
            backdate(form.getMainInstance().getRoot(), began);
        }
    }

    private void backdate(TreeElement element, Date began) {
        if ("timestamp".equals(element.getPreloadHandler()) && "start".equals(element.getPreloadParams())) {
            form.setValue(new DateTimeData(began), element.getRef(), true);
        }
        for (int i = 0; i < element.getNumChildren(); i++) {
            backdate(element.getChildAt(i), began);
        }
    }

    /** Every relevant question with its final answer (empty text when left open), in the order of the form. */
    Map<String, String> asked() {
        Map<String, String> asked = new LinkedHashMap<>();
        eachQuestion(prompt -> {
            IAnswerData value = prompt.getAnswerValue();
            asked.put(path(prompt.getIndex().getReference()), value == null ? "" : value.uncast().getString());
        });
        return asked;
    }

    /** The media files that the answers name: path of the question and file name. */
    Map<String, String> media() {
        Map<String, String> media = new LinkedHashMap<>();
        eachQuestion(prompt -> {
            if (Answers.isMedia(prompt) && prompt.getAnswerValue() != null) {
                media.put(path(prompt.getIndex().getReference()), prompt.getAnswerValue().uncast().getString());
            }
        });
        return media;
    }

    private interface Visit { void see(FormEntryPrompt prompt); }

    private void eachQuestion(Visit visit) {
        controller.jumpToIndex(FormIndex.createBeginningOfFormIndex());
        for (int event = controller.stepToNextEvent(); event != FormEntryController.EVENT_END_OF_FORM;
                event = controller.stepToNextEvent()) {
            if (event == FormEntryController.EVENT_QUESTION) {
                visit.see(model.getQuestionPrompt());
            }
        }
    }

    /** What stops this form from being finalised: path and reason; empty when nothing does. */
    List<String> problem() {
        ValidateOutcome outcome = form.validate();
        if (outcome == null || outcome.outcome == FormEntryController.ANSWER_OK) {
            return List.of();
        }
        FormEntryPrompt prompt = model.getQuestionPrompt(outcome.failedPrompt);
        return List.of(path(outcome.failedPrompt.getReference()), why(outcome.outcome, prompt));
    }

    FormDef form() {
        return form;
    }

    /** A path as audit.csv writes it: row numbers, from 1, on repeats only. */
    private String path(TreeReference ref) {
        List<String> steps = new ArrayList<>();
        for (int i = 0; i < ref.size(); i++) {
            TreeElement element = form.getMainInstance().resolveReference(ref.getSubReference(i));
            boolean row = element != null && element.isRepeatable();
            steps.add(ref.getName(i) + (row ? "[" + (ref.getMultiplicity(i) + 1) + "]" : ""));
        }
        return "/" + String.join("/", steps);
    }
}
