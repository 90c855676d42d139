package dev.diskcryptnet.e2e.onemachine.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Function;

/**
 * A column of a listing.
 *
 * @param wide shown only with {@code -o wide}
 * @param value of an object; empty when it has none
 */
record Column(String name, boolean wide, Function<JsonNode, String> value) {
    static Column path(String name, String path) {
        return new Column(name, false, object -> JsonPath.text(object, path));
    }
}
