package dev.diskcryptnet.e2e.onemachine.api;

import io.fabric8.mockwebserver.MockWebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.util.logging.Level;
import java.util.logging.Logger;

/** fabric8's CRUD server, in this process, for as long as it is not closed. All that it holds is gone with it. */
public final class InMemoryApiServer implements AutoCloseable {
    /** Says every request otherwise; held here, as a logger is forgotten with its level when nobody holds it. */
    private static final Logger LOGGER = Logger.getLogger(MockWebServer.class.getName());

    static {
        LOGGER.setLevel(Level.WARNING);
    }

    private final MockWebServer server = new MockWebServer();
    private final String url;
    private final Thread forgetting = new Thread(this::forget, "forget-requests");

    /**
     * Starts to listen.
     *
     * @param address numeric
     * @param port 0 for any
     * @throws IOException when the address is none
     */
    public InMemoryApiServer(String address, int port) throws IOException {
        server.setDispatcher(new InMemoryDispatcher());
        byte[] numeric = InetAddress.getByName(address).getAddress();
        // With a name, so that nothing asks a name server for one.
        server.start(InetAddress.getByAddress(address, numeric), port);
        url = "http://" + address + ":" + server.getPort();
        forgetting.setDaemon(true);
        forgetting.start();
    }

    /** Where it listens, {@code http://ADDRESS:PORT}. */
    public String url() {
        return url;
    }

    /** The server keeps every request for tests to look at; nobody does here. */
    private void forget() {
        try {
            while (true) {
                server.takeRequest();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        forgetting.interrupt();
        server.shutdown();
    }
}
