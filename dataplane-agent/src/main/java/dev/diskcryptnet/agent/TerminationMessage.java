package dev.diskcryptnet.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.agent.config.ConfigException;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.device.StateException;
import dev.diskcryptnet.ffi.NativeException;
import dev.diskcryptnet.volume.VolumeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Why {@code serve} or {@code release} ended, for an operator that sees the pod and not the log: one line of JSON,
 *
 * <pre>{"reason":"DeviceMissing","device":"/dev/nvme1n1","message":"disk=uring:/dev/nvme1n1 does not exist; ..."}</pre>
 *
 * in the file {@code /dev/termination-log}, where there is one. Kubernetes makes it (terminationMessagePath) and shows it
 * in {@code status.containerStatuses[].lastState.terminated.message} of the pod. The environment's DCN_TERMINATION_LOG
 * names another file, which is made then.
 *
 * @param reason of a condition; AgentNotReady where no other fits
 * @param device the disk's path or the interface's name; absent when it is not one device's fault
 * @param message as on standard error, shortened where Kubernetes would cut it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TerminationMessage(Reason reason, String device, String message) {
    private static final Logger LOG = LoggerFactory.getLogger(TerminationMessage.class);
    private static final String ENVIRONMENT_VARIABLE = "DCN_TERMINATION_LOG";
    private static final Path USUAL = Path.of("/dev/termination-log");
    /** Kubernetes keeps 4,096 bytes, and what is cut off would be no JSON. */
    private static final int MAX_BYTES = 4096;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What {@code failure} is to an operator. @param message as it is shown to a person */
    static TerminationMessage of(Throwable failure, String message) {
        return switch (failure) {
            case CommandException known
            when known.reason() != null -> new TerminationMessage(known.reason(), known.device(), message);
            case ConfigException ignored -> new TerminationMessage(Reason.SpecInvalid, null, message);
            case VolumeException ignored -> new TerminationMessage(Reason.DeviceFailed, null, message);
            case StateException state
            when state.reason() == StateException.Reason.IN_USE ->
                new TerminationMessage(Reason.DeviceConflict, null, message);
            case StateException ignored -> new TerminationMessage(Reason.ReleaseFailed, null, message);
            case NativeException refusal -> new TerminationMessage(DeviceReason.of(refusal), null, message);
            default -> new TerminationMessage(Reason.AgentNotReady, null, message);
        };
    }

    /** Writes the line to where it is looked for, if anywhere; failing to is logged. */
    void leave() {
        String named = System.getenv(ENVIRONMENT_VARIABLE);
        if (named != null && !named.isBlank()) {
            writeTo(Path.of(named));
        } else if (Files.exists(USUAL)) {
            writeTo(USUAL);
        }
    }

    void writeTo(Path file) {
        try {
            Files.writeString(file, line());
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("error", e.toString())
                    .log("termination-message-not-written");
        }
    }

    /** One line, of at most {@link #MAX_BYTES} bytes. */
    String line() throws JsonProcessingException {
        String line = JSON.writeValueAsString(this) + "\n";
        String shorter = message;
        while (line.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            shorter = shorter.substring(0, shorter.length() * 9 / 10);
            line = JSON.writeValueAsString(new TerminationMessage(reason, device, shorter + "...")) + "\n";
        }
        return line;
    }
}
