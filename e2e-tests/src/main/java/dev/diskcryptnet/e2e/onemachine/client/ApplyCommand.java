package dev.diskcryptnet.e2e.onemachine.client;

import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dcn apply}. */
@Command(
        name = "apply",
        description = "Creates objects, or makes them what a file says.",
        mixinStandardHelpOptions = true)
public final class ApplyCommand extends ClientCommand {
    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            description = "YAML or JSON; - for standard input. May be given again.")
    List<String> files;

    @Override
    int run(KubernetesClient client, ApiProfile profile) throws IOException {
        for (String file : files) {
            // Anew for every file: it may define kinds for the next one.
            Kinds kinds = Kinds.of(client);
            for (HasMetadata object : read(client, kinds, file)) {
                String done = profile.apply(client, object, FIELD_MANAGER);
                System.out.println(titled(kinds, object) + " " + done);
            }
        }
        return 0;
    }
}
