package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Where a listener's keys and certificates come from: Secrets of type kubernetes.io/tls. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.additionalSecretNames) || !(self.secretName in self.additionalSecretNames)",
        message = "additionalSecretNames must not hold secretName; remove it there")
public final class TlsSpec {
    @JsonPropertyDescription(
            "Secret of type kubernetes.io/tls in the node's namespace, with tls.crt and tls.key. Its certificate is "
                    + "shown to clients that ask for no name, or for one that no certificate has.")
    @Required
    @Size(min = 1, max = Limits.MAX_SUBDOMAIN_LENGTH)
    @Pattern(Patterns.SUBDOMAIN)
    @ValidationRule(
            value = "self.matches('" + Patterns.SUBDOMAIN + "')",
            message = "secretName must be the name of a secret; write lower-case letters, digits, - and .")
    public String secretName;

    @JsonPropertyDescription(
            "Further secrets of that type, at most 31. Their certificates are shown to clients that ask for one of "
                    + "their names (SNI).")
    @Size(max = Limits.MAX_ADDITIONAL_SECRETS)
    @ValidationRule(
            value = "self.all(name, name.matches('" + Patterns.SUBDOMAIN + "'))",
            message = "additionalSecretNames must be names of secrets; write lower-case letters, digits, - and .")
    @ValidationRule(
            value = "self.all(name, self.exists_one(other, other == name))",
            message = "additionalSecretNames must each be there once; remove the repeated one")
    public List<@Pattern(Patterns.SUBDOMAIN) @Size(min = 1, max = Limits.MAX_SUBDOMAIN_LENGTH) String>
            additionalSecretNames;
}
