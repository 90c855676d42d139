package dev.diskcryptnet.ffi;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.annotations.IgnoreError;

/**
 * Finds and loads libdcn: the file named by the system property {@code dcn.library}, else {@code libdcn.so} beside the
 * agent's jar.
 */
final class NativeLibrary {
    /** Must equal DCN_ABI_VERSION in dcn/error.h. */
    private static final int ABI_VERSION = 1;

    /** What is needed to check a library before anything else of it is used. */
    public interface Version {
        @IgnoreError
        int dcn_abi_version();
    }

    private NativeLibrary() {}

    /** Binds the functions named by {@code type}, an interface of jnr-ffi signatures. */
    static <T> T bind(Class<T> type) {
        Path file = location();
        if (!Files.isRegularFile(file)) {
            throw new UnsatisfiedLinkError("libdcn=" + file + " does not exist; build native/ or set -Ddcn.library");
        }
        int abi = load(Version.class, file).dcn_abi_version();
        if (abi != ABI_VERSION) {
            throw new UnsatisfiedLinkError("libdcn=" + file + " has abi=" + abi + ", this agent needs abi="
                    + ABI_VERSION + "; build both from the same source");
        }
        return load(type, file);
    }

    private static <T> T load(Class<T> type, Path file) {
        return LibraryLoader.loadLibrary(type, Map.of(LibraryOption.LoadNow, true), file.toString());
    }

    private static Path location() {
        String configured = System.getProperty("dcn.library");
        if (configured != null) {
            return Path.of(configured).toAbsolutePath();
        }
        try {
            Path jar = Path.of(NativeLibrary.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return jar.resolveSibling("libdcn.so");
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException("the agent's own jar has no usable location", e);
        }
    }
}
