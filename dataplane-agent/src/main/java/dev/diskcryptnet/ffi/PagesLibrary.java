package dev.diskcryptnet.ffi;

import jnr.ffi.annotations.IgnoreError;

/** The functions of {@code dcn/pages.h}. */
public interface PagesLibrary {
    /** The library, loaded at first use. */
    static PagesLibrary get() {
        return Loaded.LIBRARY;
    }

    @IgnoreError
    int dcn_pages_map(long bytes, int huge, long addressAddress);

    @IgnoreError
    int dcn_pages_unmap(long address, long bytes, int huge);

    /** Holds the one instance. */
    final class Loaded {
        private static final PagesLibrary LIBRARY = NativeLibrary.bind(PagesLibrary.class);

        private Loaded() {}
    }
}
