package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.tls.RecordReader.Event;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that change, and ends that are said, with clients that are not ours. */
class AfterHandshakeTest {
    private static final byte[] DATA = new byte[50_000];
    private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};
    private static final byte[] KEY_UPDATE_REQUEST = {24, 0, 0, 1, 1};

    @TempDir
    private static Path directory;

    private static EngineLeaks leaks;
    private static TlsServer server;
    private static SslContext boring;

    @BeforeAll
    static void makeServer() {
        leaks = EngineLeaks.watch();
        new Random(1).nextBytes(DATA);
        server = new TlsServer(List.of(TestCertificates.write(directory, "ec", TestCertificates.ec("one.example"))));
        boring = EngineClient.boringContext("TLSv1.3");
    }

    @AfterAll
    static void leaveNothing() {
        server.close();
        ReferenceCountUtil.release(boring);
        leaks.check();
    }

    private static TlsLink connect(String client) throws SSLException {
        return TlsLink.connected(
                server,
                client.equals("boring")
                        ? EngineClient.boring(boring, "one.example", settings -> {})
                        : EngineClient.jdk(
                                EngineClient.jdkContext(),
                                "one.example",
                                settings -> settings.setProtocols(new String[] {client})));
    }

    @ParameterizedTest
    @ValueSource(strings = "TLSv1.3")
    void shouldAnswerTheClientsKeyUpdate(String client) throws SSLException {
        try (TlsLink link = connect(client)) {
            for (int i = 0; i < 3; i++) {
                link.client.begin(); // in TLS 1.3 that is a KeyUpdate, which asks for ours
                List<Event> events = link.read();
                assertEquals(List.of(Event.KEY_UPDATE_REQUESTED), events);
                assertTrue(link.talks(DATA, DATA), "ours may come later");
                link.send(RecordDescriptor.HANDSHAKE, KEY_UPDATE);
                link.rotate();
                assertTrue(link.talks(DATA, DATA));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "boring"})
    void shouldReplaceItsKeyByItself(String client) throws SSLException {
        try (TlsLink link = connect(client)) {
            link.send(RecordDescriptor.HANDSHAKE, KEY_UPDATE);
            link.rotate();
            assertTrue(link.talks(DATA, DATA));
            link.send(RecordDescriptor.HANDSHAKE, KEY_UPDATE_REQUEST);
            link.rotate();
            link.client.send(DATA);
            List<Event> events = link.read();
            assertTrue(events.contains(Event.KEY_UPDATE), events.toString());
            assertTrue(link.talks(DATA, DATA));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2", "boring"})
    void shouldUnderstandEachOthersEnd(String client) throws SSLException {
        try (TlsLink link = connect(client)) {
            link.client.closeNotify();
            assertEquals(Event.CLOSE_NOTIFY, link.read().getLast());
        }
        try (TlsLink link = connect(client)) {
            assertFalse(link.client.engine.isInboundDone());
            link.send(RecordDescriptor.ALERT, Alert.CLOSE_NOTIFY.body(false));
            assertTrue(link.client.engine.isInboundDone());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2", "boring"})
    void shouldTellTheClientWhatWasWrong(String client) throws SSLException {
        try (TlsLink link = connect(client)) {
            link.unread = new byte[] {22, 3, 3, 1, 0};
            Event event = link.read().getLast();
            Alert alert = event == Event.FAILED ? link.reader.alert() : Alert.UNEXPECTED_MESSAGE;
            SSLException heard =
                    assertThrows(SSLException.class, () -> link.send(RecordDescriptor.ALERT, alert.body(true)));
            assertTrue(heard.getMessage().matches("(?is).*unexpected.message.*"), heard.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2", "boring"})
    void shouldHearWhatTheClientFoundWrong(String client) throws SSLException {
        try (TlsLink link = connect(client)) {
            byte[] nonsense = new byte[45];
            System.arraycopy(new byte[] {23, 3, 3, 0, 40}, 0, nonsense, 0, 5);
            link.client.receiveAndFail(nonsense);
            assertEquals(Event.PEER_ALERT, link.read().getLast());
            assertEquals(Alert.BAD_RECORD_MAC, link.reader.alert());
        }
    }
}
