package dev.diskcryptnet.e2e.onemachine.client;

import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dcn delete}. */
@Command(
        name = "delete",
        description = "Deletes objects, and returns when they are gone.",
        mixinStandardHelpOptions = true)
public final class DeleteCommand extends ClientCommand {
    private record Doomed(String title, String uid, Resource<? extends HasMetadata> resource) {}

    @Parameters(paramLabel = "TYPE NAME... | TYPE/NAME...")
    List<String> words = List.of();

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            description = "What a file names; - for standard input.")
    List<String> files = List.of();

    @Option(names = "--all", description = "All of the type in the namespace.")
    boolean all;

    @Option(
            names = "--wait",
            arity = "0..1",
            paramLabel = "true|false",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Return only when they are gone. Default: true")
    boolean wait;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "300", description = "Default: 300")
    int timeoutSeconds;

    @Option(
            names = "--cascade",
            paramLabel = "background|foreground|orphan",
            defaultValue = "background",
            description = "What becomes of what they own.")
    Cascade cascade;

    @Option(names = "--ignore-not-found", description = "One that is not there is no failure.")
    boolean ignoreNotFound;

    private enum Cascade {
        background(DeletionPropagation.BACKGROUND),
        foreground(DeletionPropagation.FOREGROUND),
        orphan(DeletionPropagation.ORPHAN);

        private final DeletionPropagation propagation;

        Cascade(DeletionPropagation propagation) {
            this.propagation = propagation;
        }
    }

    @Override
    int run(KubernetesClient client, ApiProfile profile) throws IOException, InterruptedException {
        Kinds kinds = Kinds.of(client);
        List<Doomed> doomed = new ArrayList<>();
        for (String file : files) {
            for (HasMetadata object : read(client, kinds, file)) {
                add(doomed, titled(kinds, object), client.resource(object));
            }
        }
        if (files.isEmpty() || !words.isEmpty()) {
            addNamed(client, kinds, doomed);
        }
        for (Doomed one : doomed) {
            one.resource().withPropagationPolicy(cascade.propagation).delete();
            System.out.println(one.title() + " deleted");
        }
        if (wait) {
            awaitGone(doomed);
        }
        return 0;
    }

    private void addNamed(KubernetesClient client, Kinds kinds, List<Doomed> doomed) {
        for (Target target : Target.parse(kinds, words)) {
            if (target.name() != null) {
                add(doomed, target.kind().titled(target.name()), target.kind().named(client, namespace, target.name()));
            } else if (all) {
                for (GenericKubernetesResource one : target.kind().list(client, namespace, null)) {
                    String name = one.getMetadata().getName();
                    add(doomed, target.kind().titled(name), target.kind().named(client, namespace, name));
                }
            } else {
                throw new OneMachineException("name what to delete, as TYPE/NAME, or say --all");
            }
        }
    }

    private void add(List<Doomed> doomed, String title, Resource<? extends HasMetadata> resource) {
        HasMetadata present = resource.get();
        if (present != null) {
            doomed.add(new Doomed(title, present.getMetadata().getUid(), resource));
        } else if (!ignoreNotFound) {
            throw new OneMachineException(
                    "Error from server (NotFound): " + title + " not found in namespace=" + namespace);
        }
    }

    private void awaitGone(List<Doomed> doomed) throws InterruptedException {
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(timeoutSeconds).toNanos();
        for (Doomed one : doomed) {
            HasMetadata present = one.resource().get();
            while (present != null && present.getMetadata().getUid().equals(one.uid())) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new OneMachineException(one.title() + " is still there after " + timeoutSeconds
                            + " s, held by finalizers=" + present.getMetadata().getFinalizers()
                            + "; ./dcn describe says what it waits for");
                }
                Thread.sleep(100);
                present = one.resource().get();
            }
        }
    }
}
