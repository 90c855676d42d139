/**
 * Objects on dedicated disks: superblocks ({@link dev.diskcryptnet.volume.SuperblockDescriptor}), a catalogue that is a
 * checkpoint ({@link dev.diskcryptnet.volume.CheckpointDescriptor}) plus a journal
 * ({@link dev.diskcryptnet.volume.JournalDescriptor}), and extents.
 *
 * <p>The order of writes is what a crash meets: data, flush, journal entry, flush. A fold writes a new checkpoint into
 * free space, flushes, flips one superblock and then the other, and only then are the old checkpoint's space and the
 * journal written again.
 */
package dev.diskcryptnet.volume;
