package dev.diskcryptnet.volume;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.agrona.collections.LongHashSet;

/**
 * Reads all structures and all objects of a volume. The catalogue lock is held only while a batch of records is
 * gathered; their objects are read under leases, eight pieces in flight.
 */
final class Verifier {
    private static final int BUFFERS = 8;
    private static final int BATCH_OBJECTS = 65_536;
    private static final int BATCH_PIECES = 1 << 20;

    private record Task(VolumeObject object, int[] crcs) {}

    private record Piece(Task task, int index, int buffer) {}

    private final Collection<Member> members;
    private final ObjectIndex index;
    private final ReentrantLock catalogue;
    private final long lastSequence;
    private final LongHashSet verified = new LongHashSet();
    private final Set<Damage> damages = new LinkedHashSet<>();
    private long objects;
    private long bytes;

    Verifier(Volume volume, List<Member> members, ObjectIndex index, ReentrantLock catalogue) {
        this.members = members;
        this.index = index;
        this.catalogue = catalogue;
        this.lastSequence = volume.lastSequence();
    }

    VerifyReport run(ProgressListener progress) {
        for (Member member : members) {
            verify(member, progress);
        }
        for (VolumeObject object : index.objects()) {
            if (object.sequence() <= lastSequence && !verified.contains(object.sequence())) {
                damages.add(new Damage(object.disk(), object.path(), "catalogue record", -1));
            }
        }
        return new VerifyReport(objects, bytes, List.copyOf(damages));
    }

    private void verify(Member member, ProgressListener progress) {
        try (DeviceIo io = new DeviceIo(member.disk(), BUFFERS)) {
            for (List<Task> batch = gather(member); !batch.isEmpty(); batch = gather(member)) {
                try {
                    read(io, member, batch, progress);
                } finally {
                    batch.forEach(task -> task.object().release());
                }
            }
        }
    }

    private List<Task> gather(Member member) {
        List<Task> batch = new ArrayList<>();
        long[] pieces = new long[1];
        catalogue.lock();
        try {
            member.verifySuperblocks(damage -> damages.add(damage.on(member.index())));
            member.readCatalogue(
                    record -> {
                        if (batch.size() < BATCH_OBJECTS && pieces[0] < BATCH_PIECES) {
                            pieces[0] += take(record, batch);
                        }
                    },
                    damage -> damages.add(damage.on(member.index())));
        } catch (VolumeException e) {
            damages.add(new Damage(member.index(), null, "catalogue (" + e.getMessage() + ")", -1));
        } finally {
            catalogue.unlock();
        }
        return batch;
    }

    private int take(CatalogueRecord record, List<Task> batch) {
        if (!record.isPut() || verified.contains(record.sequence())) {
            return 0;
        }
        VolumeObject object = index.get(record.path());
        if (object == null || object.sequence() != record.sequence() || !object.acquire()) {
            return 0;
        }
        verified.add(record.sequence());
        batch.add(new Task(object, record.pieceCrcs()));
        return record.pieceCount();
    }

    private void read(DeviceIo io, Member member, List<Task> batch, ProgressListener progress) {
        Deque<Piece> flying = new ArrayDeque<>();
        int next = 0;
        for (Task task : batch) {
            for (int i = 0; i < task.crcs().length; i++) {
                if (flying.size() == BUFFERS) {
                    check(io, flying.poll());
                }
                Piece piece = new Piece(task, i, next++ % BUFFERS);
                long from = (long) i * RecordDescriptor.PIECE_BYTES;
                ObjectReader.startRead(
                        io, task.object(), from, piece.buffer() * DeviceIo.BUFFER_BYTES, length(task.object(), i));
                flying.add(piece);
            }
            objects++;
            bytes += task.object().sizeBytes();
            progress.onProgress(objects, bytes, task.object().path());
        }
        flying.forEach(piece -> check(io, piece));
    }

    private void check(DeviceIo io, Piece piece) {
        VolumeObject object = piece.task().object();
        String what = null;
        try {
            io.await(piece.buffer());
            CRC32C crc = new CRC32C();
            crc.update(io.bytes(piece.buffer() * DeviceIo.BUFFER_BYTES, length(object, piece.index())));
            if ((int) crc.getValue() != piece.task().crcs()[piece.index()]) {
                what = "data (piece=" + piece.index() + " of 1 MiB)";
            }
        } catch (VolumeException e) {
            what = "data (piece=" + piece.index() + " of 1 MiB: " + e.getMessage() + ")";
        }
        if (what != null) {
            long offset = object.deviceOffset((long) piece.index() * RecordDescriptor.PIECE_BYTES);
            damages.add(new Damage(object.disk(), object.path(), what, offset));
        }
    }

    private static int length(VolumeObject object, int piece) {
        long from = (long) piece * RecordDescriptor.PIECE_BYTES;
        return (int) Math.min(RecordDescriptor.PIECE_BYTES, object.sizeBytes() - from);
    }
}
