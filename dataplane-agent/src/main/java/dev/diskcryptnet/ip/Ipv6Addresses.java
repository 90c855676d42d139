package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The host's IPv6 addresses with their on-link prefixes, as longs for the data path. Where there is an address there is a
 * link-local one (RFC 4291 2.8): the station's own, unless one is configured. None is used before {@link AddressClaims}
 * has found that nobody else has it.
 */
final class Ipv6Addresses {
    /** Not found. */
    static final int NONE = -1;

    private static final int LINK_LOCAL_PREFIX_BITS = 64;
    private static final long LOOPBACK = 1;

    private final List<IpPrefix> prefixes;
    private final long[] high;
    private final long[] low;
    private final long[] maskHigh;
    private final long[] maskLow;
    private final boolean[] usable;
    private final boolean[] duplicate;

    /** @throws IllegalArgumentException for an address that no host may have, and a gateway that is on no prefix */
    Ipv6Addresses(IpConfig config, long ownStation) {
        prefixes = config.ipv6Prefixes(ownStation);
        int count = prefixes.size();
        high = new long[count];
        low = new long[count];
        maskHigh = new long[count];
        maskLow = new long[count];
        usable = new boolean[count];
        duplicate = new boolean[count];
        for (int i = 0; i < count; i++) {
            set(i, prefixes.get(i));
        }
        config.gateways().stream().filter(gateway -> !gateway.isIpv4()).forEach(gateway -> {
            if (indexOf(gateway.high(), gateway.low()) != NONE || !isOnLink(gateway.high(), gateway.low())) {
                throw config.offLink(gateway);
            }
        });
    }

    private void set(int i, IpPrefix prefix) {
        high[i] = prefix.address().high();
        low[i] = prefix.address().low();
        int bits = prefix.prefixBits();
        maskHigh[i] = IpPrefix.leading(bits);
        maskLow[i] = IpPrefix.leading(bits - 64);
        // RFC 4291 2.6.1: all zeros behind the prefix is every router's; a subnet of one or two hosts has none (RFC
        // 6164).
        boolean anycast = bits < 127 && (high[i] & ~maskHigh[i]) == 0 && (low[i] & ~maskLow[i]) == 0;
        if (isNeverHost(high[i], low[i]) || anycast) {
            throw new IllegalArgumentException("address=" + prefix + " is not the address of a host");
        }
    }

    /** The addresses of a configuration, and the link-local one of a station when there is none among them. */
    static List<IpPrefix> withLinkLocal(List<IpPrefix> configured, long ownStation) {
        boolean complete = configured.isEmpty()
                || configured.stream()
                        .anyMatch(
                                prefix -> IpAddress.isLinkLocal(prefix.address().high()));
        if (complete) {
            return configured;
        }
        List<IpPrefix> all = new ArrayList<>(configured);
        all.add(new IpPrefix(IpAddress.linkLocalOf(ownStation), LINK_LOCAL_PREFIX_BITS));
        return List.copyOf(all);
    }

    int count() {
        return high.length;
    }

    long high(int index) {
        return high[index];
    }

    long low(int index) {
        return low[index];
    }

    /** Index of one of our addresses, in use or not, or {@link #NONE}. */
    int indexOf(long addressHigh, long addressLow) {
        for (int i = 0; i < high.length; i++) {
            if (low[i] == addressLow && high[i] == addressHigh) {
                return i;
            }
        }
        return NONE;
    }

    /** A link-local address that is in use, or {@link #NONE}. */
    int linkLocal() {
        for (int i = 0; i < high.length; i++) {
            if (usable[i] && IpAddress.isLinkLocal(high[i])) {
                return i;
            }
        }
        return NONE;
    }

    boolean isUsable(int index) {
        return usable[index];
    }

    boolean isDuplicate(int index) {
        return duplicate[index];
    }

    void use(int index) {
        usable[index] = !duplicate[index];
    }

    /** Another host has it: it is not used until the next start (RFC 4862 5.4.5). */
    void giveUp(int index) {
        usable[index] = false;
        duplicate[index] = true;
    }

    boolean isLocal(long addressHigh, long addressLow) {
        int index = indexOf(addressHigh, addressLow);
        return index != NONE && usable[index];
    }

    /** Whether a multicast address is one that we listen to: every host's, or that of one of our addresses. */
    boolean isOurGroup(long groupHigh, long groupLow) {
        if (groupHigh != IpAddress.SOLICITED_NODE_HIGH) {
            return false;
        }
        if (groupLow == IpAddress.ALL_NODES.low()) {
            return high.length > 0;
        }
        for (long own : low) {
            if (IpAddress.solicitedNodeLow(own) == groupLow) {
                return true;
            }
        }
        return false;
    }

    /** Whether an address may be a neighbour's: inside a prefix, a host's. */
    boolean isOnLink(long addressHigh, long addressLow) {
        return isPossibleSource(addressHigh, addressLow) && prefixOf(addressHigh, addressLow, false) != NONE;
    }

    /** One of our addresses that frames to a neighbour may come from: of its prefix, and in use; or {@link #NONE}. */
    int sourceFor(long addressHigh, long addressLow) {
        return prefixOf(addressHigh, addressLow, true);
    }

    private int prefixOf(long addressHigh, long addressLow, boolean inUse) {
        for (int i = 0; i < high.length; i++) {
            boolean inside = ((high[i] ^ addressHigh) & maskHigh[i]) == 0 && ((low[i] ^ addressLow) & maskLow[i]) == 0;
            if (inside && (usable[i] || !inUse)) {
                return i;
            }
        }
        return NONE;
    }

    /** Whether a packet may come from an address: one host's, and not one of ours that is in use. */
    boolean isPossibleSource(long addressHigh, long addressLow) {
        return !isNeverHost(addressHigh, addressLow) && !isLocal(addressHigh, addressLow);
    }

    /** Unspecified, loopback, multicast, and IPv4 in the form that stands for IPv4 in here (RFC 4291 2.5, 2.7). */
    private static boolean isNeverHost(long addressHigh, long addressLow) {
        return IpAddress.isIpv6Multicast(addressHigh)
                || addressHigh == 0 && (addressLow == 0 || addressLow == LOOPBACK)
                || IpAddress.isIpv4(addressHigh, addressLow);
    }
}
