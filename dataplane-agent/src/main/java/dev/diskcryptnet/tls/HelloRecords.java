package dev.diskcryptnet.tls;

import java.io.ByteArrayOutputStream;

/**
 * A connection's first records, kept until the ClientHello in them is whole: it says which certificate the engine
 * needs, and only then there can be an engine to give them to.
 */
final class HelloRecords {
    private final ByteArrayOutputStream records = new ByteArrayOutputStream();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    /**
     * Adds a whole record.
     *
     * @return whether the engine can have them: the hello is whole, or it is none and the engine shall say so
     */
    boolean add(byte[] input, int offset, int recordBytes) {
        records.write(input, offset, recordBytes);
        int type = input[offset + RecordDescriptor.TYPE];
        int fragmentBytes = recordBytes - RecordDescriptor.HEADER_BYTES;
        if (type != RecordDescriptor.HANDSHAKE || fragmentBytes == 0) {
            return true;
        }
        message.write(input, offset + RecordDescriptor.HEADER_BYTES, fragmentBytes);
        return isEnough(message.toByteArray());
    }

    private static boolean isEnough(byte[] message) {
        if (message[0] != ClientHello.TYPE) {
            return true;
        }
        if (message.length < ClientHello.HEADER_BYTES) {
            return false;
        }
        int length =
                ClientHello.HEADER_BYTES + ((message[1] & 0xFF) << 16 | (message[2] & 0xFF) << 8 | message[3] & 0xFF);
        return length > ClientHello.MAX_BYTES || message.length >= length;
    }

    /** The hello; an empty one if there is none. */
    ClientHello hello() {
        return ClientHello.parse(message.toByteArray());
    }

    /** All records added. */
    byte[] records() {
        return records.toByteArray();
    }
}
