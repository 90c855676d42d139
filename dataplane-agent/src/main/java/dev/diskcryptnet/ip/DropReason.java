package dev.diskcryptnet.ip;

/** Why a received frame went no further. */
enum DropReason {
    /** Shorter than its headers say, or cut off by the receive ring. */
    TRUNCATED,
    /** Addressed to another station, or a group of stations. */
    NOT_OUR_STATION,
    /** Neither IPv4, IPv6 nor ARP. */
    ETHER_TYPE,
    /** Version, header length or total length cannot be. */
    MALFORMED,
    /** IPv4 header, ICMP, ICMPv6 or TCP checksum is wrong. */
    CHECKSUM,
    /** A piece of a larger packet. */
    FRAGMENT,
    /** For an address that is not ours, or not yet: it is being tried whether somebody else has it. */
    NOT_OUR_ADDRESS,
    /** From a multicast, broadcast, zero, loopback, own or IPv4-mapped address (RFC 1122 3.2.1.3, RFC 4291 2.5). */
    SOURCE_ADDRESS,
    /** Neither TCP nor ICMP, of the family. */
    PROTOCOL,
    /** An IPv6 extension header that is not just skipped: routing that is not done, options to refuse, too many. */
    EXTENSION_HEADER,
    /** ICMP other than an echo request, or an echo request too large for a control slot. */
    ICMP,
    /** An echo request beyond the rate limit, or no control slot was free for the answer. */
    ECHO_LIMIT,
    /** ARP that is not about IPv4 on Ethernet, or whose sender cannot be. */
    ARP_MALFORMED,
    /** Neighbour discovery with a hop limit other than 255: it comes from beyond the link (RFC 4861 3.1). */
    HOP_LIMIT,
    /** A neighbour solicitation or advertisement that cannot be (RFC 4861 7.1). */
    ND_MALFORMED,
    /** A multicast listener query that cannot be, or comes from beyond the link (RFC 3810 6.2). */
    MLD_MALFORMED,
    /** Addresses and routers are configured, not learned from the link. */
    ROUTER_ADVERTISEMENT,
    /** ICMPv6 redirects: routers are configured. */
    REDIRECT
}
