package dev.diskcryptnet.load;

import org.agrona.DirectBuffer;

/** Looks at the bodies of some responses. Called by the thread of the {@link PerfectClient}. */
@FunctionalInterface
public interface BodyCheck {
    /** Accepts everything. */
    BodyCheck NONE = (path, bodyOffset, buffer, offset, lengthBytes) -> true;

    /**
     * @param path the object's number in {@link LoadConfig#paths}
     * @param bodyOffset of the first byte within the body
     * @return whether these are the right bytes
     */
    boolean isGood(int path, long bodyOffset, DirectBuffer buffer, int offset, int lengthBytes);
}
