package dev.diskcryptnet.e2e.kernel;

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

    /** The server as it stands in a URL, and in front of a port. */
    String host() {
        return this == IPV6 ? "[" + server + "]" : server;
    }
}
