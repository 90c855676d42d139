package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The environment of a container, and what {@code $(NAME)} in its command means. */
final class Environment {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Za-z_][A-Za-z0-9_.-]*)\\)");

    private final ClusterView view;
    private final Pod pod;
    private final Machine machine;
    private final String podAddress;

    Environment(ClusterView view, Pod pod, Machine machine, String podAddress) {
        this.view = view;
        this.pod = pod;
        this.machine = machine;
        this.podAddress = podAddress;
    }

    /** @param below what is there when the container says nothing */
    Map<String, String> of(Container container, Map<String, String> below) throws Volumes.MissingException {
        Map<String, String> environment = new LinkedHashMap<>(below);
        environment.put("HOSTNAME", pod.getMetadata().getName());
        for (EnvFromSource source : container.getEnvFrom()) {
            String prefix = source.getPrefix() == null ? "" : source.getPrefix();
            all(source).forEach((name, value) -> environment.put(prefix + name, value));
        }
        for (EnvVar variable : container.getEnv()) {
            String value = variable.getValueFrom() == null
                    ? expand(variable.getValue() == null ? "" : variable.getValue(), environment)
                    : value(variable.getValueFrom());
            if (value != null) {
                environment.put(variable.getName(), value);
            }
        }
        return environment;
    }

    /** Replaces {@code $(NAME)} where NAME is known. */
    static String expand(String text, Map<String, String> environment) {
        return REFERENCE
                .matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(environment.getOrDefault(match.group(1), match.group())));
    }

    private Map<String, String> all(EnvFromSource source) throws Volumes.MissingException {
        if (source.getConfigMapRef() != null) {
            return configMap(source.getConfigMapRef().getName());
        }
        return secret(source.getSecretRef().getName());
    }

    private Map<String, String> configMap(String name) throws Volumes.MissingException {
        ConfigMap found = view.get(ConfigMap.class, pod.getMetadata().getNamespace(), name);
        if (found == null) {
            throw new Volumes.MissingException("configmap=" + name + " not found");
        }
        return found.getData();
    }

    private Map<String, String> secret(String name) throws Volumes.MissingException {
        Secret found = view.get(Secret.class, pod.getMetadata().getNamespace(), name);
        if (found == null) {
            throw new Volumes.MissingException("secret=" + name + " not found");
        }
        Map<String, String> values = new LinkedHashMap<>();
        Volumes.secretData(found).forEach((key, bytes) -> values.put(key, new String(bytes, StandardCharsets.UTF_8)));
        return values;
    }

    private String value(EnvVarSource source) throws Volumes.MissingException {
        if (source.getFieldRef() != null) {
            return field(source.getFieldRef().getFieldPath());
        }
        if (source.getConfigMapKeyRef() != null) {
            var reference = source.getConfigMapKeyRef();
            return required(configMap(reference.getName()), reference.getKey(), reference.getOptional());
        }
        if (source.getSecretKeyRef() != null) {
            var reference = source.getSecretKeyRef();
            return required(secret(reference.getName()), reference.getKey(), reference.getOptional());
        }
        throw new Volumes.MissingException(
                "an environment variable from resourceFieldRef is not played on one machine; give its value");
    }

    private static String required(Map<String, String> values, String key, Boolean optional)
            throws Volumes.MissingException {
        if (!values.containsKey(key) && !Boolean.TRUE.equals(optional)) {
            throw new Volumes.MissingException("key=" + key + " not found for an environment variable");
        }
        return values.get(key);
    }

    private String field(String path) throws Volumes.MissingException {
        return switch (path) {
            case "metadata.name" -> pod.getMetadata().getName();
            case "metadata.namespace" -> pod.getMetadata().getNamespace();
            case "metadata.uid" -> pod.getMetadata().getUid();
            case "spec.nodeName" -> machine.name();
            case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName();
            case "status.podIP" -> podAddress;
            case "status.hostIP" -> machine.address();
            default -> throw new Volumes.MissingException("fieldPath=" + path + " is not played on one machine");
        };
    }
}
