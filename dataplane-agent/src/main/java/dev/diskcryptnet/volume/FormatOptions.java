package dev.diskcryptnet.volume;

/**
 * How to make a volume.
 *
 * @param overwriteOwn whether an existing volume of ours may be destroyed; foreign data never is
 * @param journalBytes length of each member's journal, a multiple of 4096 from 16384 on; 0 chooses 1/64 of the disk,
 *     256 KiB to 64 MiB
 */
public record FormatOptions(boolean overwriteOwn, long journalBytes) {
    /** Refuses whatever is there; a journal that suits the disk. */
    public static final FormatOptions DEFAULT = new FormatOptions(false, 0);

    private static final long MIN_JOURNAL_BYTES = 4L * SuperblockDescriptor.BLOCK_BYTES;
    private static final long MIN_CHOSEN_BYTES = 256 * 1024;
    private static final long MAX_CHOSEN_BYTES = 64L * 1024 * 1024;

    public FormatOptions {
        if (journalBytes != 0
                && (journalBytes < MIN_JOURNAL_BYTES || journalBytes % SuperblockDescriptor.BLOCK_BYTES != 0)) {
            throw new IllegalArgumentException(
                    "journalBytes=" + journalBytes + " is not a multiple of 4096 from " + MIN_JOURNAL_BYTES + " on");
        }
    }

    /** The same, and an existing volume of ours may be destroyed. */
    public FormatOptions overwritingOwn() {
        return new FormatOptions(true, journalBytes);
    }

    long journalBytesFor(long capacityBytes) {
        if (journalBytes != 0) {
            return journalBytes;
        }
        long share = SuperblockDescriptor.roundUp(capacityBytes / 64);
        return Math.clamp(share, MIN_CHOSEN_BYTES, MAX_CHOSEN_BYTES);
    }
}
