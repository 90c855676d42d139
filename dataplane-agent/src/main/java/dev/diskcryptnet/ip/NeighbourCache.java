package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;
import java.util.List;

/**
 * Who on the link has which station address, for one family: IPv4 (RFC 826, RFC 1122 2.3.2) or IPv6 (RFC 4861 7; with RFC
 * 7048's patience, as a host that is asked for once more is better than one that is given up).
 *
 * <p>Bounded: {@value #SETS} sets of {@value #WAYS} hosts; in a full set the one that frames went to longest ago makes
 * room, those that none went to first, so that hosts that only talk cannot push out hosts that are talked to, and before
 * those that answered the ones that never did, so that packets to hosts that do not exist cannot either (RFC 6583).
 * Gateways have places of their own and are never pushed out.
 *
 * <p>A host not heard of for {@link #CONFIRM_NS} is asked for again when a frame goes to it: first the station last
 * known, then everybody, as the host may have moved to another one. The old station serves meanwhile, and is forgotten
 * when nobody answers.
 */
final class NeighbourCache {
    /** Sends requests; one per host. */
    interface Requester {
        /**
         * Asks who has an address.
         *
         * @param station whom to ask, or {@link Neighbour#NO_STATION} for everybody
         * @return false when it could not be sent now
         */
        boolean request(long nowNs, long high, long low, long station);
    }

    static final int SETS = 256;
    static final int WAYS = 4;

    static final long CONFIRM_NS = 30_000_000_000L;
    /** A station not heard of for this long may be gone when nothing sent there is answered. */
    static final long SUSPECT_NS = 2_000_000_000L;
    /** A station not heard of for this long is not trusted at all (RFC 1122 2.3.2.1: "on the order of a minute"). */
    static final long FORGET_NS = 120_000_000_000L;
    /** Requests for a known station that goes to it alone (RFC 1122 2.3.2.1 (2)). */
    static final int UNICAST_PROBES = 2;
    /** Requests after which a host is taken for gone. */
    static final int MAX_PROBES = 5;

    static final long FIRST_RETRY_NS = 250_000_000L;
    static final long MAX_RETRY_NS = 8_000_000_000L;

    private final Requester requester;
    private final Neighbour[] gateways;
    private final Neighbour[] table = new Neighbour[SETS * WAYS];
    private final Neighbour[] probing;
    private int probingCount;
    private int known;
    private long deadlineNs = Long.MAX_VALUE;

    NeighbourCache(Requester requester, List<IpAddress> gatewayAddresses) {
        this.requester = requester;
        gateways = new Neighbour[gatewayAddresses.size()];
        for (int i = 0; i < gateways.length; i++) {
            gateways[i] = new Neighbour(true);
            gateways[i].reset(
                    gatewayAddresses.get(i).high(), gatewayAddresses.get(i).low(), 0);
        }
        for (int i = 0; i < table.length; i++) {
            table[i] = new Neighbour(false);
        }
        probing = new Neighbour[table.length + gateways.length];
    }

    /** Neighbours whose station is known. */
    int known() {
        return known;
    }

    /** Takes in what an ARP packet says of its sender, when the sender is in the cache (RFC 826, merge). */
    boolean merge(long nowNs, long high, long low, long station) {
        Neighbour neighbour = find(high, low);
        if (neighbour == null) {
            return false;
        }
        confirm(nowNs, neighbour, station);
        return true;
    }

    /** Takes in a sender whose packet was meant for us, known or not. */
    void learn(long nowNs, long high, long low, long station) {
        Neighbour neighbour = find(high, low);
        confirm(nowNs, neighbour == null ? insert(nowNs, high, low) : neighbour, station);
    }

    /**
     * Takes in a solicitation's sender (RFC 4861 7.2.3): that it hears us nobody has said yet, so a station that is news
     * is asked for at its first use.
     */
    void heard(long nowNs, long high, long low, long station) {
        Neighbour neighbour = find(high, low);
        if (neighbour == null) {
            neighbour = insert(nowNs, high, low);
        }
        if (neighbour.station != station) {
            doubt(nowNs, neighbour, station);
        }
    }

    /**
     * Takes in an advertisement (RFC 4861 7.2.5).
     *
     * @param station that it names, or {@link Neighbour#NO_STATION} for the one that is known
     * @param solicited it answers a question, so the host hears us
     * @param override whether its station takes the place of another one
     */
    void advertised(long nowNs, long high, long low, long station, boolean solicited, boolean override) {
        Neighbour neighbour = find(high, low);
        long named = station == Neighbour.NO_STATION && neighbour != null ? neighbour.station : station;
        if (neighbour == null || named == Neighbour.NO_STATION) {
            return; // nobody sends to it, or nobody could
        }
        boolean other = neighbour.station != Neighbour.NO_STATION && neighbour.station != named;
        if (other && !override) {
            doubt(nowNs, neighbour, neighbour.station);
        } else if (solicited) {
            confirm(nowNs, neighbour, named);
        } else if (neighbour.station != named) {
            doubt(nowNs, neighbour, named);
        }
    }

    /** What is sent to it is not answered: it is asked for at its next use, unless it was heard of late. */
    void suspect(long nowNs, Neighbour neighbour) {
        if (nowNs - neighbour.confirmedNs >= SUSPECT_NS) {
            neighbour.confirmedNs = Math.min(neighbour.confirmedNs, nowNs - CONFIRM_NS);
        }
    }

    /** STALE: the station serves, and is asked for when it is used next. */
    private void doubt(long nowNs, Neighbour neighbour, long station) {
        confirm(nowNs - CONFIRM_NS, neighbour, station);
    }

    private void confirm(long nowNs, Neighbour neighbour, long station) {
        if (neighbour.station == Neighbour.NO_STATION) {
            known++;
        }
        neighbour.station = station;
        neighbour.confirmedNs = nowNs;
        neighbour.probes = 0;
        stopProbing(neighbour);
    }

    /** The host to send to for an on-link address, in the cache from now on. */
    Neighbour lookUp(long nowNs, long high, long low) {
        Neighbour neighbour = find(high, low);
        return neighbour == null ? insert(nowNs, high, low) : neighbour;
    }

    /** The first gateway that is reachable, else the first; null when there is none. Those before it are asked for. */
    Neighbour gateway(long nowNs) {
        for (Neighbour gateway : gateways) {
            if (use(nowNs, gateway) != Neighbour.NO_STATION) {
                return gateway;
            }
        }
        return gateways.length == 0 ? null : gateways[0];
    }

    /** Asks for all gateways. */
    void resolveGateways(long nowNs) {
        for (Neighbour gateway : gateways) {
            use(nowNs, gateway);
        }
    }

    /** Station of a host that a frame is about to go to, or {@link Neighbour#NO_STATION}; asks for it where needed. */
    long use(long nowNs, Neighbour neighbour) {
        neighbour.usedNs = nowNs;
        neighbour.used = true;
        if (neighbour.station != Neighbour.NO_STATION) {
            long silentNs = nowNs - neighbour.confirmedNs;
            if (silentNs < CONFIRM_NS) {
                return neighbour.station;
            }
            if (silentNs >= FORGET_NS) {
                forget(neighbour);
            }
        }
        if (!neighbour.probing && !(neighbour.paused && nowNs - neighbour.nextProbeNs < 0)) {
            startProbing(nowNs, neighbour);
        }
        return neighbour.station;
    }

    /** Asks again where an answer is due. */
    void onTimers(long nowNs) {
        if (nowNs < deadlineNs) {
            return;
        }
        deadlineNs = Long.MAX_VALUE;
        for (int i = probingCount - 1; i >= 0; i--) {
            Neighbour neighbour = probing[i];
            if (nowNs - neighbour.nextProbeNs < 0) {
                deadlineNs = Math.min(deadlineNs, neighbour.nextProbeNs);
            } else if (neighbour.probes >= MAX_PROBES) {
                giveUp(nowNs, neighbour);
            } else {
                probe(nowNs, neighbour);
            }
        }
    }

    /** When {@link #onTimers} has something to do, {@link Long#MAX_VALUE} for never. */
    long nextDeadlineNs() {
        return deadlineNs;
    }

    private void startProbing(long nowNs, Neighbour neighbour) {
        neighbour.probing = true;
        neighbour.paused = false;
        neighbour.probes = 0;
        probing[probingCount++] = neighbour;
        probe(nowNs, neighbour);
    }

    private void probe(long nowNs, Neighbour neighbour) {
        boolean toStation = neighbour.probes < UNICAST_PROBES;
        if (requester.request(
                nowNs, neighbour.high, neighbour.low, toStation ? neighbour.station : Neighbour.NO_STATION)) {
            neighbour.nextProbeNs = nowNs + retryNs(neighbour.probes);
            neighbour.probes++;
        } else {
            neighbour.nextProbeNs = nowNs + FIRST_RETRY_NS;
        }
        deadlineNs = Math.min(deadlineNs, neighbour.nextProbeNs);
    }

    private static long retryNs(int probes) {
        return Math.min(MAX_RETRY_NS, FIRST_RETRY_NS << probes);
    }

    /** Nobody answers: frames wait for the next look-up, which may ask again after a pause. */
    private void giveUp(long nowNs, Neighbour neighbour) {
        stopProbing(neighbour);
        forget(neighbour);
        neighbour.paused = true;
        neighbour.nextProbeNs = nowNs + MAX_RETRY_NS;
    }

    private void forget(Neighbour neighbour) {
        if (neighbour.station != Neighbour.NO_STATION) {
            neighbour.station = Neighbour.NO_STATION;
            known--;
        }
    }

    private void stopProbing(Neighbour neighbour) {
        neighbour.paused = false;
        if (!neighbour.probing) {
            return;
        }
        neighbour.probing = false;
        for (int i = 0; i < probingCount; i++) {
            if (probing[i] == neighbour) {
                probing[i] = probing[--probingCount];
                probing[probingCount] = null;
                break;
            }
        }
        if (probingCount == 0) {
            deadlineNs = Long.MAX_VALUE;
        }
    }

    private Neighbour find(long high, long low) {
        for (Neighbour gateway : gateways) {
            if (gateway.is(high, low)) {
                return gateway;
            }
        }
        int first = set(high, low);
        for (int i = first; i < first + WAYS; i++) {
            if (table[i].inUse && table[i].is(high, low)) {
                return table[i];
            }
        }
        return null;
    }

    private Neighbour insert(long nowNs, long high, long low) {
        int first = set(high, low);
        Neighbour victim = table[first];
        for (int i = first + 1; i < first + WAYS; i++) {
            if (goesBefore(table[i], victim)) {
                victim = table[i];
            }
        }
        stopProbing(victim);
        forget(victim);
        victim.reset(high, low, nowNs);
        return victim;
    }

    /** Free places first, then hosts that no frame went to, then those that never answered, then the longest unused. */
    private static boolean goesBefore(Neighbour a, Neighbour b) {
        if (!a.inUse || !b.inUse) {
            return !a.inUse && b.inUse;
        }
        if (a.used != b.used) {
            return !a.used;
        }
        boolean aKnown = a.station != Neighbour.NO_STATION;
        if (aKnown != (b.station != Neighbour.NO_STATION)) {
            return !aKnown;
        }
        return a.usedNs - b.usedNs < 0;
    }

    private static int set(long high, long low) {
        long mixed = (high * 0xD6E8_FEB8_6659_FD93L ^ low) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 56) * WAYS;
    }
}
