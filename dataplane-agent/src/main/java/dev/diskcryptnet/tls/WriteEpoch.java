package dev.diskcryptnet.tls;

import dev.diskcryptnet.crypt.RecordKey;

/**
 * One traffic key of the sending side and the sequence numbers under it. A sequence number is handed out once, for one
 * run of records whose plaintext never changes, so that no nonce ever seals two different plaintexts.
 */
final class WriteEpoch {
    final RecordKey key;
    private long nextSequence;
    private int runs;
    private boolean superseded;

    /** @param nextSequence sequence number of the next record: how many were sent under this key already */
    WriteEpoch(RecordKey key, long nextSequence) {
        this.key = key;
        this.nextSequence = nextSequence;
    }

    long nextSequence() {
        return nextSequence;
    }

    /** Hands out the sequence numbers of a run of {@code records}; {@link #release} follows when it is done with. */
    long take(long records) {
        long first = nextSequence;
        nextSequence = Math.addExact(first, records);
        runs++;
        return first;
    }

    /** Takes back the numbers of the last runs, of which no record was sealed, from {@code sequence} on. */
    void giveBackFrom(long sequence) {
        if (sequence > nextSequence) {
            throw new IllegalStateException("sequence=" + sequence + " was not handed out, next=" + nextSequence);
        }
        nextSequence = sequence;
    }

    /** A run's records are acknowledged or dropped. The key is wiped with the last one of an epoch that is over. */
    void release() {
        runs--;
        wipeIfDone();
    }

    /** Another epoch has begun. */
    void supersede() {
        superseded = true;
        wipeIfDone();
    }

    private void wipeIfDone() {
        if (superseded && runs == 0) {
            key.close();
        }
    }
}
