package dev.diskcryptnet.http;

/** Request methods as far as this server tells them apart (RFC 9110 9.3). */
public enum Method {
    GET,
    HEAD,
    OPTIONS,
    /** A registered method that no resource here supports; it is answered with 405. */
    UNSUPPORTED
}
