package dev.diskcryptnet.operator.reading;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Goes on after what it does not understand, as if it were not there, and notes it when it is in the spec. */
final class Forgiving extends DeserializationProblemHandler {
    /** Attribute of a reading: the list of problems. */
    static final String PROBLEMS = "diskcryptnet.problems";

    private static final String SPEC = "/spec";
    private static final Pattern INDEX = Pattern.compile("/(\\d+)(?=/|$)");
    private static final String REMEDY =
            "; a newer version may have written it: upgrade the operator, or write what this one knows";

    @Override
    public boolean handleUnknownProperty(
            DeserializationContext context,
            JsonParser parser,
            JsonDeserializer<?> deserializer,
            Object beanOrClass,
            String name)
            throws IOException {
        note(context, " is a field that this operator does not know");
        parser.skipChildren();
        return true;
    }

    @Override
    public Object handleWeirdStringValue(DeserializationContext context, Class<?> type, String value, String message) {
        note(context, "=" + value + " is none of what this operator knows" + known(type));
        return null;
    }

    @Override
    public Object handleWeirdNumberValue(DeserializationContext context, Class<?> type, Number value, String message) {
        note(context, "=" + value + " is none of what this operator knows" + known(type));
        return null;
    }

    @Override
    public Object handleUnexpectedToken(
            DeserializationContext context, JavaType type, JsonToken token, JsonParser parser, String message)
            throws IOException {
        note(context, " is not of the kind that this operator expects");
        parser.skipChildren();
        return null;
    }

    /** A number or text where an object belongs. */
    @Override
    public Object handleMissingInstantiator(
            DeserializationContext context,
            Class<?> type,
            ValueInstantiator instantiator,
            JsonParser parser,
            String message)
            throws IOException {
        return handleUnexpectedToken(context, context.constructType(type), parser.currentToken(), parser, message);
    }

    private static String known(Class<?> type) {
        return type.isEnum()
                ? Arrays.stream(type.getFields())
                        .map(field -> field.getAnnotation(JsonProperty.class))
                        .filter(Objects::nonNull)
                        .map(JsonProperty::value)
                        .collect(Collectors.joining(", ", " (", ")"))
                : "";
    }

    /** What others than the spec hold is either the API server's own or the operator's, which writes it anew. */
    @SuppressWarnings("unchecked")
    private static void note(DeserializationContext context, String what) {
        String pointer = context.getParser().getParsingContext().pathAsPointer().toString();
        if (pointer.startsWith(SPEC)) {
            ((List<String>) context.getAttribute(PROBLEMS)).add(path(pointer) + what + REMEDY);
        }
    }

    /** {@code /spec/disks/0/driver} as {@code spec.disks[0].driver}. */
    private static String path(String pointer) {
        Matcher indexed = INDEX.matcher(pointer);
        return indexed.replaceAll("[$1]").substring(1).replace('/', '.');
    }
}
