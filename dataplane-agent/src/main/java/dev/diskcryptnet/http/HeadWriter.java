package dev.diskcryptnet.http;

import io.netty.handler.codec.DateFormatter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Date;

/** Writes response heads into one array, reused. Heads stay under {@link #MAX_HEAD_BYTES}. */
final class HeadWriter {
    /** Longest head; every field that is not ours is bounded before it gets here. */
    static final int MAX_HEAD_BYTES = 1024;

    /** Direct-mapped memory of formatted Last-Modified dates: a popular object's is formatted once. */
    private static final int DATES = 256;

    private final byte[] bytes = new byte[MAX_HEAD_BYTES];
    private final long[] dateSeconds = new long[DATES];
    private final String[] dates = new String[DATES];
    private int length;
    private long nowSeconds = Long.MIN_VALUE;
    private String now = "";

    HeadWriter begin() {
        length = 0;
        return this;
    }

    @SuppressWarnings(
            "deprecation") // the only String to bytes copy without an encoder; heads are Latin-1 by RFC 9112 2.2
    HeadWriter ascii(String text) {
        text.getBytes(0, text.length(), bytes, length);
        length += text.length();
        return this;
    }

    HeadWriter number(long value) {
        if (value >= 10) {
            number(value / 10);
        }
        bytes[length++] = (byte) ('0' + value % 10);
        return this;
    }

    HeadWriter field(String nameColon, String value) {
        return ascii(nameColon).ascii(value).ascii("\r\n");
    }

    HeadWriter field(String nameColon, long value) {
        return ascii(nameColon).number(value).ascii("\r\n");
    }

    /** The Date field's value, formatted once a second (RFC 9110 6.6.1). */
    String now(long nowMs) {
        long seconds = Math.floorDiv(nowMs, 1000L);
        if (seconds != nowSeconds) {
            nowSeconds = seconds;
            now = DateFormatter.format(new Date(nowMs));
        }
        return now;
    }

    /** IMF-fixdate of a moment (RFC 9110 5.6.7). */
    String date(long ms) {
        long seconds = Math.floorDiv(ms, 1000L);
        int slot = (int) Math.floorMod(seconds * 0x9E3779B97F4A7C15L >>> 40, (long) DATES);
        if (dates[slot] == null || dateSeconds[slot] != seconds) {
            dates[slot] = DateFormatter.format(new Date(seconds * 1000));
            dateSeconds[slot] = seconds;
        }
        return dates[slot];
    }

    byte[] end() {
        return Arrays.copyOf(bytes, length);
    }

    /** The head so far and then {@code body}, in one array. */
    byte[] end(String body) {
        byte[] text = body.getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(bytes, length + text.length);
        System.arraycopy(text, 0, all, length, text.length);
        return all;
    }
}
