package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.operator.dependent.Applier;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes core/v1 Events, which {@code kubectl describe} and {@code kubectl events} show beside their object. */
public final class ApiEventRecorder implements EventRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(ApiEventRecorder.class);
    private static final String COMPONENT = "diskcryptnet-operator";
    private static final Duration QUIET = Duration.ofMinutes(10);
    private static final int REMEMBERED = 4096;
    /** The API's limit of a note. */
    private static final int LONGEST_NOTE = 1024;

    private final Applier applier;
    private final Clock clock;
    private final String instance;
    private final AtomicLong sequence = new AtomicLong();
    private final Map<String, Instant> recent = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** @param instance which replica of the operator speaks */
    public ApiEventRecorder(Applier applier, Clock clock, String instance) {
        this.applier = applier;
        this.clock = clock;
        this.instance = instance;
    }

    @Override
    public void record(HasMetadata regarding, Type type, String reason, String note) {
        Instant now = clock.instant();
        if (wasSaid(regarding.getMetadata().getUid() + ' ' + type + ' ' + reason + ' ' + note, now)) {
            return;
        }
        try {
            write(regarding, type, reason, shortened(note), now);
        } catch (KubernetesClientException | IllegalStateException e) {
            LOG.warn(
                    "event of {} {}/{} not recorded: {}: {}",
                    regarding.getKind(),
                    regarding.getMetadata().getNamespace(),
                    regarding.getMetadata().getName(),
                    reason,
                    e.getMessage());
        }
    }

    private synchronized boolean wasSaid(String words, Instant now) {
        Instant before = recent.get(words);
        if (before != null && before.plus(QUIET).isAfter(now)) {
            return true;
        }
        recent.remove(words);
        recent.put(words, now);
        return false;
    }

    private void write(HasMetadata regarding, Type type, String reason, String note, Instant now) {
        String seconds = now.truncatedTo(ChronoUnit.SECONDS).toString();
        String name = regarding.getMetadata().getName();
        applier.create(new EventBuilder()
                .withNewMetadata()
                .withNamespace(regarding.getMetadata().getNamespace())
                .withName(name + "." + Long.toHexString(now.toEpochMilli())
                        + Long.toHexString(sequence.incrementAndGet()))
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(regarding.getApiVersion())
                .withKind(regarding.getKind())
                .withNamespace(regarding.getMetadata().getNamespace())
                .withName(name)
                .withUid(regarding.getMetadata().getUid())
                .withResourceVersion(regarding.getMetadata().getResourceVersion())
                .endInvolvedObject()
                .withType(type.name())
                .withReason(reason)
                .withMessage(note)
                .withFirstTimestamp(seconds)
                .withLastTimestamp(seconds)
                .withCount(1)
                .withReportingComponent(COMPONENT)
                .withReportingInstance(instance)
                .withNewSource()
                .withComponent(COMPONENT)
                .endSource()
                .build());
    }

    private static String shortened(String note) {
        return note.length() <= LONGEST_NOTE ? note : note.substring(0, LONGEST_NOTE - 1) + "…";
    }
}
