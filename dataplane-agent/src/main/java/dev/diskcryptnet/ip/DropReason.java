package dev.diskcryptnet.ip;

/** Why a received frame went no further. */
enum DropReason {
    /** Shorter than its headers say, or cut off by the receive ring. */
    TRUNCATED,
    /** Addressed to another station, or a group of stations. */
    NOT_OUR_STATION,
    /** Neither IPv4 nor ARP. */
    ETHER_TYPE,
    /** Version, header length or total length cannot be. */
    MALFORMED,
    /** IPv4 header, ICMP or TCP checksum is wrong. */
    CHECKSUM,
    /** A piece of a larger packet. */
    FRAGMENT,
    /** For an address that is not ours. */
    NOT_OUR_ADDRESS,
    /** From a multicast, broadcast, zero, loopback or own address (RFC 1122 3.2.1.3). */
    SOURCE_ADDRESS,
    /** Neither TCP nor ICMP. */
    PROTOCOL,
    /** ICMP other than an echo request, or an echo request too large for a control slot. */
    ICMP,
    /** An echo request beyond the rate limit, or no control slot was free for the answer. */
    ECHO_LIMIT,
    /** ARP that is not about IPv4 on Ethernet, or whose sender cannot be. */
    ARP_MALFORMED
}
