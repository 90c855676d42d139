package dev.diskcryptnet.agent;

import dev.diskcryptnet.wire.IpAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where to listen: {@code 127.0.0.1:9464} or {@code [::1]:9464}.
 *
 * @param host an IP address in text
 * @param port 0 for any free one, up to 65535
 */
record HostPort(String host, int port) {
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** Reads an option's value. */
    static final class Converter implements ITypeConverter<HostPort> {
        @Override
        public HostPort convert(String text) {
            int colon = text.lastIndexOf(':');
            try {
                String host = text.substring(0, Math.max(colon, 0)).replaceFirst("^\\[(.*)]$", "$1");
                int port = Integer.parseInt(text.substring(colon + 1));
                IpAddress.parse(host);
                if (port >= 0 && port <= 65535) {
                    return new HostPort(host, port);
                }
            } catch (IllegalArgumentException e) {
                // The message below shows what to write.
            }
            throw new TypeConversionException("'" + text + "' is not an IP address and port like 127.0.0.1:9464");
        }
    }
}
