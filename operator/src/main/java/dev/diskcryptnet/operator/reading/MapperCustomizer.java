package dev.diskcryptnet.operator.reading;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.kubernetes.client.KubernetesClientObjectMapperCustomizer;
import jakarta.inject.Singleton;

/** The application's client reads as {@link ResourceReading} does. */
@Singleton
final class MapperCustomizer implements KubernetesClientObjectMapperCustomizer {
    @Override
    public void customize(ObjectMapper mapper) {
        mapper.registerModule(ResourceReading.module());
    }
}
