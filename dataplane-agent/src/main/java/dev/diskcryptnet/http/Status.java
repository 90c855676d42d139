package dev.diskcryptnet.http;

/** Reason phrases (RFC 9110 15) and what the short body of an error says. */
final class Status {
    private Status() {}

    static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 204 -> "No Content";
            case 206 -> "Partial Content";
            case 304 -> "Not Modified";
            case 400 -> "Bad Request";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 412 -> "Precondition Failed";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 416 -> "Range Not Satisfiable";
            case 417 -> "Expectation Failed";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 505 -> "HTTP Version Not Supported";
            default -> throw new IllegalArgumentException("status=" + status + " is not one that this server sends");
        };
    }

    static String explanation(int status) {
        return switch (status) {
            case 400 -> "the request is malformed";
            case 404 -> "no object has this path";
            case 405 -> "only GET, HEAD and OPTIONS are served here";
            case 408 -> "the request did not arrive in time";
            case 412 -> "the object is not the one that the condition names";
            case 413 -> "the request's content is longer than 64 KiB";
            case 414 -> "the request target is longer than 4 KiB";
            case 416 -> "no asked range lies within the object";
            case 417 -> "only 100-continue may be expected";
            case 431 -> "the request head is longer than 16 KiB";
            case 501 -> "the method or transfer coding is not known here";
            case 503 -> "too much is going on, try again later";
            case 505 -> "only HTTP/1.0 and HTTP/1.1 are spoken here";
            default -> "the request failed";
        };
    }
}
