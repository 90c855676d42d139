package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;
import java.util.List;

/** The host's IPv4 addresses with their on-link prefixes, as ints for the data path. */
final class Ipv4Addresses {
    private final int[] addresses;
    private final int[] masks;

    /** @throws IllegalArgumentException for an address that no host may have, and a gateway that is on no prefix */
    Ipv4Addresses(IpConfig config) {
        List<IpPrefix> prefixes = config.addresses().stream()
                .filter(prefix -> prefix.address().isIpv4())
                .toList();
        addresses = new int[prefixes.size()];
        masks = new int[prefixes.size()];
        for (int i = 0; i < addresses.length; i++) {
            IpPrefix prefix = prefixes.get(i);
            addresses[i] = (int) prefix.address().low();
            masks[i] = prefix.prefixBits() == 0 ? 0 : -1 << 32 - prefix.prefixBits();
            if (isNeverHost(addresses[i]) || isBroadcast(addresses[i])) {
                throw new IllegalArgumentException("address=" + prefix + " is not the address of a host");
            }
        }
        config.gateways().stream().filter(IpAddress::isIpv4).forEach(gateway -> {
            if (!isOnLink((int) gateway.low())) {
                throw config.offLink(gateway);
            }
        });
    }

    int count() {
        return addresses.length;
    }

    int address(int index) {
        return addresses[index];
    }

    boolean isLocal(int address) {
        for (int own : addresses) {
            if (own == address) {
                return true;
            }
        }
        return false;
    }

    /** Whether {@code address} may be a neighbour's: inside a prefix, a host's, and not ours. */
    boolean isOnLink(int address) {
        return sourceFor(address) != 0 && isPossibleSource(address);
    }

    /** Our address in the prefix that {@code address} lies in, or 0 when it is off-link. */
    int sourceFor(int address) {
        for (int i = 0; i < addresses.length; i++) {
            if (((addresses[i] ^ address) & masks[i]) == 0) {
                return addresses[i];
            }
        }
        return 0;
    }

    /** Whether a packet may come from {@code address} (RFC 1122 3.2.1.3): one host's, and not ours. */
    boolean isPossibleSource(int address) {
        return !isNeverHost(address) && !isBroadcast(address) && !isLocal(address);
    }

    /** 0/8, 127/8, and 224/3: multicast, reserved, limited broadcast. */
    private static boolean isNeverHost(int address) {
        int octet = address >>> 24;
        return octet == 0 || octet == 127 || octet >= 224;
    }

    /** Network and broadcast address of a prefix; a /31 or /32 has none (RFC 3021 2.1). */
    private boolean isBroadcast(int address) {
        for (int i = 0; i < addresses.length; i++) {
            int host = ~masks[i];
            boolean inside = ((addresses[i] ^ address) & masks[i]) == 0;
            if (inside && (host & ~1) != 0 && ((address & host) == host || (address & host) == 0)) {
                return true;
            }
        }
        return false;
    }
}
