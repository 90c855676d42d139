package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.tcp.TcpEvents;
import dev.diskcryptnet.tcp.TcpOutput;
import dev.diskcryptnet.tcp.TcpStack;
import java.util.List;

/** What a {@link Lane} is put together from. */
record LaneParts(
        int number,
        PortFacts facts,
        PortQueue queue,
        IpHost ip,
        TcpConfig tcpConfig,
        int progressBytes,
        long tcpKey,
        List<AtlasConfig.Listener> listeners,
        UnitTable units,
        CounterSet counterSet)
        implements AutoCloseable {

    TcpStack tcp(TcpEvents events, TcpOutput output) {
        var stack = new TcpStack(tcpConfig, tcpKey, counterSet, events, output);
        listeners.forEach(listener -> stack.listen(listener.port(), listener.congestionControl(), listener.ecn()));
        return stack;
    }

    @Override
    public void close() {
        queue.close();
        if (units != null) {
            units.close();
        }
    }
}
