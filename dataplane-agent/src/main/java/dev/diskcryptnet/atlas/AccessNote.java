package dev.diskcryptnet.atlas;

import dev.diskcryptnet.http.Method;

/**
 * What is remembered of a request whose response will be told of when it ends.
 *
 * @param timeMs when it was whole, milliseconds since 1970
 * @param path UTF-8, without the query, in which there may be secrets; empty when the request made no sense
 * @param start offset of the response's first byte, as in {@link Piece#start}
 */
record AccessNote(long timeMs, Method method, byte[] path, int status, long start) {}
