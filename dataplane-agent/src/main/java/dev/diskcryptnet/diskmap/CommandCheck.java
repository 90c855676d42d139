package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;

/** The rules of {@link DiskQueue} for one command, the same for every driver. */
final class CommandCheck {
    private final DiskFacts facts;
    private final boolean writable;
    private final OffHeapRegion[] regions;
    private final long alignmentMask;
    private int lastRegion;

    CommandCheck(DiskFacts facts, boolean writable, OffHeapRegion[] regions) {
        this.facts = facts;
        this.writable = writable;
        this.regions = regions.clone();
        this.alignmentMask = facts.alignmentBytes() - 1L;
    }

    /**
     * Index of the region that holds the command's memory.
     *
     * @throws IllegalArgumentException when the command breaks a rule; nothing has been queued
     */
    int region(boolean write, long deviceOffsetBytes, long address, int lengthBytes) {
        if (write && !writable) {
            throw new IllegalArgumentException("disk=" + facts.id() + " is open for reading only");
        }
        if (((deviceOffsetBytes | address | lengthBytes) & alignmentMask) != 0) {
            throw misuse("not a multiple of alignmentBytes=" + facts.alignmentBytes(), deviceOffsetBytes, lengthBytes);
        }
        if (lengthBytes <= 0 || lengthBytes > facts.maxTransferBytes()) {
            throw misuse("not in 1..maxTransferBytes=" + facts.maxTransferBytes(), deviceOffsetBytes, lengthBytes);
        }
        range(deviceOffsetBytes, lengthBytes);
        return find(address, lengthBytes);
    }

    /** @throws IllegalArgumentException when the range is empty or not on the disk */
    void range(long deviceOffsetBytes, int lengthBytes) {
        if (lengthBytes <= 0) {
            throw misuse("empty", deviceOffsetBytes, lengthBytes);
        }
        if (deviceOffsetBytes < 0 || deviceOffsetBytes > facts.capacityBytes() - lengthBytes) {
            throw misuse("beyond capacityBytes=" + facts.capacityBytes(), deviceOffsetBytes, lengthBytes);
        }
    }

    private int find(long address, int lengthBytes) {
        // Commands of one batch name the same memory more often than not.
        if (lastRegion < regions.length && regions[lastRegion].contains(address, lengthBytes)) {
            return lastRegion;
        }
        for (int i = 0; i < regions.length; i++) {
            if (regions[i].contains(address, lengthBytes)) {
                lastRegion = i;
                return i;
            }
        }
        throw new IllegalArgumentException("address=0x" + Long.toHexString(address) + " lengthBytes=" + lengthBytes
                + " lies in no region of this queue; disk=" + facts.id());
    }

    private IllegalArgumentException misuse(String rule, long deviceOffsetBytes, int lengthBytes) {
        return new IllegalArgumentException("deviceOffsetBytes=" + deviceOffsetBytes + " lengthBytes=" + lengthBytes
                + " is " + rule + "; disk=" + facts.id());
    }
}
