package dev.diskcryptnet.ffi;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The C compiler's struct offsets, as the program {@code dcn_layout} prints them, and ours, in the same shape. */
final class NativeLayout {
    private NativeLayout() {}

    /** {@code field -> offset} of one struct, and {@code size -> bytes}. */
    static Map<String, Integer> ofCompiler(String struct) throws IOException {
        Path program = Path.of(System.getProperty("dcn.native.build"), "dcn_layout");
        Process process = new ProcessBuilder(program.toString()).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, Integer> fields = new TreeMap<>();
        for (String line : printed.lines().toList()) {
            if (line.startsWith(struct + ".")) {
                int equals = line.indexOf('=');
                fields.put(line.substring(struct.length() + 1, equals), Integer.parseInt(line.substring(equals + 1)));
            }
        }
        return fields;
    }

    /** The int constants of {@code type} whose names begin with {@code prefix}: the rest in lower case -> value. */
    static Map<String, Integer> ofConstants(Class<?> type, String prefix) throws IllegalAccessException {
        Map<String, Integer> fields = new TreeMap<>();
        for (Field field : type.getDeclaredFields()) {
            if (field.getName().startsWith(prefix) && field.getType() == int.class) {
                fields.put(field.getName().substring(prefix.length()).toLowerCase(Locale.ROOT), field.getInt(null));
            }
        }
        return fields;
    }
}
