package dev.diskcryptnet.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The directory on the host that outlives the agent, held by one process at a time. The hold ends with the process,
 * however that ends; the file {@code lock} stays, as removing it would let two hold it.
 */
public final class StateDirectory implements AutoCloseable {
    private static final int MAX_HOLDER_BYTES = 256;
    /** Of this process: the kernel's lock does not keep out its own holder, and any close of the file gives it up. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private StateDirectory(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes hold of a directory; makes it if need be.
     *
     * @throws StateException when another process holds it, or it cannot be made
     */
    public static StateDirectory open(Path path) {
        try {
            Path directory = Files.createDirectories(path).toRealPath();
            if (!HELD.add(directory)) {
                throw inUse(path, "this process");
            }
            try {
                return new StateDirectory(directory, lock(path, directory.resolve("lock")));
            } catch (IOException | RuntimeException e) {
                HELD.remove(directory);
                throw e;
            }
        } catch (IOException e) {
            throw new StateException(
                    StateException.Reason.FAILED,
                    "state-directory=" + path + " cannot be used: " + e + "; give one that can be written",
                    e);
        }
    }

    private static FileChannel lock(Path path, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                ByteBuffer holder = ByteBuffer.allocate(MAX_HOLDER_BYTES);
                channel.read(holder, 0);
                String text = new String(holder.array(), 0, holder.position(), StandardCharsets.UTF_8).strip();
                throw inUse(path, text.isEmpty() ? "another agent" : text);
            }
            ProcessHandle self = ProcessHandle.current();
            String text = "pid=" + self.pid() + " started="
                    + self.info().startInstant().map(Object::toString).orElse("unknown") + "\n";
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static StateException inUse(Path path, String holder) {
        return new StateException(
                StateException.Reason.IN_USE,
                "state-directory=" + path + " is in use by " + holder
                        + "; stop that agent first, or give this one a directory of its own");
    }

    /** The journal in it. */
    public DeviceJournal journal() {
        return new DeviceJournal(new DurableFile(directory.resolve("devices.json")));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StateException(
                    StateException.Reason.FAILED, "state-directory=" + directory + " cannot be closed: " + e, e);
        } finally {
            HELD.remove(directory);
        }
    }
}
