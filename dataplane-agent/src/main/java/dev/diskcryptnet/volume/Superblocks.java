package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.SuperblockDescriptor.*;

import dev.diskcryptnet.diskmap.DiskFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/** The two superblocks of a member: which one counts, and the flip to the next. Uses the first buffer of the I/O. */
final class Superblocks {
    /** What a slot holds. */
    enum State {
        /** No magic of ours. */
        STRANGE,
        /** Our magic, but not a whole superblock. */
        DAMAGED,
        /** Ours, of another format version. */
        OTHER_VERSION,
        VALID
    }

    private final Superblock[] slots = new Superblock[2];
    private final State[] states = new State[2];
    private final int[] versions = new int[2];
    private int current;

    private Superblocks() {}

    /** Reads both slots; nothing is thrown for what they hold. */
    static Superblocks read(DeviceIo io) {
        Superblocks found = new Superblocks();
        for (int slot = 0; slot < 2; slot++) {
            found.readSlot(io, slot);
        }
        boolean firstValid = found.states[0] == State.VALID;
        boolean secondValid = found.states[1] == State.VALID;
        boolean secondNewer = firstValid && secondValid && found.slots[1].generation() > found.slots[0].generation();
        found.current = secondNewer || !firstValid && secondValid ? 1 : 0;
        return found;
    }

    private void readSlot(DeviceIo io, int slot) {
        io.read(SLOT_OFFSETS[slot], 0, BLOCK_BYTES);
        UnsafeBuffer memory = io.memory();
        slots[slot] = null;
        versions[slot] = memory.getInt(VERSION_OFFSET, ORDER);
        if (memory.getLong(MAGIC_OFFSET, ORDER) != MAGIC) {
            states[slot] = State.STRANGE;
        } else if (memory.getInt(CRC_OFFSET, ORDER) != Bytes.crcWithout(io.bytes(0, BLOCK_BYTES), CRC_OFFSET)) {
            states[slot] = State.DAMAGED;
        } else if (versions[slot] != VERSION) {
            states[slot] = State.OTHER_VERSION;
        } else {
            states[slot] = State.VALID;
            slots[slot] = Superblock.decode(memory, 0);
        }
    }

    /** The superblock that counts, or null when none is valid. */
    Superblock current() {
        return slots[current];
    }

    boolean anyOurs() {
        return states[0] != State.STRANGE || states[1] != State.STRANGE;
    }

    /** Our magic once, damaged, and nothing of ours in the other slot: a first format was interrupted. */
    boolean interruptedFormat() {
        return states[0] == State.DAMAGED && states[1] == State.STRANGE;
    }

    /** Another format version found, or 0. */
    int otherVersion() {
        for (int slot = 0; slot < 2; slot++) {
            if (states[slot] == State.OTHER_VERSION) {
                return versions[slot];
            }
        }
        return 0;
    }

    /** Whether the slot that does not count describes another state, or nothing. */
    boolean otherDiffers() {
        Superblock other = slots[1 - current];
        return other == null
                || other.journalEpoch() != current().journalEpoch()
                || !other.memberUuid().equals(current().memberUuid());
    }

    /** Says which slot could not be used, or null. */
    String warning(DiskFacts disk) {
        if (current() == null || states[1 - current] == State.VALID) {
            return null;
        }
        return "disk=" + disk.uri() + " superblock " + name(1 - current) + " is damaged; superblock " + name(current)
                + " is used, and the next write of a superblock repairs the other";
    }

    /** Reads both slots again and compares them with what is known to be there. */
    void verify(DeviceIo io, Consumer<Damage> damages) {
        for (int slot = 0; slot < 2; slot++) {
            Superblock known = slots[slot];
            readSlot(io, slot);
            boolean same = known == null || slots[slot] != null && slots[slot].generation() == known.generation();
            if (states[slot] != State.VALID || !same) {
                damages.accept(Damage.structure("superblock " + name(slot), SLOT_OFFSETS[slot]));
            }
            slots[slot] = known;
        }
    }

    /** Writes {@code next} over the older slot, durably; from then on it counts. */
    void write(DeviceIo io, Superblock next) {
        int slot = 1 - current;
        next.encode(io.memory(), 0, io.bytes(0, BLOCK_BYTES));
        io.write(SLOT_OFFSETS[slot], 0, BLOCK_BYTES);
        io.flush();
        slots[slot] = next;
        states[slot] = State.VALID;
        current = slot;
    }

    /** Writes {@code next}, then the same state into the other slot: afterwards nothing names what was before. */
    void flip(DeviceIo io, Superblock next) {
        write(io, next);
        write(io, next.again(next.journalEntries(), next.lastSequence()));
    }

    /** Makes an empty member on a disk whose slots have been read; an older member's newest slot goes last. */
    static Superblock first(Superblocks before, Superblock proposal) {
        Superblock old = before.current();
        long generation = old == null ? 0 : old.generation();
        return new Superblock(
                proposal.volumeUuid(),
                proposal.memberUuid(),
                generation + 1,
                proposal.capacityBytes(),
                proposal.memberIndex(),
                proposal.memberCount(),
                proposal.journalOffset(),
                proposal.journalLengthBytes(),
                generation + 1,
                0,
                0,
                0,
                new long[0],
                proposal.createdMs(),
                0);
    }

    /** For a format: where there is no valid superblock, slot A is written first. */
    void startWithA() {
        if (current() == null) {
            current = 1;
        }
    }

    List<State> states() {
        return new ArrayList<>(List.of(states));
    }

    private static String name(int slot) {
        return slot == 0 ? "A" : "B";
    }
}
