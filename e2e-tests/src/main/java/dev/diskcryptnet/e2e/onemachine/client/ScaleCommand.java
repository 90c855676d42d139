package dev.diskcryptnet.e2e.onemachine.client;

import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dcn scale}. */
@Command(name = "scale", description = "Sets the number of replicas.", mixinStandardHelpOptions = true)
public final class ScaleCommand extends ClientCommand {
    @Parameters(paramLabel = "TYPE NAME | TYPE/NAME", description = "Such as snp/edge.")
    List<String> words = List.of();

    @Option(names = "--replicas", paramLabel = "N", required = true)
    int replicas;

    @Override
    int run(KubernetesClient client, ApiProfile profile) {
        if (replicas < 0) {
            throw new OneMachineException("replicas=" + replicas + " is negative");
        }
        for (Target target : Target.parse(Kinds.of(client), words)) {
            if (target.name() == null) {
                throw new OneMachineException("name what to scale, as TYPE/NAME");
            }
            var resource = target.kind().named(client, namespace, target.name());
            if (resource.get() == null) {
                throw new OneMachineException("Error from server (NotFound): "
                        + target.kind().titled(target.name()) + " not found in namespace=" + namespace);
            }
            profile.scale(resource, replicas);
            System.out.println(target.kind().titled(target.name()) + " scaled");
        }
        return 0;
    }
}
