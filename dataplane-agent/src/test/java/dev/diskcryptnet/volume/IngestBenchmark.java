package dev.diskcryptnet.volume;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/**
 * Ingest of 1 GiB against the same disk's plain sequential writes, taken in turns. Arguments: the disk's URI, which is
 * formatted, and the number of rounds.
 */
final class IngestBenchmark {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int CHUNKS = 1024;

    private IngestBenchmark() {}

    public static void main(String[] args) {
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        ByteBuffer chunk = OffHeapRegion.allocate(CHUNK_BYTES).byteBuffer();
        byte[] random = new byte[CHUNK_BYTES];
        new Random(1).nextBytes(random);
        chunk.put(0, random);
        try (Disk disk = Disks.open(args[0], OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT.overwritingOwn());
            for (int round = 0; round < rounds; round++) {
                double raw = sequential(disk, chunk);
                double ingest;
                double verify;
                try (Volume volume = Volume.open(List.of(disk), false)) {
                    ingest = ingest(volume, chunk, round);
                    long start = System.nanoTime();
                    boolean clean = volume.verify((o, b, p) -> {}).clean();
                    verify = megabytesPerSecond(start);
                    volume.remove("/film");
                    System.out.printf(
                            "sequentialMBs=%.0f ingestMBs=%.0f ratio=%.2f verifyMBs=%.0f clean=%b%n",
                            raw, ingest, ingest / raw, verify, clean);
                }
            }
        }
    }

    private static double megabytesPerSecond(long startNs) {
        return (double) CHUNKS * CHUNK_BYTES / 1e6 / ((System.nanoTime() - startNs) / 1e9);
    }

    /** 1 MiB writes, four in flight, then a flush: the upper half of the disk, free between rounds. */
    private static double sequential(Disk disk, ByteBuffer chunk) {
        long base = disk.facts().capacityBytes() / 2 & -CHUNK_BYTES;
        long start = System.nanoTime();
        try (DataChannel channel = new DataChannel(disk)) {
            for (int i = 0; i < CHUNKS; i++) {
                channel.append(base + (long) i * CHUNK_BYTES, chunk.clear());
            }
            channel.flush();
        }
        return megabytesPerSecond(start);
    }

    private static double ingest(Volume volume, ByteBuffer chunk, int round) {
        long start = System.nanoTime();
        try (ObjectWriter writer = volume.create("/film", "video/mp4", round, (long) CHUNKS * CHUNK_BYTES)) {
            for (int i = 0; i < CHUNKS; i++) {
                writer.write(chunk.clear());
            }
            writer.commit();
        }
        return megabytesPerSecond(start);
    }
}
