package dev.diskcryptnet.e2e.kernel;

import java.util.Locale;

/** By which of its addresses a client asks the agent of a {@link TestBed}. */
enum Family {
    IPV4("198.18.4.1", "198.18.4.2", "iptables"),
    IPV6("fd00:198:18:4::1", "fd00:198:18:4::2", "ip6tables");

    /** Of the client's host. */
    final String client;

    final String server;
    /** The program that loses packets on purpose. */
    final String tables;

    Family(String client, String server, String tables) {
        this.client = client;
        this.server = server;
        this.tables = tables;
    }

    /** What tests use that do not go through both: IPv4, or what the property {@code dcn.family} names. */
    static Family ofThisRun() {
        return valueOf(System.getProperty("dcn.family", "ipv4").toUpperCase(Locale.ROOT));
    }

    /** The server as it stands in a URL, and in front of a port. */
    String host() {
        return inUrl(server);
    }

    /** An address as it stands in a URL, and in front of a port. */
    static String inUrl(String address) {
        return address.indexOf(':') < 0 ? address : "[" + address + "]";
    }

    /** A further address on the link between the two, which ends with {@code number}. */
    String neighbour(int number) {
        return client.substring(0, client.length() - 1) + number;
    }

    /** A neighbour's address with the length of the link's prefix. */
    String withPrefix(String address) {
        return address + (this == IPV6 ? "/64" : "/24");
    }
}
