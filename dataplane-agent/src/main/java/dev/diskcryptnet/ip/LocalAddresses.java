package dev.diskcryptnet.ip;

/** The host's IPv4 addresses with their on-link prefixes, as ints for the data path. */
final class LocalAddresses {
    private final int[] addresses;
    private final int[] masks;

    /** @throws IllegalArgumentException for an address that no host may have, and for IPv6, which is not served yet */
    LocalAddresses(IpConfig config) {
        int count = config.addresses().size();
        addresses = new int[count];
        masks = new int[count];
        for (int i = 0; i < count; i++) {
            IpPrefix prefix = config.addresses().get(i);
            requireIpv4("address", prefix, prefix.address().isIpv4());
            addresses[i] = (int) prefix.address().low();
            masks[i] = prefix.prefixBits() == 0 ? 0 : -1 << 32 - prefix.prefixBits();
            if (isNeverHost(addresses[i]) || isBroadcast(addresses[i])) {
                throw new IllegalArgumentException("address=" + prefix + " is not the address of a host");
            }
        }
        config.gateways().forEach(gateway -> {
            requireIpv4("gateway", gateway, gateway.isIpv4());
            if (!isOnLink((int) gateway.low())) {
                throw new IllegalArgumentException("gateway=" + gateway + " is not inside the prefix of any address of "
                        + config.addresses() + ", or is not another host's");
            }
        });
    }

    private static void requireIpv4(String name, Object value, boolean ipv4) {
        if (!ipv4) {
            throw new IllegalArgumentException(name + "=" + value
                    + " is IPv6, which is not served yet; configure IPv4 addresses and gateways only");
        }
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
